//! From a topic to its clients: bounded queues, and an end for clients that do not keep up.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use api_types::StreamEvent;
use bytes::Bytes;
use store::SymbolId;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_util::sync::CancellationToken;

use crate::live::Mark;

/// Events that may wait for a client. Topics merge changes and send at most ten times a second each, so
/// this is many seconds' worth.
const QUEUE_EVENTS: usize = 256;
/// Bytes of events that may wait for a client, besides one that is larger: some snapshots are megabytes.
const QUEUE_BYTES: usize = 8 * 1024 * 1024;

/// An event, as it is shared by all clients of its topic.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The event as JSON.
    pub(crate) json: Bytes,
    /// How far a client is on the topic once it has the event, if the topic counts.
    pub(crate) reached: Option<Reached>,
}

impl Message {
    /// An event of a topic on which the newest event says it all.
    pub(crate) fn new(event: &StreamEvent) -> Self {
        let json = serde_json::to_vec(event).expect("an event is text and numbers");
        Self {
            json: json.into(),
            reached: None,
        }
    }

    pub(crate) fn reaching(self, reached: Reached) -> Self {
        Self {
            reached: Some(reached),
            ..self
        }
    }
}

/// How far a client is.
#[derive(Debug, Clone)]
pub(crate) enum Reached {
    /// All trades of a symbol up to this one are in what was sent on the topic.
    Trade {
        topic: Arc<str>,
        symbol_id: SymbolId,
        agg_id: i64,
    },
    /// The points of a pair up to this mark were sent on the topic; `None` if there are none.
    Points { topic: Arc<str>, mark: Option<Mark> },
    /// The alert events up to this one were sent.
    Alert(i64),
}

/// The sending end of a client's queue; every topic of the client has a clone.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    sender: mpsc::Sender<Message>,
    /// Bytes of the events that wait.
    waiting: Arc<AtomicUsize>,
    overrun: CancellationToken,
}

/// The receiving end.
#[derive(Debug)]
pub(crate) struct Inbox {
    receiver: mpsc::Receiver<Message>,
    waiting: Arc<AtomicUsize>,
    /// Cancelled when the queue was full: an event is lost, so what is queued is worth nothing.
    overrun: CancellationToken,
}

/// Why no event comes any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dry {
    /// One was lost, because too many waited.
    Overrun,
    /// No topic is left that sends any.
    Closed,
}

impl Inbox {
    /// The next event. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Message, Dry> {
        let message = tokio::select! {
            biased;
            () = self.overrun.cancelled() => return Err(Dry::Overrun),
            message = self.receiver.recv() => message.ok_or(Dry::Closed)?,
        };
        self.waiting
            .fetch_sub(message.json.len(), Ordering::Relaxed);
        Ok(message)
    }
}

/// A queue for one client.
pub(crate) fn queue() -> (Outbox, Inbox) {
    let (sender, receiver) = mpsc::channel(QUEUE_EVENTS);
    let (waiting, overrun) = (Arc::default(), CancellationToken::new());
    let outbox = Outbox {
        sender,
        waiting: Arc::clone(&waiting),
        overrun: overrun.clone(),
    };
    let inbox = Inbox {
        receiver,
        waiting,
        overrun,
    };
    (outbox, inbox)
}

impl Outbox {
    /// False when the client is gone, or is to go because it is too slow.
    pub(crate) fn send(&self, message: Message) -> bool {
        let bytes = message.json.len();
        // Counted first, so that it is never less than nothing.
        let waiting = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        if waiting > 0 && waiting + bytes > QUEUE_BYTES {
            self.overrun.cancel();
            return false;
        }
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
        }
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_dropped_and_told_while_others_go_on() {
        let (slow, slow_inbox) = queue();
        let (quick, mut quick_inbox) = queue();
        let mut audience = Audience::default();
        audience.admit(slow);
        audience.admit(quick);
        for _ in 0..=QUEUE_EVENTS {
            audience.send(&message());
            quick_inbox.next().await.unwrap();
        }
        assert!(slow_inbox.overrun.is_cancelled());
        assert!(!quick_inbox.overrun.is_cancelled());
        assert!(!audience.is_empty());
        drop(quick_inbox);
        assert!(audience.is_empty());
    }
    #[tokio::test]
    async fn large_events_fill_a_queue_before_their_number_does_and_a_single_one_never() {
        let large = Message {
            json: vec![b' '; QUEUE_BYTES + 1].into(),
            reached: None,
        };
        let (outbox, mut inbox) = queue();
        assert!(outbox.send(large.clone()), "whatever its size");
        inbox.next().await.unwrap();
        assert!(outbox.send(message()) && !outbox.send(large));
        assert!(inbox.overrun.is_cancelled());
    }
}
