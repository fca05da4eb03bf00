//! One symbol's last price and volume.

use std::cmp::Ordering;

use leptos::prelude::*;

use super::age::Age;
use crate::{
    model::{Instrument, format, freshness},
    stores::{FeedStoreFields, Stores, Tile as Shown},
};

/// A click shows the symbol in the chart.
#[component]
pub(super) fn Tile(
    /// The symbol.
    instrument: Instrument,
    /// Its numbers.
    tile: ArcRwSignal<Shown>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let tile = RwSignal::from(tile);
    let received = {
        let name = instrument.symbol.clone();
        move || {
            stores.feed.status().with(|status| {
                let feed = status.as_ref()?.feeds.first()?;
                feed.symbols
                    .iter()
                    .find(|symbol| symbol.symbol == name)?
                    .last_message
            })
        }
    };
    let age = Memo::new(move |_| {
        let now = stores.now.get();
        tile.with(|tile| tile.age_ms(received(), stores.mode(), now))
    });
    let is_stale = move || freshness::is_stale(age.get()) || !stores.is_connected();
    let price = move || {
        tile.with(|tile| {
            let text = tile.price.map(|price| format::price(price, tile.decimals));
            text.unwrap_or_else(|| format::UNKNOWN.to_owned())
        })
    };
    // Two names for one animation: a change of the name starts it again.
    let motion = Memo::new(move |_| {
        tile.with(|tile| match (tile.direction, tile.changes % 2) {
            (Ordering::Greater, 0) => "price num rose-a",
            (Ordering::Greater, _) => "price num rose-b",
            (Ordering::Less, 0) => "price num fell-a",
            (Ordering::Less, _) => "price num fell-b",
            (Ordering::Equal, _) => "price num",
        })
    });
    let arrow = move || {
        tile.with(|tile| match tile.direction {
            Ordering::Greater => ("arrow up", "▲"),
            Ordering::Less => ("arrow down", "▼"),
            Ordering::Equal => ("arrow", ""),
        })
    };
    let amount = move |read: fn(&Shown) -> Option<f64>| {
        move || {
            tile.with(read)
                .map_or_else(|| format::UNKNOWN.to_owned(), format::compact)
        }
    };
    let (base, quote) = instrument.parts();
    let (base, quote) = (base.to_owned(), quote.to_owned());
    let base_unit = base.clone();
    let quote_unit = quote.clone();
    let symbol = instrument.symbol.clone();
    let this = instrument.clone();
    let is_shown = Memo::new(move |_| stores.instrument.get().as_ref() == Some(&this));
    view! {
        <button
            type="button"
            class="tile"
            class:stale=is_stale
            data-testid="tile"
            data-symbol=symbol
            aria-pressed=move || is_shown.get().to_string()
            on:click=move |_| stores.show_instrument(&instrument)
        >
            <span class="tile-head">
                <span class="tile-name">{base}<span class="quote">{quote}</span></span>
                <Age age_ms=Signal::derive(move || age.get())/>
            </span>
            <span class="tile-price">
                <span class=motion data-testid="price">{price}</span>
                <span class=move || arrow().0 aria-hidden="true">{move || arrow().1}</span>
            </span>
            <span class="tile-volume">
                <span class="label">"24\u{202f}h" <span class="wide">" volume"</span></span>
                <span class="num" data-testid="volume">{amount(|tile| tile.quote_volume)} " " <span class="unit">{quote_unit}</span></span>
                <span class="num tile-base">{amount(|tile| tile.volume)} " " <span class="unit">{base_unit}</span></span>
            </span>
        </button>
    }
}
