//! The one event stream of the page: opened for what is on screen, reopened where it broke.

use std::time::Duration;

use api_types::{EventKind, StreamEvent};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};

use super::{
    FeedStoreFields, Link, Stores, bars, pair,
    seat::{self, Seat},
};
use crate::{
    edge::{
        clock,
        source::{Signal, Source},
    },
    model::backoff,
};

/// A stream that has been silent for so long is opened anew: a connection may die without a word.
const LONGEST_SILENCE_MS: i64 = 45_000;

/// The stream and what it takes to go on with it.
#[derive(Clone, Copy)]
pub(crate) struct Live(StoredValue<Session, LocalStorage>);

#[derive(Default)]
struct Session {
    /// Escaped for the address.
    topics: String,
    /// Nobody sees the page.
    is_resting: bool,
    /// Position of the last event, for the server to go on from.
    last_id: String,
    /// Failures since the last success.
    failures: u32,
    /// Counts connections: what an earlier one still says is not heard.
    connection: u32,
    seat: Seat,
    source: Option<Source>,
    retry: Option<TimeoutHandle>,
}

impl Default for Live {
    fn default() -> Self {
        Self(StoredValue::new_local(Session::default()))
    }
}

impl Live {
    /// Follows these topics and no others.
    pub(super) fn follow(self, stores: Stores, topics: &[String]) {
        let topics = escape(topics);
        let is_on = self
            .0
            .with_value(|session| session.topics == topics && !session.is_resting);
        if is_on {
            return;
        }
        self.0.update_value(|session| {
            session.is_resting = false;
            session.failures = 0;
            if session.topics != topics {
                session.topics = topics;
                // A position is good for the topics that it was reached with; others begin with a snapshot.
                session.last_id.clear();
            }
        });
        if stores.feed.link().get_untracked() == Link::Resting {
            stores.feed.link().set(Link::Connecting);
        }
        self.seat().take(move || self.connect(stores));
    }

    /// Closes the stream; the next one goes on where it was.
    pub(super) fn rest(self, stores: Stores) {
        self.0.update_value(|session| {
            session.is_resting = true;
            session.connection += 1;
            session.source = None;
            if let Some(retry) = session.retry.take() {
                retry.clear();
            }
        });
        self.seat().leave();
        stores.feed.link().set(Link::Resting);
    }

    /// Lets another page of the browser have the connection for a while, if one waits for it.
    pub(super) fn share(self, stores: Stores) {
        let is_open = move || stores.feed.link().get_untracked() == Link::Open;
        if stores.relay.is_leader.get_untracked() || !is_open() || !self.seat().is_turn_over() {
            return;
        }
        spawn_local(async move {
            if seat::is_awaited().await && is_open() && self.seat().is_turn_over() {
                self.0.update_value(|session| {
                    session.connection += 1;
                    session.source = None;
                });
                stores.feed.link().set(Link::Waiting);
                self.seat().leave();
                self.seat().take(move || self.connect(stores));
            }
        });
    }

    fn seat(self) -> Seat {
        self.0.with_value(|session| session.seat)
    }

    /// Does not wait for the next attempt.
    pub(crate) fn retry_now(self, stores: Stores) {
        if matches!(stores.feed.link().get_untracked(), Link::Lost { .. }) {
            self.connect(stores);
        }
    }

    /// Opens the stream anew when nothing was heard for too long.
    pub(super) fn watch_silence(self, stores: Stores) {
        let heard = stores.feed.last_event().get_untracked();
        let is_open = stores.feed.link().get_untracked() == Link::Open;
        if is_open && heard.is_some_and(|heard| server_now(stores) - heard > LONGEST_SILENCE_MS) {
            stores.feed.last_event().set(Some(server_now(stores)));
            self.connect(stores);
        }
    }

    fn connect(self, stores: Stores) {
        self.0.update_value(|session| {
            session.connection += 1;
            if let Some(retry) = session.retry.take() {
                retry.clear();
            }
            let connection = session.connection;
            let url = session.url();
            let on_signal = move |signal| self.hear(stores, connection, signal);
            // Replaced here and never within its own callback, which must not free itself.
            session.source = Source::open(&url, on_signal);
        });
        if self.0.with_value(|session| session.source.is_none()) {
            self.lose(stores);
        }
    }

