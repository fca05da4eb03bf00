//! Symbols to suggest.

use leptos::prelude::*;

use crate::{
    model::Instrument,
    stores::{FeedStoreFields, Stores},
};

/// The list behind a field that takes a symbol.
#[component]
pub(in crate::components) fn SymbolNames(
    /// By which fields name it.
    id: &'static str,
) -> impl IntoView {
    let stores = Stores::from_context();
    let names = Memo::new(move |_| {
        stores.feed.symbols().with(|symbols| {
            symbols
                .iter()
                .map(|info| Instrument::from(info).short_name(symbols))
                .collect::<Vec<_>>()
        })
    });
    view! {
        <datalist id=id>
            {move || names.get().into_iter().map(|name| view! { <option value=name></option> }).collect_view()}
        </datalist>
    }
}
