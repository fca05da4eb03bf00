//! The task of a `scan:` or `sweep:` topic: the job is read when one was heard to have changed, and everybody is told who
//! has it otherwise. The newest event says it all.

use std::{sync::Arc, time::Duration};

use api_types::{EventKind, ScanUpdate, StreamEvent, SweepUpdate};
use service::Backoff;
use store::{
    Result, Store, Table,
    jobs::{self, Job},
};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    Admission, forget_gone,
    outbox::{Audience, Message},
    pump::Pulse,
    signal::Signal,
};
use crate::{convert, scans, sweeps};

/// Whether anybody is left is looked at so often.
const LOOK_PAUSE: Duration = Duration::from_secs(10);
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

/// What is told of a job of some kind.
pub(super) trait JobUpdate: Clone + PartialEq + Send + Sync + 'static {
    /// What such jobs are called in the store.
    const KIND: &'static str;

    /// # Errors
    /// Another version has stored what this one cannot read.
    fn of(job: Option<Job>) -> Result<Self>;

    fn event(self, topic: String, kind: EventKind, as_of: i64) -> StreamEvent;
}

impl JobUpdate for ScanUpdate {
    const KIND: &'static str = jobs::scans::KIND;

    fn of(job: Option<Job>) -> Result<Self> {
        let scan = job.map(scans::tell::scan).transpose()?;
        Ok(Self { scan })
    }

    fn event(self, topic: String, kind: EventKind, as_of: i64) -> StreamEvent {
        StreamEvent::Scan {
            topic,
            kind,
            as_of,
            data: Box::new(self),
        }
    }
}

impl JobUpdate for SweepUpdate {
    const KIND: &'static str = sweeps::KIND;

    fn of(job: Option<Job>) -> Result<Self> {
        let sweep = job.map(sweeps::tell::sweep).transpose()?;
        Ok(Self { sweep })
    }

    fn event(self, topic: String, kind: EventKind, as_of: i64) -> StreamEvent {
        StreamEvent::Sweep {
            topic,
            kind,
            as_of,
            data: Box::new(self),
        }
    }
}

pub(super) struct JobTopic<U> {
    store: Store,
    name: Arc<str>,
    id: i64,
    coalesce: Duration,
    changed: Arc<Signal>,
    audience: Audience,
    /// Clients that were admitted and have been sent nothing yet.
    waiting: Vec<Admission>,
    /// What the audience has; `None` without one.
    told: Option<U>,
}

impl<U: JobUpdate> JobTopic<U> {
    pub(super) fn new(
        store: Store,
        pulse: &Pulse,
        name: Arc<str>,
        id: i64,
        coalesce: Duration,
    ) -> Self {
        Self {
            changed: pulse.signal_for_table(Table::Jobs),
            store,
            name,
            id,
            coalesce,
            audience: Audience::default(),
            waiting: Vec::new(),
            told: None,
        }
    }

    /// Goes on until nobody follows and `unused` agrees.
    pub(super) async fn run(
        mut self,
        mut admissions: mpsc::Receiver<Admission>,
        unused: impl Fn(&mpsc::Receiver<Admission>) -> bool,
    ) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        let mut look = interval(LOOK_PAUSE);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is now, and the first client yet to come.
        look.tick().await;
        loop {
            tokio::select! {
                admission = admissions.recv() => match admission {
                    Some(admission) => self.waiting.push(admission),
                    None => return,
                },
                () = self.changed.raised() => {}
                _ = look.tick() => {}
            }
            loop {
                while let Ok(admission) = admissions.try_recv() {
                    self.waiting.push(admission);
                }
                forget_gone(&mut self.waiting);
                if self.audience.is_empty() {
                    self.told = None;
                    if self.waiting.is_empty() {
                        if unused(&admissions) {
                            return;
                        }
                        break;
                    }
                }
                self.changed.take();
                match self.read().await {
                    Ok(now) => {
                        backoff.reset();
                        self.tell(now);
                        // Whatever happens meanwhile is read together.
                        sleep(self.coalesce).await;
                        break;
                    }
                    Err(error) => {
                        tracing::debug!(%error, job = self.id, "a {} could not be read", U::KIND);
                        sleep(backoff.next_delay()).await;
                    }
                }
            }
        }
    }

    async fn read(&self) -> Result<U> {
        U::of(jobs::get(&self.store, U::KIND, self.id).await?)
    }

    fn tell(&mut self, now: U) {
        let message = |kind, update: &U| {
            let (topic, as_of) = (self.name.to_string(), convert::now_ms());
            Message::new(&update.clone().event(topic, kind, as_of))
        };
        if self.told.as_ref().is_some_and(|told| *told != now) {
            self.audience.send(&message(EventKind::Update, &now));
        }
        if !self.waiting.is_empty() {
            let snapshot = message(EventKind::Snapshot, &now);
            for Admission { outbox, .. } in self.waiting.drain(..) {
                if outbox.send(snapshot.clone()) {
                    self.audience.admit(outbox);
                }
            }
        }
        self.told = Some(now);
    }
}
