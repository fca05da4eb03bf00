//! One leg's last price and volume.

use std::cmp::Ordering;

use leptos::prelude::*;

use super::{
    Side,
    figure_tile::{Figure, FigureTile},
    point::number,
};
use crate::{
    model::{format, freshness},
    stores::{FeedStoreFields, PairStoreFields, ShownLeg, Stores, Tile},
};

/// The last trade of a leg of the feed, the last close of an upload.
#[component]
pub(super) fn PriceTile(side: Side) -> impl IntoView {
    let stores = Stores::from_context();
    let leg = Memo::new(move |_| stores.legs.get()[side.index()].clone());
    move || {
        let tile = leg.get().and_then(|leg| {
            let tile = stores.board.tile(leg.instrument.as_ref()?)?;
            Some((leg, tile))
        });
        match tile {
            Some((leg, tile)) => view! { <Live side leg tile/> }.into_any(),
            None => view! { <Closes side/> }.into_any(),
        }
    }
}

#[component]
fn Closes(side: Side) -> impl IntoView {
    let stores = Stores::from_context();
    let figure = Memo::new(move |_| {
        let last = stores.pair.series().with(|series| series.last().copied());
        let close = last.map(|last| if side == Side::Y { last.y } else { last.x });
        Figure {
            value: number(close, 7),
            detail: stores
                .view
                .with(|view| view.pair.legs()[side.index()].short().to_owned()),
            of: last.map(|last| last.time),
            ..Figure::default()
        }
    });
    let (label, testid) = match side {
        Side::Y => ("y · close", "tile-y"),
        Side::X => ("x · close", "tile-x"),
    };
    view! { <FigureTile label testid hint="Last close of the range" figure/> }
}

#[component]
fn Live(side: Side, leg: ShownLeg, tile: ArcRwSignal<Tile>) -> impl IntoView {
    let stores = Stores::from_context();
    let tile = RwSignal::from(tile);
    let symbol = leg
        .instrument
        .as_ref()
        .map(|instrument| instrument.symbol.clone());
    let received = move || {
        stores.feed.status().with(|status| {
            let feed = status.as_ref()?.feeds.first()?;
            let found = feed
                .symbols
                .iter()
                .find(|known| Some(&known.symbol) == symbol.as_ref());
            found?.last_message
        })
    };
    let age = Memo::new(move |_| {
        let now = stores.now.get();
        tile.with(|tile| tile.age_ms(received(), stores.mode(), now))
    });
    let is_stale = Memo::new(move |_| freshness::is_stale(age.get()) || !stores.is_connected());
    let age_text = move || {
        age.get()
            .map_or_else(|| "no trade yet".to_owned(), format::age)
    };
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
    let volume = move || {
        tile.with(|tile| tile.quote_volume)
            .map_or_else(|| format::UNKNOWN.to_owned(), format::compact)
    };
    let (base, quote) = leg.parts();
    let unit = quote.clone();
    let (testid, swatch) = match side {
        Side::Y => ("tile-y", "background:var(--y)"),
        Side::X => ("tile-x", "background:var(--x)"),
    };
    view! {
        <div class="tile" class:stale=is_stale data-testid=testid>
            <span class="tile-head">
                <span class="tile-name"><i class="swatch" style=swatch aria-hidden="true"></i>{base}<span class="quote">{quote}</span></span>
                <span class="age num" class:stale=is_stale data-testid="age"><span class="sr-only">"Age: "</span>{age_text}</span>
            </span>
            <span class="tile-price">
                <span class=motion data-testid="value">{price}</span>
                <span class=move || arrow().0 aria-hidden="true">{move || arrow().1}</span>
            </span>
            <span class="tile-detail num" data-testid="detail"><span class="label">"24\u{202f}h "</span>{volume}" "<span class="unit">{unit}</span></span>
        </div>
    }
}
