//! Equity, drawdown and the trades on the z-score: one chart, so that one moment is at one place.

use leptos::{html, prelude::*};

use crate::{
    charts::{
        Sheet,
        backtest::{self, Levels},
    },
    components::{
        icon::{Icon, Shape},
        pair::{ChartLoad, Entry, Legend, Plot, Stage},
    },
    edge::{api, palette::Palette, plotly},
    model::format,
    stores::{BacktestLoad, Stores},
};

const NAME: &str = "backtest";

/// The chart with its numbers and its files.
#[component]
pub(super) fn Chart() -> impl IntoView {
    let stores = Stores::from_context();
    let backtest = stores.backtest;
    let node = NodeRef::<html::Div>::new();
    let is_empty = Memo::new(move |_| backtest.found.with(Option::is_none));
    let load = Memo::new(move |_| {
        let is_empty = is_empty.get();
        match backtest.load.get() {
            BacktestLoad::Loading => ChartLoad::Reading { is_empty },
            BacktestLoad::Refused(_) | BacktestLoad::Failed(_) if is_empty => ChartLoad::Nothing,
            BacktestLoad::Ready | BacktestLoad::Refused(_) | BacktestLoad::Failed(_) => {
                ChartLoad::Ready
            }
        }
    });
    let stage = Stage {
        screen: backtest.screen,
        crosshair: backtest.hovered,
        revision: Signal::derive(move || backtest.answered().unwrap_or_default()),
        load: load.into(),
        is_stale: Signal::derive(move || backtest.is_stale()),
    };
    let draw = Box::new(move |sheet: &Sheet| {
        let found = backtest.found.get()?;
        let params = &found.answer.params.pair;
        let levels = Levels {
            entry: params.entry,
            exit: params.exit,
            stop: params.stop,
        };
        Some(backtest::figure(sheet, &found.answer.backtest, levels))
    });
    let entries = Memo::new(move |_| entries(stores));
    let csv = move || Some(api::backtest_csv(&backtest.answered()?, "series"));
    let save_png = move |_| {
        if let Some(element) = node.get_untracked() {
            let name = format!("{}-{NAME}", stores.file_stem(None));
            // The chart says itself when it cannot be drawn.
            let _ = plotly::save_png(&element, &name, &Palette::read().surface);
        }
    };
    view! {
        <section class="panel backtest-chart" aria-label="Equity, drawdown and trades" data-panel=NAME>
            <header class="panel-head">
                <h2 class="panel-title">"Equity"</h2>
                <Legend entries=entries.into()/>
                <span class="actions">
                    <a
                        class="button icon-button"
                        data-testid="csv"
                        data-of=NAME
                        download
                        href=csv
                        aria-disabled=move || csv().is_none().to_string()
                        title="Equity: the numbers as CSV"
                        aria-label="Equity: the numbers as CSV"
                    >
                        <Icon shape=Shape::Download/>
                    </a>
                    <button
                        type="button"
                        class="button icon-button"
                        data-testid="png"
                        data-of=NAME
                        title="Equity: the chart as a picture"
                        aria-label="Equity: the chart as a picture"
                        disabled=move || is_empty.get()
                        on:click=save_png
                    >
                        <Icon shape=Shape::Picture/>
                    </button>
                </span>
            </header>
            <Plot
                stage
                id=NAME
                label="Equity, drawdown, and the z-score with an arrow for each entry and a cross for each exit"
                node
                draw
                track=Box::new(move || backtest.found.track())
                stands_alone=Signal::stored(false)
            />
        </section>
    }
}

/// The figures under the pointer, or the last.
fn entries(stores: Stores) -> Vec<Entry> {
    let hovered = stores.backtest.hovered.get();
    let found = stores.backtest.found.get();
    let at = |column: fn(&api_types::BacktestColumns, usize) -> Option<f64>| {
        let series = &found.as_ref()?.answer.backtest.series;
        let row = match hovered {
            Some(time) => series
                .time
                .partition_point(|known| *known <= time)
                .checked_sub(1)?,
            None => series.time.len().checked_sub(1)?,
        };
        column(series, row)
    };
    let told = |value: Option<f64>, tell: &dyn Fn(f64) -> String| {
        value.map_or_else(|| format::UNKNOWN.to_owned(), tell)
    };
    let equity = at(|series, row| series.equity.get(row).copied());
    let lost = at(|series, row| series.drawdown.get(row).copied());
    let z = at(|series, row| series.z.get(row).copied().flatten());
    vec![
        Entry::line(
            "Equity",
            "--y",
            told(equity, &|value| format::price(value, 2)),
        ),
        Entry::line(
            "Drawdown",
            "--down",
            told(lost, &|share| {
                format!("{} %", format::price(100.0 * share, 2))
            }),
        ),
        Entry::line("z", "--z", told(z, &|z| format::signed(z, 3))),
    ]
}
