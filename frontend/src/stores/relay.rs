//! One page of a browser follows the alerts for all: it tells the others what it hears.

use api_types::{AlertsData, EventKind};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Reader, Stores};
use crate::edge::{
    channel::Channel,
    locks::{self, Lease, Queued},
};

const NAME: &str = "spreadscope.alerts";

/// What the pages tell each other.
#[derive(Serialize, Deserialize)]
struct Message<D> {
    kind: EventKind,
    data: D,
}

/// The page's part in it.
#[derive(Clone, Copy)]
pub(crate) struct Relay {
    /// Whether this page is the one.
    pub(crate) is_leader: RwSignal<bool>,
    inner: StoredValue<Inner, LocalStorage>,
}

#[derive(Default)]
struct Inner {
    channel: Option<Channel>,
    /// Held for as long as the page lives; then the next page in the queue has it.
    lease: Option<Lease>,
    queued: Option<Queued>,
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            is_leader: RwSignal::new(false),
            inner: StoredValue::new_local(Inner::default()),
        }
    }
}

/// Joins the other pages. Without locks each page follows the alerts by itself.
pub(super) fn start(stores: Stores) {
    let relay = stores.relay;
    Effect::new(move |_| {
        // A server that has no rules to read has no topic for them.
        let is_there = stores.alerts.rules.with(Option::is_some);
        let topic = (relay.is_leader.get() && is_there).then(|| "alerts".to_owned());
        stores
            .topics
            .set(Reader::Alerts, topic.into_iter().collect());
    });
    let channel = locks::are_there().then(|| {
        Channel::open(NAME, move |text| {
            if let Ok(message) = serde_json::from_str::<Message<AlertsData>>(text) {
                stores.alerts.hear(stores, message.kind, message.data);
            }
        })
    });
    let Some(channel) = channel.flatten() else {
        relay.is_leader.set(true);
        return;
    };
    relay
        .inner
        .update_value(|inner| inner.channel = Some(channel));
    let queued = locks::wait_for(NAME, move |lease| {
        relay.inner.update_value(|inner| inner.lease = Some(lease));
        relay.is_leader.set(true);
    });
    if queued.is_none() {
        relay.is_leader.set(true);
    }
    relay.inner.update_value(|inner| inner.queued = queued);
}

impl Relay {
    /// Tells the other pages.
    pub(super) fn tell(self, kind: EventKind, data: &AlertsData) {
        let Ok(text) = serde_json::to_string(&Message { kind, data }) else {
            return;
        };
        self.inner.with_value(|inner| {
            if let Some(channel) = &inner.channel {
                channel.send(&text);
            }
        });
    }
}
