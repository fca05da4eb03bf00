//! How a pair is traded: stops, sizes, costs, and which part of the bars counts.

use api_types::{FillAt, FundingFrom, Sizing};
use leptos::prelude::*;

use super::{
    number_field::NumberField,
    segments::{Segment, Segments},
};
use crate::{model::backtest::BacktestChoice, stores::Stores};

/// What is 0 in a field is not there.
fn some(value: f64) -> Option<f64> {
    (value != 0.0).then_some(value)
}

/// Stops, sizes, fills, costs and the split.
#[component]
pub(super) fn BacktestFields() -> impl IntoView {
    let stores = Stores::from_context();
    let of = move |figure: fn(&BacktestChoice) -> f64| {
        Memo::new(move |_| stores.view.with(|view| figure(&view.backtest)))
    };
    let change = move |change: fn(&mut BacktestChoice, f64)| {
        Callback::new(move |value| stores.view.update(|view| change(&mut view.backtest, value)))
    };
    let sizing = Memo::new(move |_| stores.view.with(|view| view.backtest.sizing));
    let sizings = Signal::stored(vec![
        Segment::new(
            Sizing::BetaNeutral,
            "β",
            "β-neutral: β of x against one of y",
        ),
        Segment::new(
            Sizing::DollarNeutral,
            "Dollar",
            "Dollar-neutral: half of the gross each",
        ),
    ]);
    let fill = Memo::new(move |_| stores.view.with(|view| view.backtest.fill));
    let fills = Signal::stored(vec![
        Segment::new(
            FillAt::Open,
            "Open",
            "Orders are filled at the open of the bar after the signal",
        ),
        Segment::new(
            FillAt::Close,
            "Close",
            "Orders are filled at the close of the bar after the signal, for series without opens",
        ),
    ]);
    let funding = Memo::new(move |_| stores.view.with(|view| view.backtest.funding));
    let fundings = Signal::stored(vec![
        Segment::new(FundingFrom::Given, "Constant", "The same all the time"),
        Segment::new(
            FundingFrom::Exchange,
            "Exchange",
            "What the exchange says that longs paid to shorts, at the hours when they did",
        ),
    ]);
    view! {
        <fieldset class="group">
            <legend>"Trading"</legend>
            <div class="ctl-pair">
                <NumberField
                    label="Stop"
                    field="stop"
                    hint="|z| at which a position is given up, above the entry; 0: never"
                    value=of(|choice| choice.stop.unwrap_or(0.0)).into()
                    range=(0.0, 1_000.0)
                    step="any"
                    on_change=change(|choice, value| choice.stop = some(value))
                />
                <NumberField
                    label="Time stop"
                    field="timeStop"
                    hint="Bars after which a position is left; 0: never"
                    value=of(|choice| choice.time_stop.map_or(0.0, f64::from)).into()
                    range=(0.0, 100_000.0)
                    step="1"
                    on_change=change(|choice, value| choice.time_stop = some(value.trunc()).map(|bars| bars as u32))
                />
            </div>
            <Segments
                label="Sizes"
                field="sizing"
                segments=sizings
                chosen=sizing.into()
                on_choose=Callback::new(move |sizing| stores.view.update(|view| view.backtest.sizing = sizing))
            />
            <Segments
                label="Fills"
                field="fill"
                segments=fills
                chosen=fill.into()
                on_choose=Callback::new(move |fill| stores.view.update(|view| view.backtest.fill = fill))
            />
            <NumberField
                label="Fee, bp"
                field="feeBps"
                hint="Basis points of the notional of each leg and fill"
                value=of(|choice| choice.fee_bps).into()
                range=(0.0, 1_000.0)
                step="any"
                on_change=change(|choice, value| choice.fee_bps = value)
            />
            <NumberField
                label="Slippage, bp"
                field="slippageBps"
                hint="Basis points of the notional of each leg and fill"
                value=of(|choice| choice.slippage_bps).into()
                range=(0.0, 1_000.0)
                step="any"
                on_change=change(|choice, value| choice.slippage_bps = value)
            />
            <Segments
                label="Funding"
                field="funding"
                segments=fundings
                chosen=funding.into()
                on_choose=Callback::new(move |funding| stores.view.update(|view| view.backtest.funding = funding))
            />
            <Show when=move || funding.get() == FundingFrom::Given>
                <NumberField
                    label="Funding, bp/8 h"
                    field="fundingBps8h"
                    hint="What longs pay to shorts in eight hours, of either leg"
                    value=of(|choice| choice.funding_bps_8h).into()
                    range=(-1_000.0, 1_000.0)
                    step="any"
                    on_change=change(|choice, value| choice.funding_bps_8h = value)
                />
            </Show>
            <NumberField
                label="Formation, %"
                field="split"
                hint="Share of the bars to choose parameters by; the figures are of the rest. 0: no split"
                value=of(|choice| (100.0 * choice.split.unwrap_or(0.0)).round()).into()
                range=(0.0, 90.0)
                step="5"
                on_change=change(|choice, value| choice.split = some(value).map(|share| share.max(10.0) / 100.0))
            />
        </fieldset>
    }
}
