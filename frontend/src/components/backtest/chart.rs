//! Equity, drawdown and the trades on the z-score: one chart, so that one moment is at one place.

use leptos::{html, prelude::*};
use leptos_use::use_resize_observer;

use crate::{
    charts::{
        Sheet,
        backtest::{self, Levels},
    },
    components::{
        icon::{Icon, Shape},
        painter::Painter,
        pair::{Entry, Legend},
    },
    edge::{
        clock,
        palette::Palette,
        plotly::{self, ChartEvent, Listeners},
    },
    model::format,
    stores::Stores,
};

const NAME: &str = "backtest";

/// The chart with its numbers and its files.
#[component]
pub(super) fn Chart() -> impl IntoView {
    let stores = Stores::from_context();
    let backtest = stores.backtest;
    let node = NodeRef::<html::Div>::new();
    let listeners = StoredValue::new_local(None::<Listeners>);
    let size = RwSignal::new((0, 0));
    let is_drawn = RwSignal::new(false);
    let failure = RwSignal::new(None::<String>);
    let zone = move || stores.preferences.settings.get_untracked().zone;

    let paint = move || {
        let element = node.get_untracked();
        let range = untrack(|| backtest.range(stores));
        let (Some(element), Some(range), Some(found)) =
            (element, range, backtest.found.get_untracked())
        else {
            return;
        };
        let (width, height) = size.get_untracked();
        let sheet = Sheet {
            range,
            zone: zone(),
            palette: Palette::read(),
            width,
            height,
            revision: format!("{} {:?}", found.query, zone()),
        };
        let params = &found.answer.params.pair;
        let levels = Levels {
            entry: params.entry,
            exit: params.exit,
            stop: params.stop,
        };
        let outcome = plotly::react(
            &element,
            &backtest::figure(&sheet, &found.answer.backtest, levels),
        );
        failure.set(outcome.as_ref().err().map(ToString::to_string));
        if outcome.is_ok() && !is_drawn.get_untracked() {
            is_drawn.set(true);
        }
    };
    let painter = Painter::new(paint);
    let on_event = move |event: ChartEvent| {
        let moment = |wall: f64| clock::from_wall(wall as i64, zone());
        match event {
            ChartEvent::Moving(_) => painter.hold(),
            ChartEvent::Moved { from, to } => {
                painter.release();
                backtest.show(stores, moment(from), moment(to));
                painter.request_now();
            }
            ChartEvent::Reset => stores.view.update(|view| view.zoom = None),
            ChartEvent::Hover(wall) => backtest.hovered.set(Some(moment(wall))),
            ChartEvent::Leave => backtest.hovered.set(None),
        }
    };
    // Plotly takes listeners only after the first drawing.
    Effect::new(move |_| {
        if let (true, Some(element)) = (is_drawn.get(), node.get()) {
            listeners.set_value(Some(Listeners::attach(&element, on_event)));
        }
    });
    Effect::new(move |_| {
        backtest.found.track();
        stores.preferences.settings.track();
        stores.preferences.is_dark.track();
        stores.view.with(|view| view.zoom);
        painter.request_now();
    });
    use_resize_observer(node, move |entries, _| {
        if let Some(rectangle) = entries
            .first()
            .map(web_sys::ResizeObserverEntry::content_rect)
        {
            size.set((rectangle.width() as i32, rectangle.height() as i32));
        }
        if let (true, Some(element)) = (is_drawn.get_untracked(), node.get_untracked()) {
            // A chart that cannot be resized is drawn at its new size with the next numbers.
            let _ = plotly::resize(&element);
        }
        painter.request_now();
    });
    on_cleanup(move || {
        if let Some(element) = node.get_untracked() {
            plotly::purge(&element);
        }
    });
    let entries = Memo::new(move |_| entries(stores));
    let csv = move || {
        let query = backtest
            .found
            .with(|found| found.as_ref().map(|found| found.query.clone()));
        query.map(|query| format!("/api/v1/pairs/backtest?{query}&format=csv&table=series"))
    };
    let save_png = move |_| {
        if let Some(element) = node.get_untracked() {
            let name = format!("{}-{NAME}", stores.file_stem(None));
            // The chart says itself when it cannot be drawn.
            let _ = plotly::save_png(&element, &name, &Palette::read().surface);
        }
    };
    let words = move || {
        let is_empty = backtest.found.with(Option::is_none);
        failure
            .get()
            .or_else(|| is_empty.then(|| "Nothing to draw yet".to_owned()))
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
                        disabled=move || !is_drawn.get()
                        on:click=save_png
                    >
                        <Icon shape=Shape::Picture/>
                    </button>
                </span>
            </header>
            <div class="plot-box">
                <div
                    node_ref=node
                    class="plot"
                    id=NAME
                    tabindex="0"
                    role="application"
                    aria-roledescription="chart"
                    aria-label="Equity, drawdown, and the z-score with an arrow for each entry and a cross for each exit"
                    data-testid="plot"
                    data-chart=NAME
                    on:pointerdown=move |_| painter.hold()
                    on:pointerup=move |_| painter.release()
                    on:mouseleave=move |_| backtest.hovered.set(None)
                ></div>
                {move || words().map(|words| view! { <div class="state" data-testid="chart-state"><p>{words}</p></div> })}
            </div>
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
