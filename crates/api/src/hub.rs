//! Live data: heard of once a process, read once a change, sent to every client that follows it.
//!
//! | module | what |
//! | --- | --- |
//! | [`topic`], [`subject`] | what can be followed, as it is asked for and with its names looked up |
//! | [`position`] | where a client is, as the `id` of its events |
//! | [`pump`] | hears notifications, keeps watermarks, raises the signals of topics |
//! | [`signal`] | what a topic has to catch up with, merged |
//! | [`overview`] | 24-hour volumes of all symbols, read together |
//! | [`ticks`], [`bars`], [`pair`], [`watchlist`], [`job`], [`radar`], [`alerts`], [`status`] | one task for each topic: reads what changed, tells its clients |
//! | [`window`] | the last bars of a series, as its clients have them |
//! | [`outbox`] | from a topic to its clients: bounded queues |
//! | [`client`] | one client's stream: events with ids, heartbeats, an end with a reason |
//!
//! A topic's task starts when it is first asked for and stays: without clients it holds nothing and
//! reads nothing, and there are only so many topics. Those of a pair and of a job end when nobody follows them: there are
//! any number of pairs and parameters, and of jobs.

pub(crate) mod alerts;
pub(crate) mod bars;
pub(crate) mod client;
mod job;
pub(crate) mod outbox;
pub(crate) mod overview;
mod pair;
pub(crate) mod position;
pub(crate) mod pump;
mod radar;
pub(crate) mod signal;
pub(crate) mod status;
pub(crate) mod subject;
pub(crate) mod ticks;
pub(crate) mod topic;
pub(crate) mod watchlist;
pub(crate) mod window;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::available_parallelism,
    time::Duration,
};

use api_types::{ScanUpdate, SweepUpdate, WatchlistData};
use store::Store;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    alerts::AlertsTopic,
    bars::BarsTopic,
    job::{JobTopic, JobUpdate},
    outbox::Outbox,
    overview::Overviews,
    pair::PairTopic,
    position::Position,
    pump::Pulse,
    radar::RadarTopic,
    status::StatusTopic,
    subject::{Meaning, ResolvedTopic, Subject},
    ticks::TicksTopic,
    topic::Topic,
    watchlist::WatchlistTopic,
};
use crate::{
    live::{Sessions, Shelf},
    problem::ApiError,
    resolve::Directory,
    status::StatusReader,
};

/// Clients that may wait to be admitted to a topic while it reads; more wait before they are queued.
const ADMISSIONS: usize = 1_024;

/// A client that wants to follow a topic.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) outbox: Outbox,
    /// Where it was when its last stream, of the same topics, ended.
    pub(crate) position: Option<Arc<Position>>,
}

/// Forgets those who left before they were sent anything, which may be many while the database is away.
fn forget_gone(waiting: &mut Vec<Admission>) {
    waiting.retain(|admission| !admission.outbox.is_gone());
}

/// The topics of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Hub(Arc<Inner>);

type TopicKey = (Arc<str>, Meaning);

#[derive(Debug)]
struct Inner {
    store: Store,
    directory: Directory,
    pulse: Arc<Pulse>,
    overviews: Arc<Overviews>,
    status: StatusReader,
    coalesce: Duration,
    topics: Mutex<HashMap<TopicKey, mpsc::Sender<Admission>>>,
    shelf: Shelf,
    sessions: Sessions,
    /// A permit for each core that may compute the figures of pairs.
    cores: Arc<Semaphore>,
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
            cores: Arc::new(Semaphore::new(
                available_parallelism().map_or(2, usize::from),
            )),
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

    pub(crate) fn pulse(&self) -> &Arc<Pulse> {
        &self.0.pulse
    }

    /// Pairs that are followed in this process.
    pub(crate) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// Closes that are held in this process.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    /// Looks up what a topic is about.
    ///
    /// # Errors
    /// See [`ResolvedTopic::of`].
    pub(crate) async fn resolve(&self, topic: &Topic) -> Result<ResolvedTopic, ApiError> {
        let inner = &self.0;
        ResolvedTopic::of(topic, &inner.store, &inner.directory, &inner.sessions).await
    }

    /// Makes a client follow these topics from now on, from `position` where that applies.
    pub(crate) async fn follow(
        &self,
        topics: &[ResolvedTopic],
        outbox: &Outbox,
        position: Option<Position>,
    ) {
        let position = position.map(Arc::new);
        for topic in topics {
            let admission = Admission {
                outbox: outbox.clone(),
                position: position.clone(),
            };
            // The task ends only with the process, and then so does the client's stream.
            let _ = self.task(topic).send(admission).await;
        }
    }

