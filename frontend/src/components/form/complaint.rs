//! What is wrong with all of a form.

use leptos::prelude::*;

/// Nothing while nothing is wrong.
#[component]
pub(in crate::components) fn Complaint(
    /// What is wrong.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    move || {
        text.get().map(|text| view! { <p class="complaint whole" role="alert" data-testid="complaint">{text}</p> })
    }
}
