//! The chart with its pickers and its numbers.

use leptos::{html, prelude::*};

use super::{
    candle_chart::CandleChart, chart_actions::ChartActions, chart_state::ChartState,
    interval_picker::IntervalPicker, readout::Readout, screen::Screen, symbol_picker::SymbolPicker,
};
use crate::{
    model::format,
    stores::{ChartStoreFields, FeedStoreFields, Link, Stores},
};

/// Recent bars that decide how many decimals prices are shown with.
const TELLING_BARS: usize = 50;

/// Pickers, the numbers of one bar, the chart.
#[component]
pub(super) fn ChartPanel() -> impl IntoView {
    let stores = Stores::from_context();
    let screen = Screen::new(stores);
    let node = NodeRef::<html::Div>::new();
    let (reading, set_reading) = signal(None);
    let (failure, set_failure) = signal(None::<String>);
    let decimals = Memo::new(move |before: Option<&usize>| {
        let key_is_new = stores.chart.key().with(Option::is_none);
        let found = stores.chart.series().with(|series| {
            let bars = series.rows().iter().rev().take(TELLING_BARS);
            bars.map(|bar| format::decimals(bar.close))
                .max()
                .unwrap_or(0)
        });
        // Within a symbol it only grows, so that nothing jumps.
        let before = before
            .copied()
            .filter(|_| !key_is_new && found > 0)
            .unwrap_or(0);
        found.max(before).max(2)
    });
    let is_lost = move || matches!(stores.feed.link().get(), Link::Lost { .. });
    view! {
        <section class="panel" id="chart" aria-label="Chart">
            <div class="toolbar">
                <SymbolPicker/>
                <IntervalPicker/>
                <ChartActions node screen failure=set_failure/>
            </div>
            <Readout reading=reading.into() decimals=decimals.into()/>
            <div class="plot-box" class:stale=is_lost>
                <CandleChart node screen reading=set_reading decimals failure=set_failure/>
                <ChartState failure=failure.into()/>
            </div>
        </section>
    }
}
