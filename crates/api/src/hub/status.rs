//! The task of the `status` topic: a feed reports, the status is read once, and everybody is told.

use std::{sync::Arc, time::Duration};

use api_types::{EventKind, FeedState, StatusResponse, StreamEvent};
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
    status::{FEED_STALE_MS, StatusReader},
};

/// Several feeds may report in the same second.
const COALESCE: Duration = Duration::from_millis(250);
const RETRY: Duration = Duration::from_secs(1);

pub(crate) struct StatusTopic {
    reader: StatusReader,
    signal: Arc<Signal>,
    audience: Audience,
    /// Clients that were admitted and have been sent nothing yet.
    waiting: Vec<Admission>,
    next_read: Instant,
    /// When a feed that has not reported by then is stale, which nobody notifies of.
    stale_at: Option<Instant>,
}

impl StatusTopic {
    pub(crate) fn new(reader: StatusReader, pulse: &Pulse) -> Self {
        Self {
            reader,
            signal: pulse.signal_for_feeds(),
            audience: Audience::default(),
            waiting: Vec::new(),
            next_read: Instant::now(),
            stale_at: None,
        }
    }

    pub(crate) async fn run(mut self, mut admissions: mpsc::Receiver<Admission>) {
        loop {
            tokio::select! {
                admission = admissions.recv() => match admission {
                    Some(admission) => self.waiting.push(admission),
                    None => return,
                },
                () = self.signal.raised() => {}
                () = at(self.stale_at) => {}
            }
            forget_gone(&mut self.waiting);
            if self.audience.is_empty() && self.waiting.is_empty() {
                self.stale_at = None;
                continue;
            }
            sleep_until(self.next_read).await;
            while let Ok(admission) = admissions.try_recv() {
                self.waiting.push(admission);
            }
            self.next_read = Instant::now() + COALESCE;
            match self.reader.read().await {
                Ok(status) => self.tell(&status),
                Err(error) => {
                    tracing::debug!(%error, "the status could not be read");
                    self.stale_at = Some(Instant::now() + RETRY);
                }
            }
        }
    }

    fn tell(&mut self, status: &StatusResponse) {
        // From reports that should come: one that is late is told a little after it is due.
        let reporting = status
            .feeds
            .iter()
            .any(|feed| !matches!(feed.state, FeedState::Stopped | FeedState::Stale));
        let due = Duration::from_millis(FEED_STALE_MS.unsigned_abs() + 500);
        self.stale_at = reporting.then(|| Instant::now() + due);
        self.audience.send(&message(EventKind::Update, status));
        if self.waiting.is_empty() {
            return;
        }
        let snapshot = message(EventKind::Snapshot, status);
        for Admission { outbox, .. } in self.waiting.drain(..) {
            if outbox.send(snapshot.clone()) {
                self.audience.admit(outbox);
            }
        }
    }
}

fn message(kind: EventKind, status: &StatusResponse) -> Message {
    Message::new(&StreamEvent::Status {
        topic: "status".to_owned(),
        kind,
        as_of: convert::now_ms(),
        data: Box::new(status.clone()),
    })
}

/// Waits until then; for ever if there is nothing to wait for.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
