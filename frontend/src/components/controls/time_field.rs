//! A moment to choose.

use leptos::prelude::*;

use super::field_error::FieldError;
use crate::{edge::clock, stores::Stores};

/// By the clock that the page shows.
#[component]
pub(super) fn TimeField(
    label: &'static str,
    /// The parameter of the API, and the name for tests.
    field: &'static str,
    /// Milliseconds since the epoch.
    value: Signal<i64>,
    on_change: Callback<i64>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let text = move || clock::civil(value.get(), stores.preferences.zone()).input();
    let take = move |event| {
        let zone = stores.preferences.settings.get_untracked().zone;
        if let Some(wall) = clock::parse_input(&event_target_value(&event)) {
            on_change.run(clock::from_wall(wall, zone));
        }
    };
    view! {
        <label class="ctl wide">
            <span class="ctl-name">{label}</span>
            <input class="ctl-input num" type="datetime-local" step="1" data-field=field prop:value=text on:change=take/>
            <FieldError field/>
        </label>
    }
}
