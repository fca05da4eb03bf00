//! One symbol: last prices of all, candles of one.

use leptos::prelude::*;

use super::{chart_panel::ChartPanel, tiles::Tiles};

/// Tiles above, chart below.
#[component]
pub(super) fn Market() -> impl IntoView {
    view! {
        <Tiles/>
        <ChartPanel/>
    }
}