    /// The watchlist as it is now, at `revision` or a later one; `None` if it cannot be had in time.
    pub(crate) async fn watchlist(&self, revision: i64) -> Option<WatchlistData> {
        self.task(&ResolvedTopic {
            name: Topic::Watchlist.to_string().into(),
            subject: Subject::Watchlist,
        });
        let (reply, answer) = oneshot::channel();
        let ask = watchlist::Ask { revision, reply };
        self.0.asks.send(ask).await.ok()?;
        answer.await.ok()
    }

    fn task(&self, resolved: &ResolvedTopic) -> mpsc::Sender<Admission> {
        let key = (resolved.name.clone(), resolved.meaning());
        self.topics()
            .entry(key)
            .or_insert_with_key(|key| self.spawn(resolved, key))
            .clone()
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<TopicKey, mpsc::Sender<Admission>>> {
        self.0.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, resolved: &ResolvedTopic, key: &TopicKey) -> mpsc::Sender<Admission> {
        let inner = &self.0;
        let (sender, admissions) = mpsc::channel(ADMISSIONS);
        let (store, pulse) = (inner.store.clone(), inner.pulse.clone());
        let name = resolved.name.clone();
        match &resolved.subject {
            Subject::Ticks(symbol) => {
                let (overviews, symbol) = (inner.overviews.clone(), symbol.clone());
                let topic = TicksTopic::new(pulse, overviews, name, symbol, inner.coalesce);
                self.run(topic.run(admissions));
            }
            Subject::Bars(symbol, interval) => {
                let symbol = symbol.clone();
                let topic = BarsTopic::new(store, &pulse, name, symbol, *interval, inner.coalesce);
                self.run(topic.run(admissions));
            }
            Subject::Pair(spec, follower) => {
                let (spec, follower) = (*spec.clone(), follower.clone());
                let topic = PairTopic::new(name, spec, follower, inner.cores.clone());
                let (hub, key) = (self.clone(), key.clone());
                self.run(topic.run(admissions, move |admissions| {
                    hub.drop_unused(&key, admissions)
                }));
            }
            Subject::Watchlist => {
                let mut asked = inner.asked.lock().unwrap_or_else(PoisonError::into_inner);
                let asked = asked.take().expect("the task is started once");
                let topic = WatchlistTopic::new(store, inner.sessions.clone(), &pulse);
                self.run(topic.run(admissions, asked));
            }
            Subject::Scan(id) => self.run_job::<ScanUpdate>(key, *id, admissions),
            Subject::Sweep(id) => self.run_job::<SweepUpdate>(key, *id, admissions),
            Subject::Radar => self.run(RadarTopic::new(store, pulse).run(admissions)),
            Subject::Alerts => {
                let topic = AlertsTopic::new(store, &pulse, inner.coalesce);
                self.run(topic.run(admissions));
            }
            Subject::Status => {
                let topic = StatusTopic::new(inner.status.clone(), &pulse);
                self.run(topic.run(admissions));
            }
        }
        sender
    }

    fn run_job<U: JobUpdate>(
        &self,
        key: &TopicKey,
        id: i64,
        admissions: mpsc::Receiver<Admission>,
    ) {
        let inner = &self.0;
        let (store, name) = (inner.store.clone(), key.0.clone());
        let topic = JobTopic::<U>::new(store, &inner.pulse, name, id, inner.coalesce);
        let (hub, key) = (self.clone(), key.clone());
        self.run(topic.run(admissions, move |admissions| {
            hub.drop_unused(&key, admissions)
        }));
    }

    fn run(&self, topic: impl Future<Output = ()> + Send + 'static) {
        let stop = self.0.shutdown.clone();
        self.0.tasks.spawn(stop.run_until_cancelled_owned(topic));
    }

    /// Takes a topic out, unless somebody is about to follow it.
    fn drop_unused(&self, key: &TopicKey, admissions: &mpsc::Receiver<Admission>) -> bool {
        let mut topics = self.topics();
        // One sender is here; who has another has just taken it to send with.
        let unused = admissions.is_empty() && admissions.sender_strong_count() == 1;
        if unused {
            topics.remove(key);
        }
        unused
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
                position: None,
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
