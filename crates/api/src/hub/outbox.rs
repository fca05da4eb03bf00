//! From a topic to its clients: bounded queues, and an end for clients that do not keep up.

use std::sync::Arc;

use api_types::StreamEvent;
use bytes::Bytes;
use store::SymbolId;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_util::sync::CancellationToken;

/// Events that may wait for a client. Topics merge changes and send at most ten times a second each, so
/// this is many seconds' worth.
const QUEUE_EVENTS: usize = 256;

/// An event, as it is shared by all clients of its topic.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The event as JSON.
    pub(crate) json: Bytes,
    /// How far a client is on the topic once it has the event, if the topic counts.
    pub(crate) reached: Option<Reached>,
    /// The last alert event that a client knows of once it has this one, on the topic of alerts.
    pub(crate) reached_alert: Option<i64>,
}

impl Message {
    /// An event of a topic on which the newest event says it all.
    pub(crate) fn new(event: &StreamEvent) -> Self {
        let json = serde_json::to_vec(event).expect("an event is text and numbers");
        Self {
            json: json.into(),
            reached: None,
            reached_alert: None,
        }
    }

    pub(crate) fn reaching(self, reached: Reached) -> Self {
        Self {
            reached: Some(reached),
            ..self
        }
    }

    pub(crate) fn reaching_alert(self, event_id: i64) -> Self {
        Self {
            reached_alert: Some(event_id),
            ..self
        }
    }
}

/// All trades of a symbol up to this one are in what was sent on the topic.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    pub(crate) topic: Arc<str>,
    pub(crate) symbol_id: SymbolId,
    pub(crate) agg_id: i64,
}

/// The sending end of a client's queue; every topic of the client has a clone.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    sender: mpsc::Sender<Message>,
    overrun: CancellationToken,
}

/// The receiving end.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) receiver: mpsc::Receiver<Message>,
    /// Cancelled when the queue was full: an event is lost, so what is queued is worth nothing.
    pub(crate) overrun: CancellationToken,
}

/// A queue for one client.
pub(crate) fn queue() -> (Outbox, Inbox) {
    let (sender, receiver) = mpsc::channel(QUEUE_EVENTS);
    let overrun = CancellationToken::new();
    (
        Outbox {
            sender,
            overrun: overrun.clone(),
        },
        Inbox { receiver, overrun },
    )
}

impl Outbox {
    /// False when the client is gone, or is to go because it is too slow.
    pub(crate) fn send(&self, message: Message) -> bool {
        match self.sender.try_send(message) {
            Ok(()) => !self.overrun.is_cancelled(),
            Err(TrySendError::Full(_)) => {
                self.overrun.cancel();
                false
            }
            Err(TrySendError::Closed(_)) => false,
        }
    }

    /// Whether nothing that is sent reaches the client any more.
    pub(super) fn is_gone(&self) -> bool {
        self.sender.is_closed() || self.overrun.is_cancelled()
    }
}

/// The clients of a topic.
#[derive(Debug, Default)]
pub(crate) struct Audience(Vec<Outbox>);

impl Audience {
    pub(crate) fn admit(&mut self, outbox: Outbox) {
        self.0.push(outbox);
    }

    /// Whether nobody is left to send to.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.0.retain(|outbox| !outbox.is_gone());
        self.0.is_empty()
    }

    pub(crate) fn send(&mut self, message: &Message) {
        self.0.retain(|outbox| outbox.send(message.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            json: Bytes::from_static(b"{}"),
            reached: None,
            reached_alert: None,
        }
    }

    #[test]
    fn a_client_that_does_not_read_is_dropped_and_told_while_others_go_on() {
        let (slow, slow_inbox) = queue();
        let (quick, mut quick_inbox) = queue();
        let mut audience = Audience::default();
        audience.admit(slow);
        audience.admit(quick);
        for _ in 0..=QUEUE_EVENTS {
            audience.send(&message());
            quick_inbox.receiver.try_recv().unwrap();
        }
        assert!(slow_inbox.overrun.is_cancelled());
        assert!(!quick_inbox.overrun.is_cancelled());
        assert!(!audience.is_empty());
        drop(quick_inbox);
        assert!(audience.is_empty());
    }
}
