//! What can be done with the chart.

use leptos::{html, prelude::*};

use super::{
    icon::{Icon, Shape},
    screen::Screen,
};
use crate::{
    edge::{download, palette::Palette, plotly},
    model::csv,
    stores::{ChartStoreFields, Stores},
};

/// Zoom, back to the latest, and the chart as a file.
#[component]
pub(super) fn ChartActions(
    /// The chart's element.
    node: NodeRef<html::Div>,
    /// The times on screen.
    screen: Screen,
    /// What went wrong with the picture.
    failure: WriteSignal<Option<String>>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let follows = move || stores.view.with(|view| view.range.is_none());
    let is_empty = move || screen.range.with(Option::is_none);
    let stem = move || {
        stores.chart.key().with_untracked(|key| {
            let key = key.as_ref()?;
            Some(format!(
                "{}-{}-{}",
                key.instrument.symbol, key.instrument.venue, key.interval
            ))
        })
    };
    let save_csv = move |_| {
        if let (Some(stem), Some(range)) = (stem(), screen.range.get_untracked()) {
            let text = stores
                .chart
                .series()
                .with_untracked(|series| csv::bars(series.rows(), range));
            download::save(&format!("{stem}.csv"), "text/csv", &text);
        }
    };
    let save_picture = move |_| {
        if let (Some(stem), Some(element)) = (stem(), node.get_untracked()) {
            let saved = plotly::save_png(&element, &stem, &Palette::read().surface);
            failure.set(saved.err().map(|error| error.to_string()));
        }
    };
    view! {
        <div class="actions" role="group" aria-label="Chart">
            <button
                type="button"
                class="button latest"
                data-testid="latest"
                disabled=follows
                title="Follow the latest bars (0, or double click)"
                aria-label="Latest bars"
                on:click=move |_| screen.follow()
            >
                <Icon shape=Shape::Latest/>
                <span>"Latest"</span>
            </button>
            <button
                type="button"
                class="button icon-button"
                title="Zoom out (−)"
                aria-label="Zoom out"
                disabled=is_empty
                on:click=move |_| screen.zoom(1.5)
            >
                <Icon shape=Shape::Minus/>
            </button>
            <button
                type="button"
                class="button icon-button"
                title="Zoom in (+)"
                aria-label="Zoom in"
                disabled=is_empty
                on:click=move |_| screen.zoom(1.0 / 1.5)
            >
                <Icon shape=Shape::Plus/>
            </button>
            <button
                type="button"
                class="button"
                data-testid="csv"
                title="The bars on screen as CSV"
                aria-label="Save the bars on screen as CSV"
                disabled=is_empty
                on:click=save_csv
            >
                <Icon shape=Shape::Download/>
                <span>"CSV"</span>
            </button>
            <button
                type="button"
                class="button"
                data-testid="png"
                title="The chart as a picture"
                aria-label="Save the chart as a picture"
                disabled=is_empty
                on:click=save_picture
            >
                <Icon shape=Shape::Picture/>
                <span>"PNG"</span>
            </button>
        </div>
    }
}
