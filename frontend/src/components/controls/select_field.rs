//! One of a list.

use leptos::prelude::*;

use super::field_error::FieldError;

/// The browser's own list: value and word of each.
#[component]
pub(super) fn SelectField(
    label: &'static str,
    /// The parameter of the API, and the name for tests.
    field: &'static str,
    options: Signal<Vec<(String, String)>>,
    chosen: Signal<String>,
    on_choose: Callback<String>,
    /// What it means.
    hint: &'static str,
    /// Whether the name is only for those who do not see the list.
    #[prop(optional)]
    is_bare: bool,
) -> impl IntoView {
    let option = move |(value, word): (String, String)| {
        let of = value.clone();
        view! { <option value=value selected=move || chosen.with(|chosen| *chosen == of)>{word}</option> }
    };
    view! {
        <label class="ctl" title=hint>
            <span class="ctl-name" class:sr-only=is_bare>{label}</span>
            <select
                class="ctl-input"
                data-field=field
                prop:value=move || chosen.get()
                on:change=move |event| on_choose.run(event_target_value(&event))
            >
                {move || options.get().into_iter().map(option).collect_view()}
            </select>
            <FieldError field/>
        </label>
    }
}
