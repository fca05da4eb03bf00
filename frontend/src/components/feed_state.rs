//! What the feed is doing, in one word and a colour.

use api_types::{FeedMode, FeedState as State};
use leptos::prelude::*;

use crate::stores::{FeedStoreFields, Link, Stores};

/// How it is: the class says the colour, the words say it to everybody.
#[derive(Clone, PartialEq, Eq)]
struct Summary {
    class: &'static str,
    words: String,
    detail: Option<String>,
}

/// A dot, a word, and why.
#[component]
pub(super) fn FeedState() -> impl IntoView {
    let stores = Stores::from_context();
    let summary = Memo::new(move |_| summary(stores));
    view! {
        <span class=move || summary.get().class role="status" data-testid="feed">
            <i class="dot" aria-hidden="true"></i>
            <span class="feed-words">{move || summary.get().words}</span>
            {move || summary.get().detail.map(|detail| view! { <span class="feed-detail">{detail}</span> })}
        </span>
    }
}

fn summary(stores: Stores) -> Summary {
    let plain = |class, words: &str| Summary {
        class,
        words: words.to_owned(),
        detail: None,
    };
    match stores.feed.link().get() {
        Link::Connecting if stores.feed.last_event().with(Option::is_none) => {
            return plain("feed", "Connecting");
        }
        Link::Connecting | Link::Open | Link::Waiting | Link::Resting => {}
        Link::Lost { .. } => return plain("feed bad", "Disconnected from the server"),
    }
    stores.feed.status().with(|status| {
        let Some(status) = status else {
            return plain("feed", "Connected, waiting for the feed");
        };
        let Some(feed) = status.feeds.first() else {
            return plain("feed warn", "The feed has not started");
        };
        let market = match feed.mode {
            FeedMode::Live => "Live",
            FeedMode::Simulated => "Simulated market",
            FeedMode::Replay => "Replay",
        };
        let (class, words) = match feed.state {
            State::Connected => ("feed good", market.to_owned()),
            State::Backfilling => ("feed good", format!("{market}, reading history")),
            State::Reconnecting => ("feed warn", "Feed reconnecting".to_owned()),
            State::Stopped => ("feed bad", "Feed stopped".to_owned()),
            State::Stale => ("feed bad", "Feed silent".to_owned()),
        };
        let detail = feed.message.clone();
        Summary {
            class,
            words,
            detail,
        }
    })
}
