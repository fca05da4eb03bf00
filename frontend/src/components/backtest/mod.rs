//! The Backtest tab.

mod chart;
mod figures;
mod grid;
mod head;
mod sweep;
mod trades;

use leptos::prelude::*;

use super::controls::Controls;
use {chart::Chart, figures::Figures, head::Head, sweep::SweepPanel, trades::Trades};

/// Controls at the left; what was asked, equity with its trades, figures and trades.
#[component]
pub(super) fn BacktestTab() -> impl IntoView {
    view! {
        <div class="pair">
            <Controls/>
            <div class="pair-body" data-testid="backtest">
                <Head/>
                <div class="charts">
                    <div class="charts-time">
                        <Chart/>
                        <Trades/>
                        <SweepPanel/>
                    </div>
                    <div class="charts-side">
                        <Figures/>
                    </div>
                </div>
            </div>
        </div>
    }
}
