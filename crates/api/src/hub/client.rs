//! One client's stream: events with ids, heartbeats, and an end with a reason.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use api_types::{EndReason, StreamEvent};
use bytes::{BufMut, Bytes, BytesMut};
use futures::{Stream, stream};
use store::SymbolId;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    outbox::{Dry, Inbox, Message, Reached},
    position::{self, Position},
    subject::ResolvedTopic,
};
use crate::{convert, live::Mark};

/// Proxies close connections that are silent for longer, often a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a browser waits before it comes back, ms.
const RETRY_MS: u32 = 1_000;

/// What a client receives, in wire form.
pub(crate) struct Client {
    inbox: Inbox,
    progress: Progress,
    heartbeat: Interval,
    shutdown: CancellationToken,
    opened: bool,
    ended: bool,
    _permit: OwnedSemaphorePermit,
}

impl Client {
    pub(crate) fn new(
        inbox: Inbox,
        topics: &[ResolvedTopic],
        position: Option<&Position>,
        shutdown: CancellationToken,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        metrics::gauge!("api_streams").increment(1.0);
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            inbox,
            progress: Progress::new(topics, position),
            heartbeat,
            shutdown,
            opened: false,
            ended: false,
            _permit: permit,
        }
    }

    /// The body of the response.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
        stream::unfold(self, |mut client| async move {
            let chunk = client.next().await?;
            Some((Ok(chunk), client))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if !self.opened {
            self.opened = true;
            // The first bytes tell the client that it is connected, before there is an event.
            return Some(Bytes::from(format!("retry: {RETRY_MS}\n\n")));
        }
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => Some(self.end(EndReason::Shutdown)),
            message = self.inbox.next() => match message {
                Ok(message) => {
                    self.heartbeat.reset();
                    Some(self.progress.frame(&message))
                }
                Err(Dry::Overrun) => Some(self.end(EndReason::SlowClient)),
                // All topics have ended, which they do only when the server stops.
                Err(Dry::Closed) => Some(self.end(EndReason::Shutdown)),
            },
            _ = self.heartbeat.tick() => Some(Bytes::from_static(b": \n\n")),
        }
    }

    fn end(&mut self, reason: EndReason) -> Bytes {
        self.ended = true;
        let detail = match reason {
            EndReason::SlowClient => {
                "Events came faster than they were read; come back with the last id."
            }
            EndReason::Shutdown => "The server stops; come back with the last id.",
        };
        let label = match reason {
            EndReason::SlowClient => "slow_client",
            EndReason::Shutdown => "shutdown",
        };
        metrics::counter!("api_streams_ended_total", "reason" => label).increment(1);
        let event = StreamEvent::End {
            as_of: convert::now_ms(),
            reason,
            detail: detail.to_owned(),
        };
        self.progress.frame(&Message::new(&event))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        metrics::gauge!("api_streams").decrement(1.0);
    }
}

/// How far a client is, topic by topic; two topics of one symbol are not always equally far.
struct Progress {
    topics: u32,
    at_ms: i64,
    reached: BTreeMap<Arc<str>, (SymbolId, Option<i64>)>,
    /// By the hash of the topic's name.
    pairs: BTreeMap<u32, Mark>,
    alert: Option<i64>,
}

impl Progress {
    fn new(topics: &[ResolvedTopic], position: Option<&Position>) -> Self {
        let reached = topics.iter().filter_map(|resolved| {
            let symbol_id = resolved.counts()?;
            let agg_id = position.and_then(|position| position.symbols.get(&symbol_id).copied());
            Some((resolved.name.clone(), (symbol_id, agg_id)))
        });
        Self {
            topics: position::fingerprint(topics.iter().map(|resolved| &*resolved.name)),
            at_ms: position.map_or(0, |position| position.at_ms),
            reached: reached.collect(),
            pairs: position.map_or_else(BTreeMap::new, |position| position.pairs.clone()),
            alert: position.and_then(|position| position.alert),
        }
    }

