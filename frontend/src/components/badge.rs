//! Whether the numbers are real.

use api_types::FeedMode;
use leptos::prelude::*;

use crate::stores::Stores;

/// Stands there for as long as the numbers are not of the real market.
#[component]
pub(super) fn ModeBadge() -> impl IntoView {
    let stores = Stores::from_context();
    let mode = Memo::new(move |_| stores.mode());
    move || {
        let (class, name, meaning) = match mode.get()? {
            FeedMode::Live => return None,
            FeedMode::Simulated => (
                "badge simulated",
                "SIMULATED",
                "These prices come from the simulated exchange. They are not real.",
            ),
            FeedMode::Replay => (
                "badge replay",
                "REPLAY",
                "Recorded trades, played again. This is not the market of now.",
            ),
        };
        Some(
            view! { <strong class=class title=meaning data-testid="mode">{name}<span class="sr-only">{format!(": {meaning}")}</span></strong> },
        )
    }
}
