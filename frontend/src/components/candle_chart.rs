//! The chart itself: Plotly on one side, the stores on the other.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use leptos_use::use_resize_observer;

use super::{painter::Painter, readout::Reading};
use crate::{
    charts::candles::{self, Inputs},
    edge::{
        clock,
        palette::Palette,
        plotly::{self, ChartEvent, Listeners},
    },
    model::{
        TimeRange,
        draw::{self, Drawn},
    },
    stores::{ChartStoreFields, Stores},
};

/// Width of a candle with its gap when the chart follows the market, px.
const CANDLE_PX: i32 = 8;
/// Share of the screen that a key press moves.
const KEY_STEP: f64 = 0.12;

/// Candles and volume of what is on screen.
#[component]
pub(super) fn CandleChart(
    /// The chart's element, for the picture.
    node: NodeRef<html::Div>,
    /// The bar under the pointer or, without one, the latest.
    reading: WriteSignal<Option<Reading>>,
    /// Decimals of the prices.
    decimals: Memo<usize>,
    /// Why the chart cannot be drawn.
    failure: WriteSignal<Option<String>>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let hovered = RwSignal::new(None::<i64>);
    let width = RwSignal::new(0_i32);
    let drawn = StoredValue::new(None::<Drawn>);
    let listeners = StoredValue::new_local(None::<Listeners>);

    let range = Memo::new(move |_| {
        let (interval_ms, chosen) = stores.view.with(|view| (view.interval.ms(), view.range));
        chosen.or_else(|| {
            let count = i64::from((width.get() / CANDLE_PX).clamp(40, 240));
            stores
                .chart
                .series()
                .with(|series| Some(draw::latest(series.last()?, count, interval_ms)))
        })
    });

    let read_out = move || {
        let chosen = hovered.get_untracked();
        let latest = stores
            .chart
            .series()
            .with_untracked(|series| series.last().copied());
        let found = chosen.and_then(|time| {
            drawn.with_value(|drawn| {
                let drawn = drawn.as_ref()?;
                let at = drawn.candles.partition_point(|bar| bar.time <= time);
                let bar = *drawn.candles.get(at.checked_sub(1)?)?;
                Some(Reading {
                    bar,
                    bars: drawn.bars_per_candle,
                })
            })
        });
        reading.set(found.or(latest.map(|bar| Reading { bar, bars: 1 })));
    };

    let paint = move || {
        let (Some(element), Some(range)) = (node.get_untracked(), range.get_untracked()) else {
            return false;
        };
        let (interval, zone) = (
            stores.view.with_untracked(|view| view.interval),
            stores.preferences.settings.get_untracked().zone,
        );
        let selected = stores
            .chart
            .series()
            .with_untracked(|series| draw::select(series.rows(), range, interval.ms()));
        let last = stores
            .chart
            .series()
            .with_untracked(|series| series.last().map(|bar| (bar.close, bar.close >= bar.open)));
        let shown = stores
            .chart
            .key()
            .with_untracked(|key| key.as_ref().map(|key| key.topic()));
        let revision = format!("{} {zone:?}", shown.unwrap_or_default());
        let figure = candles::figure(&Inputs {
            drawn: &selected,
            range,
            zone,
            palette: &Palette::read(),
            last,
            decimals: decimals.get_untracked(),
            revision: &revision,
        });
        drawn.set_value(Some(selected));
        read_out();
        let outcome = plotly::react(&element, &figure);
        failure.set(outcome.as_ref().err().map(ToString::to_string));
        outcome.is_ok()
    };
    let is_drawn = RwSignal::new(false);
    let painter = Painter::new(move || {
        if paint() && !is_drawn.get_untracked() {
            is_drawn.set(true);
        }
    });

    let on_event = move |event: ChartEvent| match event {
        ChartEvent::Moving => painter.hold(),
        ChartEvent::Moved { from, to } => {
            painter.release();
            let zone = stores.preferences.settings.get_untracked().zone;
            let moment = |wall: f64| clock::from_wall(wall as i64, zone);
            stores.show_range(within_reason(stores, moment(from), moment(to)));
            painter.request_now();
        }
        ChartEvent::Reset => {
            stores.show_range(None);
            painter.request_now();
        }
        ChartEvent::Hover(wall) => {
            let zone = stores.preferences.settings.get_untracked().zone;
            hovered.set(Some(clock::from_wall(wall as i64, zone)));
        }
        ChartEvent::Leave => hovered.set(None),
    };
    // Plotly takes listeners only after the first drawing.
    Effect::new(move |_| {
        if let (true, Some(element)) = (is_drawn.get(), node.get()) {
            listeners.set_value(Some(Listeners::attach(&element, on_event)));
        }
    });
    // New numbers wait for their turn.
    Effect::new(move |_| {
        stores.chart.series().track();
        painter.request();
    });
    // What a person chose is answered at once.
    Effect::new(move |_| {
        stores.preferences.settings.track();
        stores.preferences.is_dark.track();
        stores.chart.key().track();
        stores.view.with(|view| (view.interval, view.range));
        painter.request_now();
    });
    Effect::new(move |_| {
        hovered.track();
        read_out();
    });
    use_resize_observer(node, move |entries, _| {
        let Some(size) = entries
            .first()
            .map(web_sys::ResizeObserverEntry::content_rect)
        else {
            return;
        };
        width.set(size.width() as i32);
        if let (true, Some(element)) = (is_drawn.get_untracked(), node.get_untracked()) {
            // A chart that cannot be resized is drawn at its new size with the next numbers.
            let _ = plotly::resize(&element);
            painter.request_now();
        }
    });
    on_cleanup(move || {
        if let Some(element) = node.get_untracked() {
            plotly::purge(&element);
        }
    });

    let on_key = move |event: KeyboardEvent| {
        let Some(now) = range.get_untracked() else {
            return;
        };
        let Some(next) = moved_by_key(&event.key(), now) else {
            return;
        };
        event.prevent_default();
        stores.show_range(next.and_then(|range| within_reason(stores, range.from, range.to)));
    };
    let label = move || {
        let name = stores.chart.key().with(|key| {
            key.as_ref().map(|key| {
                format!(
                    "{}, {} candles with volume. ",
                    key.instrument.symbol, key.interval
                )
            })
        });
        format!(
            "{}Arrow left and right move through time, plus and minus zoom, 0 returns to the latest.",
            name.unwrap_or_default()
        )
    };
    view! {
        <div
            node_ref=node
            class="plot"
            tabindex="0"
            role="application"
            aria-roledescription="chart"
            aria-label=label
            data-testid="plot"
            on:keydown=on_key
        ></div>
    }
}

