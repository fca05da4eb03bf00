//! Live data: heard of once a process, read once a change, sent to every client that follows it.
//!
//! | module | what |
//! | --- | --- |
//! | [`topic`] | what can be followed |
//! | [`position`] | where a client is, as the `id` of its events |
//! | [`pump`] | hears notifications, keeps watermarks, raises the signals of topics |
//! | [`signal`] | what a topic has to catch up with, merged |
//! | [`overview`] | 24-hour volumes of all symbols, read together |
//! | [`ticks`], [`bars`], [`watchlist`], [`alerts`], [`status`] | one task for each topic: reads what changed, tells its clients |
//! | [`window`] | the last bars of a series, as its clients have them |
//! | [`outbox`] | from a topic to its clients: bounded queues |
//! | [`client`] | one client's stream: events with ids, heartbeats, an end with a reason |
//!
//! A topic's task starts when it is first asked for and stays: without clients it holds nothing and
//! reads nothing, and there are only so many topics.

pub(crate) mod alerts;
pub(crate) mod bars;
pub(crate) mod client;
pub(crate) mod outbox;
pub(crate) mod overview;
pub(crate) mod position;
pub(crate) mod pump;
pub(crate) mod signal;
pub(crate) mod status;
pub(crate) mod ticks;
pub(crate) mod topic;
pub(crate) mod watchlist;
pub(crate) mod window;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use api_types::WatchlistData;
use store::{Store, SymbolId, symbols::SymbolInfo};
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{outbox::Outbox, overview::Overviews, position::Position, pump::Pulse, topic::Topic};
use crate::{
    live::{Sessions, Shelf},
    resolve::Directory,
    status::StatusReader,
};

/// Clients that may wait to be admitted to a topic while it reads; more wait before they are queued.
const ADMISSIONS: usize = 1_024;

/// A client that wants to follow a topic.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) outbox: Outbox,
    /// Where it was when its last stream ended: the trade up to which it has the topic's symbol, or the
    /// last alert event, and when it got it.
    pub(crate) resume: Option<Resume>,
}

/// Forgets those who left before they were sent anything, which may be many while the database is away.
fn forget_gone(waiting: &mut Vec<Admission>) {
    waiting.retain(|admission| !admission.outbox.is_gone());
}

/// Where a client was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resume {
    pub(crate) agg_id: i64,
    pub(crate) at_ms: i64,
}

/// A topic together with the symbol that it turned out to name.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedTopic {
    pub(crate) topic: Topic,
    /// `None` for topics that are about no single symbol.
    pub(crate) symbol: Option<SymbolInfo>,
}

impl ResolvedTopic {
    /// The symbol whose trade ids measure how far a client is, if the topic counts.
    pub(crate) fn counts(&self) -> Option<SymbolId> {
        match &self.topic {
            Topic::Bars(..) => self.symbol.as_ref().map(|info| info.symbol_id),
            Topic::Ticks(_) | Topic::Watchlist | Topic::Alerts | Topic::Status => None,
        }
    }
}

/// The topics of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Hub(Arc<Inner>);

/// A name without venue may come to mean another symbol; each meaning has its own task.
type TopicKey = (Topic, Option<SymbolId>);

