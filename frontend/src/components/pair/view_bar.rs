//! What is on screen, and how to get back to all of it.

use api_types::WatchlistPair;
use leptos::prelude::*;

use crate::{
    components::icon::{Icon, Shape},
    edge::clock,
    model::Tab,
    stores::{PairStoreFields, Stores},
};

/// Name of the pair, times on screen, zoom.
#[component]
pub(super) fn ViewBar() -> impl IntoView {
    let stores = Stores::from_context();
    let screen = stores.screen;
    let name = move || {
        stores
            .view
            .with(|view| format!("{} · {}", view.pair.name(), view.pair.interval))
    };
    let times = move || {
        let range = screen.range.get()?;
        let interval_ms = stores.view.with(|view| view.pair.interval.ms());
        let zone = stores.preferences.zone();
        let [from, to] =
            [range.from, range.to].map(|time| clock::civil(time, zone).bar_start(interval_ms));
        Some(format!("{from} – {to}"))
    };
    let bars = move || {
        let range = screen.range.get()?;
        let count = stores.pair.series().with(|series| {
            series
                .points()
                .iter()
                .filter(|point| range.contains(point.time))
                .count()
        });
        Some(format!("{count} points"))
    };
    // The watchlist follows what is traded, by the parameters on screen.
    let followable = Memo::new(move |_| {
        let is_live = stores.view.with(|view| view.pair.is_live());
        let params = stores.pair.params().get().filter(|_| is_live)?;
        WatchlistPair::try_from(&params).ok()
    });
    let follow = move |_| {
        if let Some(pair) = followable.get_untracked() {
            stores.watchlist.add(WatchlistPair {
                limit: None,
                open: None,
                ..pair
            });
            stores.show_tab(Tab::Watchlist);
        }
    };
    let is_whole = move || stores.view.with(|view| view.zoom.is_none());
    let is_empty = move || screen.range.with(Option::is_none);
    view! {
        <div class="view-bar">
            <h1 class="view-name" data-testid="pair-name">{name}</h1>
            <p class="view-times num" data-testid="times">{times}</p>
            <p class="view-count num" data-testid="points">{bars}</p>
            <button
                type="button"
                class="button follow"
                data-testid="follow"
                title="Add the pair to the watchlist, with these parameters"
                disabled=move || followable.with(Option::is_none) || stores.watchlist.is_busy.get()
                on:click=follow
            >
                <Icon shape=Shape::Plus/>
                <span>"Follow"</span>
            </button>
            <span class="actions" role="group" aria-label="Zoom">
                <button type="button" class="button icon-button" title="Zoom out (−)" aria-label="Zoom out" disabled=is_empty on:click=move |_| screen.zoom(1.5)>
                    <Icon shape=Shape::Minus/>
                </button>
                <button type="button" class="button icon-button" title="Zoom in (+)" aria-label="Zoom in" disabled=is_empty on:click=move |_| screen.zoom(1.0 / 1.5)>
                    <Icon shape=Shape::Plus/>
                </button>
                <button
                    type="button"
                    class="button"
                    data-testid="latest"
                    disabled=is_whole
                    title="Show the whole range (0, or double click on a chart)"
                    on:click=move |_| screen.follow()
                >
                    <Icon shape=Shape::Latest/>
                    <span>"Whole range"</span>
                </button>
            </span>
        </div>
    }
}
