//! A line to type into.

use leptos::prelude::*;

/// What is wrong stands below it and is read out with it.
#[component]
pub(in crate::components) fn Field(
    /// What it is about.
    label: &'static str,
    /// Unique on the page.
    name: &'static str,
    /// The text.
    value: RwSignal<String>,
    /// Whether digits are typed.
    #[prop(optional)]
    numeric: bool,
    /// Whether much is typed.
    #[prop(optional)]
    wide: bool,
    /// Id of a list of suggestions.
    #[prop(optional)]
    list: Option<&'static str>,
    /// What stands in it while it is empty.
    #[prop(optional)]
    placeholder: Option<&'static str>,
    /// `password` hides what is typed.
    #[prop(default = "text")]
    kind: &'static str,
    /// What is wrong.
    #[prop(into, optional)]
    complaint: Signal<Option<String>>,
) -> impl IntoView {
    let id = format!("complaint-{name}");
    let described = id.clone();
    view! {
        <label class="field" class:numeric=numeric class:wide=wide>
            <span class="field-name">{label}</span>
            <input
                class="input num"
                type=kind
                inputmode=numeric.then_some("decimal")
                autocomplete="off"
                spellcheck="false"
                data-field=name
                list=list
                placeholder=placeholder
                prop:value=move || value.get()
                aria-invalid=move || complaint.with(Option::is_some).then_some("true")
                aria-describedby=move || complaint.with(Option::is_some).then(|| described.clone())
                on:input=move |event| value.set(event_target_value(&event))
            />
            {move || complaint.get().map(|text| view! { <span class="complaint" id=id.clone() role="alert">{text}</span> })}
        </label>
    }
}
