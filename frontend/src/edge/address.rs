//! The address bar: a link reproduces the view.

use leptos::prelude::window;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use crate::model::{PairChoice, View};

/// What the address says; where it says nothing of a pair, that is `otherwise`.
pub(crate) fn read(otherwise: impl FnOnce() -> PairChoice) -> View {
    let query = window().location().search().unwrap_or_default();
    let params = UrlSearchParams::new_with_str(&query).ok();
    let get = |name: &str| params.as_ref()?.get(name);
    let mut view = View::from_query(get);
    if ["y", "x", "interval"]
        .into_iter()
        .all(|name| get(name).is_none())
    {
        view.pair = otherwise();
    }
    view
}

/// Reads what [`escape`] wrote.
pub(crate) fn parse(query: &str) -> Option<PairChoice> {
    let params = UrlSearchParams::new_with_str(query).ok()?;
    Some(PairChoice::from_query(&|name| params.get(name)))
}

/// A query string of these names and values, escaped, without its question mark.
pub(crate) fn escape(query: &[(&'static str, String)]) -> String {
    let Ok(params) = UrlSearchParams::new() else {
        return String::new();
    };
    for (name, value) in query {
        params.set(name, value);
    }
    // A colon needs no escaping in a query string, and a link should be readable.
    String::from(params.to_string()).replace("%3A", ":")
}

/// The query string of a link to a view.
pub(crate) fn query_of(view: &View) -> String {
    format!("?{}", escape(&view.to_query()))
}

/// Makes the address say it. A step that a person would want to undo becomes an entry of the history.
pub(crate) fn write(view: &View, is_step: bool) {
    let query = query_of(view);
    if window().location().search().is_ok_and(|now| now == query) {
        return;
    }
    let Ok(history) = window().history() else {
        return;
    };
    let written = if is_step {
        history.push_state_with_url(&JsValue::NULL, "", Some(&query))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&query))
    };
    // Browsers limit how often a page may do this; the next change catches up.
    drop(written);
}
