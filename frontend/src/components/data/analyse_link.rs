//! From an upload to its analysis.

use leptos::{ev::MouseEvent, prelude::*};

use crate::{edge::address, model::analyse, stores::Stores};

/// Opens the pair that the upload makes: of its first two series, or of its own and another one's.
#[component]
pub(super) fn AnalyseLink(
    /// Which upload.
    id: i64,
    /// For those who do not see which line it stands in.
    label: String,
) -> impl IntoView {
    let stores = Stores::from_context();
    let view = Memo::new(move |_| {
        stores.datasets.with(|all| {
            let found = all.iter().find(|dataset| dataset.id == id)?;
            analyse::view_of(found, all)
        })
    });
    let href = move || view.get().map(|view| address::query_of(&view));
    let on_click = move |event: MouseEvent| {
        if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
            event.prevent_default();
            if let Some(view) = view.get_untracked() {
                stores.view.set(view);
            }
        }
    };
    view! {
        <a class="button" href=href data-testid="dataset-analyse" aria-label=label on:click=on_click>"Analyse"</a>
    }
}
