//! What can be done with the chart.

use leptos::{html, prelude::*};

use super::{
    candle_chart::zoomed,
    icon::{Icon, Shape},
};
use crate::{
    edge::{download, palette::Palette, plotly},
    model::{TimeRange, draw},
    stores::{ChartStoreFields, Stores},
};

/// The API's limit of one answer is above it.
const MOST_ROWS: usize = 1_000;

/// Zoom, back to the latest, and the chart as a file.
#[component]
pub(super) fn ChartActions(
    /// The chart's element.
    node: NodeRef<html::Div>,
    /// What went wrong with the picture.
    failure: WriteSignal<Option<String>>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let follows = move || stores.view.with(|view| view.range.is_none());
    let shown = move || -> Option<TimeRange> {
        let (interval_ms, range) = stores.view.with(|view| (view.interval.ms(), view.range));
        range.or_else(|| {
            let count = i64::try_from(draw::MOST_CANDLES).ok()?;
            stores
                .chart
                .series()
                .with(|series| Some(draw::latest(series.last()?, count, interval_ms)))
        })
    };
    let zoom = move |factor: f64| {
        move |_| {
            let now = stores.view.with_untracked(|view| view.range);
            let now = now.or_else(|| untrack(|| latest_screen(stores)));
            if let Some(range) = now.and_then(|now| zoomed(now, factor)) {
                stores.show_range(Some(range));
            }
        }
    };
    let csv = move || {
        let key = stores.chart.key().get()?;
        Some(download::bars_csv(
            &key.instrument,
            key.interval,
            shown()?,
            MOST_ROWS,
        ))
    };
    let save_picture = move |_| {
        let Some(element) = node.get_untracked() else {
            return;
        };
        let name = stores.chart.key().with_untracked(|key| {
            key.as_ref()
                .map(|key| format!("{}-{}", key.instrument.symbol, key.interval))
        });
        let stem = name.unwrap_or_else(|| "chart".to_owned());
        let saved = plotly::save_png(&element, &stem, &Palette::read().surface);
        failure.set(saved.err().map(|error| error.to_string()));
    };
    view! {
        <div class="actions" role="group" aria-label="Chart">
            <button
                type="button"
                class="button latest"
                data-testid="latest"
                disabled=follows
                title="Follow the latest bars (0, or double click)"
                on:click=move |_| stores.show_range(None)
            >
                <Icon shape=Shape::Latest/>
                <span>"Latest"</span>
            </button>
            <button type="button" class="button icon-button" title="Zoom out (−)" aria-label="Zoom out" on:click=zoom(1.5)>
                <Icon shape=Shape::Minus/>
            </button>
            <button type="button" class="button icon-button" title="Zoom in (+)" aria-label="Zoom in" on:click=zoom(1.0 / 1.5)>
                <Icon shape=Shape::Plus/>
            </button>
            <a class="button" data-testid="csv" title="The bars on screen as CSV" download="" href=csv aria-disabled=move || csv().is_none().to_string()>
                <Icon shape=Shape::Download/>
                <span>"CSV"</span>
            </a>
            <button type="button" class="button" data-testid="png" title="The chart as a picture" on:click=save_picture>
                <Icon shape=Shape::Picture/>
                <span>"PNG"</span>
            </button>
        </div>
    }
}

fn latest_screen(stores: Stores) -> Option<TimeRange> {
    let interval_ms = stores.view.with(|view| view.interval.ms());
    stores
        .chart
        .series()
        .with(|series| Some(draw::latest(series.last()?, 160, interval_ms)))
}
