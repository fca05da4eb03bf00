//! The name.

use leptos::prelude::*;

/// Two series that part and meet again.
#[component]
pub(super) fn Brand() -> impl IntoView {
    view! {
        <a class="brand" href="." aria-label="Spreadscope, start page">
            <svg class="brand-mark" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
                <path class="brand-y" d="M2 20c5 0 5-10 10-10s6 12 11 12 4-5 7-5"/>
                <path class="brand-x" d="M2 12c5 0 5 10 10 10s6-12 11-12 4 5 7 5"/>
            </svg>
            <span class="brand-name">"Spreadscope"</span>
        </a>
    }
}
