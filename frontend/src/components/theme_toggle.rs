//! Dark or light.

use leptos::prelude::*;

use super::icon::{Icon, Shape};
use crate::stores::Stores;

/// Shows what a click brings.
#[component]
pub(super) fn ThemeToggle() -> impl IntoView {
    let preferences = Stores::from_context().preferences;
    let label = move || {
        if preferences.is_dark.get() {
            "Light colours"
        } else {
            "Dark colours"
        }
    };
    view! {
        <button
            type="button"
            class="button icon-button"
            data-testid="theme"
            title=label
            aria-label=label
            on:click=move |_| preferences.toggle_theme()
        >
            {move || {
                let shape = if preferences.is_dark.get() { Shape::Sun } else { Shape::Moon };
                view! { <Icon shape/> }
            }}
        </button>
    }
}
