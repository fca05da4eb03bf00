//! The task of the topic `radar`: all pairs looked at once a second while anybody follows, and held a minute longer.

use std::{sync::Arc, time::Duration};

use api_types::{EventKind, RadarData, StreamEvent};
use store::{Result, Store, Table};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    Admission, forget_gone,
    outbox::{Audience, Message},
    pump::Pulse,
    signal::Signal,
};
use crate::{
    convert,
    radar::{Basis, Field, Moved, basis},
};

/// Pairs are looked at so often.
const PACE: Duration = Duration::from_secs(1);
/// After the last client has left, they are held for so long.
const LINGER: Duration = Duration::from_secs(60);
/// Late trades change bars that were taken in; all is read anew no more often than this.
const REREAD_PAUSE: Duration = Duration::from_secs(10);

pub(super) struct RadarTopic {
    store: Store,
    pulse: Arc<Pulse>,
    jobs: Arc<Signal>,
    audience: Audience,
    /// Clients that were admitted and have been sent nothing yet.
    waiting: Vec<Admission>,
    field: Option<Box<Field>>,
    /// The scan that the field goes by.
    scan_id: Option<i64>,
    told: Option<RadarData>,
    used: Instant,
    next_read: Instant,
}

impl RadarTopic {
    pub(super) fn new(store: Store, pulse: Arc<Pulse>) -> Self {
        Self {
            jobs: pulse.signal_for_table(Table::Jobs),
            store,
            pulse,
            audience: Audience::default(),
            waiting: Vec::new(),
            field: None,
            scan_id: None,
            told: None,
            used: Instant::now(),
            next_read: Instant::now(),
        }
    }

    pub(super) async fn run(mut self, mut admissions: mpsc::Receiver<Admission>) {
        let mut next = None;
        let mut scans_changed = false;
        loop {
            tokio::select! {
                admission = admissions.recv() => match admission {
                    Some(admission) => self.waiting.push(admission),
                    None => return,
                },
                () = self.jobs.raised() => {
                    scans_changed = true;
                    continue;
                }
                () = at(next) => {}
            }
            while let Ok(admission) = admissions.try_recv() {
                self.waiting.push(admission);
            }
            forget_gone(&mut self.waiting);
            let now = Instant::now();
            if self.audience.is_empty() && self.waiting.is_empty() {
                self.told = None;
                if self.used + LINGER <= now {
                    self.field = None;
                }
                next = self.field.is_some().then_some(self.used + LINGER);
                continue;
            }
            self.used = now;
            if !self.waiting.is_empty() {
                self.greet();
            }
            if let Err(error) = self.look(std::mem::take(&mut scans_changed)).await {
                tracing::debug!(%error, "the radar could not be read");
                self.field = None;
            }
            next = Some(now + PACE);
        }
    }

    /// What is known already is sent at once, as what is not may take seconds to read.
    fn greet(&mut self) {
        let data = self.told.get_or_insert_with(nothing);
        let message = message(EventKind::Snapshot, data.clone());
        for Admission { outbox, .. } in self.waiting.drain(..) {
            if outbox.send(message.clone()) {
                self.audience.admit(outbox);
            }
        }
    }

    async fn look(&mut self, scans_changed: bool) -> Result<()> {
        let is_due = self.field.is_none() && self.next_read <= Instant::now();
        if is_due || (scans_changed && basis::newest_id(&self.store).await? != self.scan_id) {
            let basis = Basis::read(&self.store).await?;
            self.scan_id = basis.scan.map(|scan| scan.id);
            let read = Field::read(&self.store, &self.pulse, basis).await?;
            if read.is_some() {
                // A feed that is yet to report does so within seconds.
                self.next_read = Instant::now() + REREAD_PAUSE;
            }
            self.field = read.map(Box::new);
        }
        let Some(field) = self.field.take() else {
            return Ok(());
        };
        match field.advance(&self.store, &self.pulse).await? {
            Moved::On(field, data) => {
                self.field = Some(field);
                if self.told.as_ref() != Some(&data) {
                    self.audience
                        .send(&message(EventKind::Update, data.clone()));
                    self.told = Some(data);
                }
            }
            Moved::Void => tracing::debug!("late bars: the radar is read anew"),
        }
        Ok(())
    }
}

/// Before anything is read.
fn nothing() -> RadarData {
    RadarData {
        scan: None,
        ready: false,
        symbols: 0,
        pairs: 0,
        known: 0,
        beyond: 0,
        cointegrated: 0,
        rows: Vec::new(),
    }
}

fn message(kind: EventKind, data: RadarData) -> Message {
    Message::new(&StreamEvent::Radar {
        topic: "radar".to_owned(),
        kind,
        as_of: convert::now_ms(),
        data: Box::new(data),
    })
}

/// Waits until then; for ever if there is nothing to wait for.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
