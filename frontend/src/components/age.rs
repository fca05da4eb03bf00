//! How old a number is.

use leptos::prelude::*;

use crate::model::{format, freshness};

/// `3 s`, and a look that says when that is too old.
#[component]
pub(super) fn Age(
    /// Age in ms; `None`: there is no number.
    age_ms: Signal<Option<i64>>,
) -> impl IntoView {
    let text = move || {
        age_ms
            .get()
            .map_or_else(|| "no trade yet".to_owned(), format::age)
    };
    let is_stale = move || freshness::is_stale(age_ms.get());
    view! {
        <span class="age num" class:stale=is_stale data-testid="age">
            <span class="sr-only">"Age of the price: "</span>
            {text}
        </span>
    }
}
