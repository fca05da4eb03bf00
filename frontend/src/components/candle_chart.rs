//! The chart itself: Plotly on one side, the stores on the other.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use leptos_use::use_resize_observer;

use super::{painter::Painter, readout::Reading, screen::Screen};
use crate::{
    charts::candles::{self, Inputs},
    edge::{
        clock,
        palette::Palette,
        plotly::{self, ChartEvent, Listeners},
    },
    model::draw::{self, Drawn},
    stores::{ChartStoreFields, Key, Stores},
};

/// Candles and volume of what is on screen.
#[component]
pub(super) fn CandleChart(
    /// The chart's element, for the picture.
    node: NodeRef<html::Div>,
    /// The times to show.
    screen: Screen,
    /// The bar under the pointer or, without one, the latest.
    reading: WriteSignal<Option<Reading>>,
    /// Decimals of the prices.
    decimals: Memo<usize>,
    /// Why the chart cannot be drawn.
    failure: WriteSignal<Option<String>>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let hovered = RwSignal::new(None::<i64>);
    let drawn = StoredValue::new(None::<Drawn>);
    let listeners = StoredValue::new_local(None::<Listeners>);

    let range = screen.range;
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
            .with_untracked(|key| key.as_ref().map(Key::topic));
        let revision = format!("{} {zone:?}", shown.unwrap_or_default());
        let figure = candles::figure(&Inputs {
            drawn: &selected,
            range,
            zone,
            palette: &Palette::read(),
            last,
            width: screen.width.get_untracked(),
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
            screen.show(moment(from), moment(to));
            painter.request_now();
        }
        ChartEvent::Reset => {
            screen.follow();
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
        screen.width.set(size.width() as i32);
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
        if !event.ctrl_key() && !event.meta_key() && !event.alt_key() && screen.press(&event.key())
        {
            event.prevent_default();
        }
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
            on:pointerdown=move |_| painter.hold()
            on:pointerup=move |_| painter.release()
        ></div>
    }
}
