//! The Pair tab.

mod actions;
mod candle_panel;
mod chart_state;
mod correlation_panel;
mod crosshair;
mod figure_tile;
mod grip;
mod hedge_ratio_panel;
mod legend;
mod normalised_panel;
mod notice;
mod panel;
mod plot;
mod point;
mod price_tile;
mod scatter_panel;
mod spread_panel;
mod stability_panel;
mod statistics;
mod ticket;
mod tiles;
mod view_bar;
mod zscore_panel;

use api_types::Model;
use leptos::prelude::*;

pub(in crate::components) use chart_state::ChartLoad;
pub(in crate::components) use legend::{Entry, Legend};
pub(in crate::components) use plot::{Plot, Stage};

use super::controls::Controls;
use crate::stores::Stores;
use {
    candle_panel::CandlePanel, correlation_panel::CorrelationPanel,
    hedge_ratio_panel::HedgeRatioPanel, normalised_panel::NormalisedPanel, notice::Notice,
    scatter_panel::ScatterPanel, spread_panel::SpreadPanel, stability_panel::StabilityPanel,
    statistics::Statistics, ticket::Ticket, tiles::Tiles, view_bar::ViewBar,
    zscore_panel::ZscorePanel,
};

/// Which leg of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The dependent leg.
    Y,
    /// The hedge leg.
    X,
}

impl Side {
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Y => "y",
            Self::X => "x",
        }
    }
}

/// Controls at the left, figures above, charts and statistics below.
#[component]
pub(super) fn PairTab() -> impl IntoView {
    let stores = Stores::from_context();
    let is_kalman = Memo::new(move |_| stores.view.with(|view| view.pair.model == Model::Kalman));
    let is_waiting = Memo::new(move |_| stores.pair.with(crate::stores::Pair::is_waiting));
    view! {
        <div class="pair">
            <Controls/>
            <div class="pair-body" class:waiting=is_waiting>
                <Tiles/>
                <ViewBar/>
                <Notice/>
                <div class="charts">
                    <div class="charts-time">
                        <div class="charts-row">
                            <CandlePanel side=Side::Y/>
                            <CandlePanel side=Side::X/>
                        </div>
                        <SpreadPanel/>
                        <ZscorePanel/>
                        <div class="charts-row">
                            <NormalisedPanel/>
                            <CorrelationPanel/>
                        </div>
                        <Show when=move || is_kalman.get()>
                            <HedgeRatioPanel/>
                        </Show>
                        <StabilityPanel/>
                    </div>
                    <div class="charts-side">
                        <ScatterPanel/>
                        <Ticket/>
                        <Statistics/>
                    </div>
                </div>
            </div>
        </div>
    }
}
