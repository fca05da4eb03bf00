//! The address bar: a link reproduces the view.

use leptos::prelude::window;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use crate::model::View;

/// What the address says.
pub(crate) fn read() -> View {
    let query = window().location().search().unwrap_or_default();
    let Ok(params) = UrlSearchParams::new_with_str(&query) else {
        return View::default();
    };
    View::from_query(|name| params.get(name))
}

/// The query string of a link to a view.
pub(crate) fn query_of(view: &View) -> String {
    let Ok(params) = UrlSearchParams::new() else {
        return String::new();
    };
    for (name, value) in view.to_query() {
        params.set(name, &value);
    }
    // A colon needs no escaping in a query string, and a link should be readable.
    let query = String::from(params.to_string()).replace("%3A", ":");
    format!("?{query}")
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