    /// The event in wire form, with the position that is reached once the client has it.
    fn frame(&mut self, message: &Message) -> Bytes {
        match &message.reached {
            None => {}
            Some(Reached::Trade {
                topic,
                symbol_id,
                agg_id,
            }) => {
                self.reached
                    .insert(topic.clone(), (*symbol_id, Some(*agg_id)));
                self.at_ms = convert::now_ms();
            }
            Some(Reached::Points { topic, mark }) => {
                let topic = position::hash(topic);
                match mark {
                    Some(mark) => self.pairs.insert(topic, *mark),
                    None => self.pairs.remove(&topic),
                };
            }
            Some(Reached::Alert(event_id)) => self.alert = Some(*event_id),
        }
        let id = self.position().to_string();
        let mut frame = BytesMut::with_capacity(message.json.len() + id.len() + 16);
        frame.put_slice(b"id: ");
        frame.put_slice(id.as_bytes());
        frame.put_slice(b"\ndata: ");
        frame.put_slice(&message.json);
        frame.put_slice(b"\n\n");
        frame.freeze()
    }

    /// A symbol counts once all its topics have been sent, and as far as the one that is least far.
    fn position(&self) -> Position {
        let mut least: BTreeMap<SymbolId, Option<i64>> = BTreeMap::new();
        for &(symbol_id, agg_id) in self.reached.values() {
            // `None` is less than any number, and so stays.
            least
                .entry(symbol_id)
                .and_modify(|known| *known = agg_id.min(*known))
                .or_insert(agg_id);
        }
        let symbols = least
            .into_iter()
            .filter_map(|(symbol_id, agg_id)| Some((symbol_id, agg_id?)))
            .collect();
        Position {
            topics: self.topics,
            at_ms: self.at_ms,
            symbols,
            pairs: self.pairs.clone(),
            alert: self.alert,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::hub::outbox::queue;

    fn message(topic: &str, agg_id: i64) -> Message {
        Message {
            json: Bytes::from_static(b"{}"),
            reached: None,
        }
        .reaching(Reached::Trade {
            topic: topic.into(),
            symbol_id: SymbolId(3),
            agg_id,
        })
    }

    #[tokio::test]
    async fn a_client_that_is_too_slow_is_told_so_and_its_stream_ends() {
        let (outbox, inbox) = queue();
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let client = Client::new(inbox, &[], None, CancellationToken::new(), permit);
        while outbox.send(Message {
            json: Bytes::from_static(b"{}"),
            reached: None,
        }) {}
        let chunks: Vec<_> = client.into_stream().map(Result::unwrap).collect().await;
        let [opening, end] = &chunks[..] else {
            panic!("{chunks:?}")
        };
        assert_eq!(&opening[..], b"retry: 1000\n\n");
        let text = std::str::from_utf8(end).unwrap();
        assert!(
            text.contains(r#""type":"end""#) && text.contains(r#""reason":"slowClient""#),
            "{text}"
        );
    }

    #[tokio::test]
    async fn a_stream_on_which_nothing_happens_shows_again_and_again_that_it_lives() {
        let (outbox, inbox) = queue();
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let mut client = Client::new(inbox, &[], None, CancellationToken::new(), permit);
        assert_eq!(client.heartbeat.period(), HEARTBEAT);
        client.heartbeat = tokio::time::interval(Duration::from_millis(5));
        let chunks = client.into_stream().map(Result::unwrap).skip(1).take(3);
        // Comments, which are no events to a browser.
        let all: Vec<_> = chunks.collect().await;
        assert!(all.iter().all(|chunk| &chunk[..] == b": \n\n"), "{all:?}");
        drop(outbox);
    }

    #[test]
    fn the_id_is_where_the_slowest_topic_of_a_symbol_is() {
        let mut progress = Progress {
            topics: 0,
            at_ms: 0,
            reached: [
                ("a".into(), (SymbolId(3), None)),
                ("b".into(), (SymbolId(3), None)),
            ]
            .into(),
            pairs: BTreeMap::new(),
            alert: None,
        };
        progress.frame(&message("a", 10));
        assert_eq!(progress.position().symbols, BTreeMap::new());
        progress.frame(&message("b", 7));
        assert_eq!(
            progress.position().symbols,
            BTreeMap::from([(SymbolId(3), 7)])
        );
        let frame = progress.frame(&message("b", 12));
        assert_eq!(
            progress.position().symbols,
            BTreeMap::from([(SymbolId(3), 10)])
        );
        let text = std::str::from_utf8(&frame).unwrap();
        assert!(
            text.starts_with("id: 00000000.") && text.ends_with(".3-10\ndata: {}\n\n"),
            "{text}"
        );
    }
}
