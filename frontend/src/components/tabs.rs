//! The views that there are.

use leptos::prelude::*;

/// A view of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    /// Candles of one symbol.
    Market,
}

impl Tab {
    const ALL: [Self; 1] = [Self::Market];

    const fn name(self) -> &'static str {
        match self {
            Self::Market => "Market",
        }
    }
}

/// One link a view; the one on screen is marked.
#[component]
pub(super) fn Tabs() -> impl IntoView {
    let link =
        |tab: Tab| view! { <a class="tab" href="#chart" aria-current="page">{tab.name()}</a> };
    view! { <nav class="tabs" aria-label="Views">{Tab::ALL.map(link)}</nav> }
}
