//! One of several.

use leptos::prelude::*;

/// A list to choose from.
#[component]
pub(in crate::components) fn Choice(
    /// What it is about.
    label: &'static str,
    /// For tests.
    name: &'static str,
    /// The value chosen.
    value: RwSignal<String>,
    /// Values and their words.
    options: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let options = options.into_iter().map(|(option, words)| {
        view! { <option value=option selected=move || value.with(|value| value == option)>{words}</option> }
    });
    view! {
        <label class="field">
            <span class="field-name">{label}</span>
            <select
                class="input"
                data-field=name
                prop:value=move || value.get()
                on:change=move |event| value.set(event_target_value(&event))
            >
                {options.collect_view()}
            </select>
        </label>
    }
}
