//! The connection to the server is lost: said where nobody can miss it.

use leptos::prelude::*;

use crate::{
    edge::clock,
    model::format,
    stores::{FeedStoreFields, Link, Stores},
};

/// A short break needs no alarm.
const PATIENCE_MS: i64 = 1_500;

/// Since when, and when it will be tried again.
#[component]
pub(crate) fn ConnectionBanner() -> impl IntoView {
    let stores = Stores::from_context();
    let loss = Memo::new(move |_| match stores.feed.link().get() {
        Link::Lost { since, retry_at } => Some((since, retry_at)),
        Link::Open | Link::Connecting | Link::Waiting | Link::Resting => None,
    });
    let is_shown = Memo::new(move |_| {
        loss.get()
            .is_some_and(|(since, _)| stores.now.get() - since > PATIENCE_MS)
    });
    let since = move || {
        let since = loss.get().map(|(since, _)| since);
        since.map(|since| clock::civil(since, stores.preferences.zone()).clock())
    };
    let next = move || {
        let left = loss
            .get()
            .map_or(0, |(_, retry_at)| retry_at - stores.now.get());
        if left > 0 {
            format!("Trying again in {}.", format::age(left + 999))
        } else {
            "Trying again now.".to_owned()
        }
    };
    view! {
        <Show when=move || is_shown.get()>
            <div class="banner" role="alert" data-testid="banner">
                <p>
                    <strong>"No connection to the server."</strong>
                    " What you see is from " <span class="num">{since}</span> "."
                </p>
                <p class="num" aria-live="off">{next}</p>
                <button type="button" class="button" on:click=move |_| stores.live.retry_now(stores)>"Try now"</button>
            </div>
        </Show>
    }
}
