//! How far the history of a first start is.

use leptos::prelude::*;

use crate::stores::{FeedStoreFields, Stores};

/// A bar that goes when the history is there.
#[component]
pub(super) fn BackfillProgress() -> impl IntoView {
    let stores = Stores::from_context();
    let progress = Memo::new(move |_| {
        stores.feed.status().with(|status| {
            let backfill = status.as_ref()?.feeds.first()?.backfill.as_ref()?;
            Some((backfill.done, backfill.total))
        })
    });
    let is_running = move || progress.get().is_some_and(|(done, total)| done < total);
    view! {
        <Show when=is_running>
            <label class="backfill" data-testid="backfill">
                "History "
                <progress
                    max=move || progress.get().map_or(1, |(_, total)| total).to_string()
                    prop:value=move || progress.get().map_or(0.0, |(done, _)| done as f64)
                ></progress>
                <span class="num">{move || progress.get().map(|(done, total)| format!("{done} of {total}"))}</span>
            </label>
        </Show>
    }
}