#[derive(Debug)]
struct Inner {
    store: Store,
    directory: Directory,
    pulse: Arc<Pulse>,
    overviews: Arc<Overviews>,
    status: StatusReader,
    coalesce: Duration,
    topics: Mutex<HashMap<TopicKey, mpsc::Sender<Admission>>>,
    #[allow(
        clippy::allow_attributes,
        dead_code,
        reason = "pair analytics are on their way"
    )]
    shelf: Shelf,
    #[allow(
        clippy::allow_attributes,
        dead_code,
        reason = "pair analytics are on their way"
    )]
    sessions: Sessions,
    asks: mpsc::Sender<watchlist::Ask>,
    /// Taken by the task of the watchlist.
    asked: Mutex<Option<mpsc::Receiver<watchlist::Ask>>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Hub {
    /// A hub that hears of nothing until [`start`](Self::start).
    pub(crate) fn new(
        store: Store,
        directory: Directory,
        status: StatusReader,
        coalesce: Duration,
    ) -> Self {
        let pulse: Arc<Pulse> = Arc::default();
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let shelf = Shelf::new(
            store.clone(),
            pulse.clone(),
            coalesce,
            tasks.clone(),
            shutdown.clone(),
        );
        let sessions = Sessions::new(
            directory.clone(),
            shelf.clone(),
            coalesce,
            tasks.clone(),
            shutdown.clone(),
        );
        let (asks, asked) = mpsc::channel(ADMISSIONS);
        Self(Arc::new(Inner {
            store,
            directory,
            pulse,
            overviews: Arc::default(),
            status,
            coalesce,
            topics: Mutex::default(),
            shelf,
            sessions,
            asks,
            asked: Mutex::new(Some(asked)),
            tasks,
            shutdown,
        }))
    }

    /// Starts to listen to the store.
    pub(crate) fn start(&self) {
        let inner = &self.0;
        let pump = pump::run(
            inner.store.clone(),
            inner.directory.clone(),
            inner.pulse.clone(),
        );
        inner
            .tasks
            .spawn(inner.shutdown.clone().run_until_cancelled_owned(pump));
        let overviews = inner
            .overviews
            .clone()
            .run(inner.store.clone(), inner.pulse.clone());
        inner
            .tasks
            .spawn(inner.shutdown.clone().run_until_cancelled_owned(overviews));
    }

    /// Cancelled when the streams are to end.
    pub(crate) fn ending(&self) -> &CancellationToken {
        &self.0.shutdown
    }

    /// Ends all streams and waits for the topics' tasks.
    pub(crate) async fn stop(&self) {
        self.0.shutdown.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    pub(crate) fn pulse(&self) -> &Pulse {
        &self.0.pulse
    }

    /// Pairs that are followed in this process.
    #[allow(
        clippy::allow_attributes,
        dead_code,
        reason = "pair analytics are on their way"
    )]
    pub(crate) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// Closes that are held in this process.
    #[allow(
        clippy::allow_attributes,
        dead_code,
        reason = "pair analytics are on their way"
    )]
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    /// Makes a client follow these topics from now on, from `position` where that applies.
    pub(crate) async fn follow(
        &self,
        topics: &[ResolvedTopic],
        outbox: &Outbox,
        position: Option<&Position>,
    ) {
        for topic in topics {
            let resume = topic
                .counts()
                .zip(position)
                .and_then(|(symbol_id, position)| {
                    let agg_id = *position.symbols.get(&symbol_id)?;
                    Some(Resume {
                        agg_id,
                        at_ms: position.at_ms,
                    })
                });
            let resume = match (&topic.topic, position) {
                (Topic::Alerts, Some(position)) => position.alert.map(|event_id| Resume {
                    agg_id: event_id,
                    at_ms: position.at_ms,
                }),
                _ => resume,
            };
            // The task ends only with the process, and then so does the client's stream.
            let _ = self
                .task(topic)
                .send(Admission {
                    outbox: outbox.clone(),
                    resume,
                })
                .await;
        }
    }

    /// The watchlist as it is now, at `revision` or a later one; `None` if it cannot be had in time.
    pub(crate) async fn watchlist(&self, revision: i64) -> Option<WatchlistData> {
        self.task(&ResolvedTopic {
            topic: Topic::Watchlist,
            symbol: None,
        });
        let (reply, answer) = oneshot::channel();
        let ask = watchlist::Ask { revision, reply };
        self.0.asks.send(ask).await.ok()?;
        answer.await.ok()
    }

    fn task(&self, resolved: &ResolvedTopic) -> mpsc::Sender<Admission> {
        let inner = &self.0;
        let key = (
            resolved.topic.clone(),
            resolved.symbol.as_ref().map(|info| info.symbol_id),
        );
        let mut topics = inner.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics
            .entry(key)
            .or_insert_with(|| self.spawn(resolved))
            .clone()
    }

    fn spawn(&self, resolved: &ResolvedTopic) -> mpsc::Sender<Admission> {
        let inner = &self.0;
        let (sender, admissions) = mpsc::channel(ADMISSIONS);
        let stop = inner.shutdown.clone();
        let (store, pulse) = (inner.store.clone(), inner.pulse.clone());
        match (&resolved.topic, &resolved.symbol) {
            (Topic::Bars(_, interval), Some(symbol)) => {
                let topic = bars::BarsTopic::new(
                    store,
                    &pulse,
                    resolved.topic.to_string(),
                    symbol.clone(),
                    *interval,
                    inner.coalesce,
                );
                inner
                    .tasks
                    .spawn(stop.run_until_cancelled_owned(topic.run(admissions)));
            }
            (Topic::Ticks(_), Some(symbol)) => {
                let topic = ticks::TicksTopic::new(
                    pulse,
                    inner.overviews.clone(),
                    resolved.topic.to_string(),
                    symbol.clone(),
                    inner.coalesce,
                );
                inner
                    .tasks
                    .spawn(stop.run_until_cancelled_owned(topic.run(admissions)));
            }
            (Topic::Watchlist, _) => {
                let asked = inner
                    .asked
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take()
                    .expect("the task is started once");
                let topic = watchlist::WatchlistTopic::new(store, inner.sessions.clone(), &pulse);
                inner
                    .tasks
                    .spawn(stop.run_until_cancelled_owned(topic.run(admissions, asked)));
            }
            (Topic::Alerts, _) => {
                let topic = alerts::AlertsTopic::new(store, &pulse, inner.coalesce);
                inner
                    .tasks
                    .spawn(stop.run_until_cancelled_owned(topic.run(admissions)));
            }
            (Topic::Status, _) => {
                let topic = status::StatusTopic::new(inner.status.clone(), &pulse);
                inner
                    .tasks
                    .spawn(stop.run_until_cancelled_owned(topic.run(admissions)));
            }
            (Topic::Bars(..) | Topic::Ticks(_), None) => {
                unreachable!("topics about a symbol are resolved with it")
            }
        }
        sender
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_left_before_they_were_admitted_are_forgotten_and_others_wait_on() {
        let (gone, gone_inbox) = outbox::queue();
        let (there, there_inbox) = outbox::queue();
        let mut waiting: Vec<Admission> = [gone, there]
            .map(|outbox| Admission {
                outbox,
                resume: None,
            })
            .into();
        forget_gone(&mut waiting);
        assert_eq!(waiting.len(), 2);
        drop(gone_inbox);
        forget_gone(&mut waiting);
        assert_eq!(waiting.len(), 1);
        drop(there_inbox);
        forget_gone(&mut waiting);
        assert!(waiting.is_empty());
    }
}
