//! What time it is where the numbers come from.

use leptos::prelude::*;

use crate::{edge::clock, stores::Stores};

/// The server's time in the chosen zone.
#[component]
pub(super) fn Clock() -> impl IntoView {
    let stores = Stores::from_context();
    let time = move || clock::civil(stores.now.get(), stores.preferences.zone()).clock();
    view! { <time class="clock num" aria-label="Time">{time}</time> }
}