    fn hear(self, stores: Stores, connection: u32, signal: Signal) {
        if self
            .0
            .with_value(|session| session.connection != connection)
        {
            return;
        }
        match signal {
            Signal::Opened => {
                self.0.update_value(|session| session.failures = 0);
                stores.feed.link().set(Link::Open);
            }
            Signal::Message { id, data } => {
                self.0.update_value(|session| {
                    if !id.is_empty() {
                        session.last_id = id;
                    }
                });
                match serde_json::from_str(&data) {
                    Ok(StreamEvent::End { .. }) => self.lose(stores),
                    Ok(event) => dispatch(stores, event),
                    // A newer server may speak of things that this page does not know.
                    Err(error) => leptos::logging::warn!("event not understood: {error}"),
                }
            }
            Signal::Closed => self.lose(stores),
        }
    }

    fn lose(self, stores: Stores) {
        let now = server_now(stores);
        let failures = self.0.with_value(|session| session.failures);
        let delay_ms = backoff::delay_ms(failures, js_sys::Math::random());
        let since = match stores.feed.link().get_untracked() {
            Link::Lost { since, .. } => since,
            Link::Open | Link::Connecting | Link::Waiting | Link::Resting => now,
        };
        let retry_at = now + i64::from(delay_ms);
        stores.feed.link().set(Link::Lost { since, retry_at });
        let delay = Duration::from_millis(u64::from(delay_ms.unsigned_abs()));
        let retry = set_timeout_with_handle(move || self.connect(stores), delay);
        self.0.update_value(|session| {
            session.failures += 1;
            // Whatever the old connection still says does not count.
            session.connection += 1;
            session.retry = retry.ok();
        });
    }
}

impl Session {
    fn url(&self) -> String {
        // The browser sends a last id only when it reconnects by itself.
        let last = if self.last_id.is_empty() {
            String::new()
        } else {
            format!(
                "&lastEventId={}",
                String::from(js_sys::encode_uri_component(&self.last_id))
            )
        };
        format!("/api/v1/stream?topics={}{last}", self.topics)
    }
}

/// The list of the address: a topic may hold a query string of its own.
fn escape(topics: &[String]) -> String {
    let escaped = topics
        .iter()
        .map(|topic| String::from(js_sys::encode_uri_component(topic)).replace("%3A", ":"));
    escaped.collect::<Vec<_>>().join(",")
}

/// Now on the server's clock, ms since the epoch.
pub(super) fn server_now(stores: Stores) -> i64 {
    clock::now_ms() + stores.feed.skew_ms().get_untracked()
}

fn dispatch(stores: Stores, event: StreamEvent) {
    match event {
        StreamEvent::Ticks {
            kind, as_of, data, ..
        } => {
            heard(stores, as_of);
            stores.board.push(data, kind != EventKind::Snapshot, as_of);
        }
        StreamEvent::Status { as_of, data, .. } => {
            heard(stores, as_of);
            stores.feed.status().set(Some(*data));
        }
        StreamEvent::Bars {
            topic,
            kind,
            as_of,
            data,
        } => {
            heard(stores, as_of);
            bars::take(stores, &topic, kind, &data);
        }
        StreamEvent::Watchlist {
            kind, as_of, data, ..
        } => {
            heard(stores, as_of);
            stores.watchlist.hear(kind, *data);
        }
        StreamEvent::Radar { as_of, data, .. } => {
            heard(stores, as_of);
            stores.radar.0.set(Some(*data));
        }
        StreamEvent::Scan { as_of, data, .. } => {
            heard(stores, as_of);
            stores.scanner.hear(stores, *data);
        }
        StreamEvent::Sweep { as_of, data, .. } => {
            heard(stores, as_of);
            stores.sweeps.hear(stores, *data);
        }
        StreamEvent::Alerts {
            kind, as_of, data, ..
        } => {
            heard(stores, as_of);
            stores.relay.tell(kind, &data);
            stores.alerts.hear(stores, kind, *data);
        }
        StreamEvent::Pair {
            topic,
            kind,
            as_of,
            data,
        } => {
            heard(stores, as_of);
            stores.notice.hear(stores, &topic, kind, &data);
            pair::take(stores, &topic, kind, data, as_of);
        }
        StreamEvent::End { .. } => {}
    }
}

/// Every event says what time it is at the server.
fn heard(stores: Stores, as_of: i64) {
    let skew = as_of - clock::now_ms();
    // The way here only ever makes it look smaller, so the greatest is the best; a clock that was set back shows as a large step.
    let known = stores.feed.skew_ms().get_untracked();
    let is_first = stores.feed.last_event().get_untracked().is_none();
    if is_first || skew > known || known - skew > 60_000 {
        stores.feed.skew_ms().set(skew);
    }
    stores.feed.last_event().set(Some(as_of));
}
