//! Which symbols are scanned.

use api_types::ScanSymbol;
use leptos::prelude::*;

use crate::{
    model::{Instrument, scan},
    stores::{FeedStoreFields, Stores},
};

/// What can be scanned of a source: `live`, `dataset:{id}`, or `uploads` for all of them. Tracked.
pub(super) fn candidates(stores: Stores, source: &str) -> Vec<ScanSymbol> {
    if source == "live" {
        return stores.feed.symbols().with(|symbols| {
            // Symbols of the feed that reported last come first, and those are meant.
            let venue = symbols.first().map(|info| info.venue);
            let of_feed = symbols.iter().filter(|info| Some(info.venue) == venue);
            of_feed
                .map(|info| ScanSymbol {
                    symbol: Instrument::from(info).qualified(),
                    source: Some("live".to_owned()),
                })
                .collect()
        });
    }
    stores.datasets.with(|all| {
        let is_wanted = |own: &str| source == "uploads" || own == source;
        let wanted = all.iter().filter(|dataset| is_wanted(&dataset.source));
        wanted
            .flat_map(|dataset| {
                dataset.series.iter().map(|series| ScanSymbol {
                    symbol: series.symbol.clone(),
                    source: Some(dataset.source.clone()),
                })
            })
            .collect()
    })
}

/// All of the source, or those that are ticked.
#[component]
pub(super) fn Symbols(
    /// Of which source.
    source: RwSignal<String>,
    /// Those that are not ticked.
    left_out: RwSignal<Vec<ScanSymbol>>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let all = Memo::new(move |_| source.with(|source| candidates(stores, source)));
    let words = move || {
        let (all, out) = (all.with(Vec::len), left_out.with(Vec::len));
        match out {
            0 => format!("All {all} symbols"),
            _ => format!("{} of {all} symbols", all.saturating_sub(out)),
        }
    };
    view! {
        <details class="symbols" data-testid="scan-symbols">
            <summary class="button">{words}</summary>
            <fieldset class="symbols-box">
                <legend class="sr-only">"Symbols to scan"</legend>
                <div class="form-end">
                    <button type="button" class="button" data-testid="symbols-all" on:click=move |_| left_out.set(Vec::new())>"All"</button>
                    <button type="button" class="button" data-testid="symbols-none" on:click=move |_| left_out.set(all.get_untracked())>"None"</button>
                </div>
                <For each=move || all.get() key=Clone::clone let(symbol)>
                    <Tick symbol left_out/>
                </For>
            </fieldset>
        </details>
    }
}

#[component]
fn Tick(symbol: ScanSymbol, left_out: RwSignal<Vec<ScanSymbol>>) -> impl IntoView {
    let source = symbol.source.as_deref().unwrap_or("live");
    let name = scan::short(&symbol.symbol, source).to_owned();
    let symbol = StoredValue::new(symbol);
    let is_in = move || symbol.with_value(|symbol| left_out.with(|out| !out.contains(symbol)));
    let tick = move |is_ticked: bool| {
        left_out.update(|out| {
            symbol.with_value(|symbol| {
                out.retain(|held| held != symbol);
                if !is_ticked {
                    out.push(symbol.clone());
                }
            });
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" data-symbol=name.clone() prop:checked=is_in on:change=move |event| tick(event_target_checked(&event))/>
            {name}
        </label>
    }
}