/// The range that a key asks for; the inner `None` is the latest.
fn moved_by_key(key: &str, now: TimeRange) -> Option<Option<TimeRange>> {
    let span = now.span() as f64;
    let shift = |by: f64| {
        let by = (span * by) as i64;
        Some(TimeRange::new(now.from + by, now.to + by))
    };
    match key {
        "ArrowLeft" => shift(-KEY_STEP),
        "ArrowRight" => shift(KEY_STEP),
        "PageUp" => shift(-1.0),
        "PageDown" => shift(1.0),
        "+" | "=" => Some(zoomed(now, 0.8)),
        "-" => Some(zoomed(now, 1.25)),
        "0" | "End" => Some(None),
        _ => None,
    }
}

/// Narrower or wider around the newer end, where the eye is.
pub(super) fn zoomed(now: TimeRange, factor: f64) -> Option<TimeRange> {
    TimeRange::new(now.to - (now.span() as f64 * factor) as i64, now.to)
}

/// Keeps a range from losing the bars out of sight and from growing beyond what the page holds.
fn within_reason(stores: Stores, from: i64, to: i64) -> Option<TimeRange> {
    let interval_ms = stores.view.with_untracked(|view| view.interval.ms());
    let range = TimeRange::new(from, to)?;
    stores.chart.series().with_untracked(|series| {
        let last = series.last()?;
        Some(
            range.within(
                series
                    .first()
                    .filter(|_| series.is_at_beginning())
                    .map(|bar| bar.time),
                last.time,
                interval_ms,
            ),
        )
    })
}
