//! The bottom of the page: whether what is above can be trusted.

use leptos::prelude::*;

use super::{backfill::BackfillProgress, feed_state::FeedState};
use crate::{
    edge::clock,
    model::format,
    stores::{FeedStoreFields, PairStoreFields, Stores},
};

/// State of the feed, its lag, what is missing, and what serves it.
#[component]
pub(crate) fn StatusLine() -> impl IntoView {
    let stores = Stores::from_context();
    let lag = Memo::new(move |_| {
        stores
            .feed
            .status()
            .with(|status| status.as_ref()?.feeds.first()?.lag_ms)
    });
    let gaps = Memo::new(move |_| {
        stores
            .feed
            .status()
            .with(|status| Some(status.as_ref()?.gaps.open))
    });
    let bars = Memo::new(move |_| stores.pair.series().with(|series| series.points().len()));
    let version = Memo::new(move |_| {
        stores
            .feed
            .status()
            .with(|status| status.as_ref().map(|status| status.version.clone()))
    });
    let zone = move || clock::zone_name(stores.now.get(), stores.preferences.zone());
    let item = |label: &'static str, testid: &'static str, value: Signal<Option<String>>| {
        view! {
            <Show when=move || value.with(Option::is_some)>
                <span class="item"><span class="label">{label}</span>" "<span class="num" data-testid=testid>{move || value.get()}</span></span>
            </Show>
        }
    };
    view! {
        <footer class="status" aria-label="State of the feed">
            <FeedState/>
            <BackfillProgress/>
            {item("Lag", "lag", Signal::derive(move || {
                lag.get().filter(|_| stores.is_connected()).map(format::duration)
            }))}
            {item("Gaps", "gaps", Signal::derive(move || gaps.get().map(|gaps| if gaps == 0 { "none".to_owned() } else { gaps.to_string() })))}
            <span class="status-end">
                {item("Bars", "bars", Signal::derive(move || Some(bars.get()).filter(|bars| *bars > 0).map(|bars| format::price(bars as f64, 0))))}
                {item("Times in", "zone", Signal::derive(move || Some(zone())))}
                {item("Version", "version", Signal::derive(move || version.get()))}
            </span>
        </footer>
    }
}
