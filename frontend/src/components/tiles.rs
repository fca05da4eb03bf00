//! The last prices of the followed symbols.

use leptos::prelude::*;

use super::tile::Tile;
use crate::stores::Stores;

/// Tiles that fit into one row.
const MOST_IN_A_ROW: usize = 6;
/// Tiles to hold the place of those that are on their way.
const PLACES: usize = 5;

/// A tile a symbol.
#[component]
pub(super) fn Tiles() -> impl IntoView {
    let stores = Stores::from_context();
    let tiles = move || {
        let instruments = stores.board.instruments();
        let found = instruments.into_iter().filter_map(|instrument| {
            let tile = untrack(|| stores.board.tile(&instrument))?;
            Some((instrument, tile))
        });
        found.collect::<Vec<_>>()
    };
    let count = Memo::new(move |_| match stores.board.instruments().len() {
        0 => PLACES,
        count => count,
    });
    let is_dense = move || count.get() > MOST_IN_A_ROW;
    let columns = move || {
        if is_dense() {
            count.get().div_ceil(2)
        } else {
            count.get()
        }
    };
    let is_empty = move || stores.board.instruments().is_empty();
    view! {
        <section class="tiles" class:dense=is_dense style:--columns=move || columns().to_string() aria-label="Last prices">
            <Show when=is_empty>
                {(0..PLACES).map(|_| view! { <div class="tile place" aria-hidden="true"></div> }).collect_view()}
            </Show>
            <For each=tiles key=|(instrument, _)| instrument.clone() let((instrument, tile))>
                <Tile instrument tile/>
            </For>
        </section>
    }
}
