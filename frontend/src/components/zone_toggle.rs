//! Local time or UTC.

use leptos::prelude::*;

use crate::{edge::clock, model::Zone, stores::Stores};

/// Two buttons, one pressed.
#[component]
pub(super) fn ZoneToggle() -> impl IntoView {
    let stores = Stores::from_context();
    let choice = move |zone: Zone, name: &'static str, title: String| {
        let is_chosen = move || stores.preferences.zone() == zone;
        view! {
            <button
                type="button"
                class="segment"
                title=title
                aria-pressed=move || is_chosen().to_string()
                on:click=move |_| stores.preferences.set_zone(zone)
            >
                {name}
            </button>
        }
    };
    let local = clock::zone_name(clock::now_ms(), Zone::Local);
    view! {
        <div class="segments" role="group" aria-label="Time zone">
            {choice(Zone::Local, "Local", format!("Times of this computer ({local})"))}
            {choice(Zone::Utc, "UTC", "Coordinated universal time".to_owned())}
        </div>
    }
}
