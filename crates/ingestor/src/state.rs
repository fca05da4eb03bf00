//! What the ingestor knows of itself, shared by its tasks and written out by [`crate::status`].

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};

use market::{FeedMode, Venue};
use store::{FeedState, FeedStatus, feed_status::BackfillProgress};
use tokio::sync::watch;

use crate::roster::Roster;

/// No time yet.
const NEVER: i64 = i64::MIN;

/// Most notes that are joined into the message of the status.
const MAX_NOTES: usize = 4;

/// State of the feed.
#[derive(Debug)]
pub(crate) struct FeedShared {
    venue: Venue,
    mode: FeedMode,
    roster: Arc<Roster>,
    /// By number of a connection, whether it is up.
    connections: Mutex<BTreeMap<usize, bool>>,
    lag_ms: AtomicI64,
    /// Greatest exchange time of what is stored; moves only once trades are committed, so that no
    /// bar is called closed whose trades still wait for the database.
    watermark_ms: watch::Sender<Option<i64>>,
    backfill_done: AtomicUsize,
    backfill_total: AtomicUsize,
    stopped: AtomicBool,
    notes: Mutex<BTreeMap<String, String>>,
}

impl FeedShared {
    pub(crate) fn new(venue: Venue, mode: FeedMode, roster: Arc<Roster>) -> Self {
        Self {
            venue,
            mode,
            roster,
            connections: Mutex::default(),
            lag_ms: AtomicI64::new(NEVER),
            watermark_ms: watch::Sender::new(None),
            backfill_done: AtomicUsize::new(0),
            backfill_total: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            notes: Mutex::default(),
        }
    }

    pub(crate) fn venue(&self) -> Venue {
        self.venue
    }

    pub(crate) fn connection_is(&self, connection: usize, up: bool) {
        lock(&self.connections).insert(connection, up);
    }

    /// A connection that is not needed any more is not missed.
    pub(crate) fn connection_ended(&self, connection: usize) {
        lock(&self.connections).remove(&connection);
    }

    pub(crate) fn lag(&self, lag_ms: i64) {
        self.lag_ms.store(lag_ms, Ordering::Relaxed);
    }

    pub(crate) fn stored_up_to(&self, exchange_ms: i64) {
        self.watermark_ms.send_if_modified(|watermark| {
            let later = watermark.is_none_or(|watermark| exchange_ms > watermark);
            if later {
                *watermark = Some(exchange_ms);
            }
            later
        });
    }

    /// Follows the watermark.
    pub(crate) fn watermark(&self) -> watch::Receiver<Option<i64>> {
        self.watermark_ms.subscribe()
    }

    pub(crate) fn backfill_planned(&self, requests: usize) {
        self.backfill_total.fetch_add(requests, Ordering::Relaxed);
    }

    pub(crate) fn backfill_advanced(&self, requests: usize) {
        self.backfill_done.fetch_add(requests, Ordering::Relaxed);
    }

    pub(crate) fn stopped(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Says something to the user until it is taken back.
    pub(crate) fn note(&self, about: impl Into<String>, says: impl Into<String>) {
        lock(&self.notes).insert(about.into(), says.into());
    }

    /// Takes back what was said.
    pub(crate) fn clear_note(&self, about: &str) {
        lock(&self.notes).remove(about);
    }

    pub(crate) fn status(&self) -> FeedStatus {
        let known = |ms: i64| (ms != NEVER).then_some(ms);
        let count = |n: &AtomicUsize| i32::try_from(n.load(Ordering::Relaxed)).unwrap_or(i32::MAX);
        let (done, total) = (count(&self.backfill_done), count(&self.backfill_total));
        let backfill = (done < total).then_some(BackfillProgress { done, total });
        let state = if self.stopped.load(Ordering::Relaxed) {
            FeedState::Stopped
        } else if !self.is_connected() {
            FeedState::Reconnecting
        } else if backfill.is_some() {
            FeedState::Backfilling
        } else {
            FeedState::Connected
        };
        FeedStatus {
            venue: self.venue,
            mode: self.mode,
            state,
            message: self.message(),
            watermark_ms: *self.watermark_ms.borrow(),
            lag_ms: known(self.lag_ms.load(Ordering::Relaxed)),
            last_message_ms: self
                .roster
                .followed()
                .iter()
                .filter_map(|market| Some((market.id()?, market.last_heard_ms()?)))
                .collect(),
            backfill,
        }
    }

    fn is_connected(&self) -> bool {
        let connections = lock(&self.connections);
        !connections.is_empty() && connections.values().all(|up| *up)
    }

    fn message(&self) -> String {
        let notes = lock(&self.notes);
        let mut message = notes
            .values()
            .take(MAX_NOTES)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("; ");
        if notes.len() > MAX_NOTES {
            message.push_str(&format!("; and {} more", notes.len() - MAX_NOTES));
        }
        message
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each of them is whole after every operation, so a panic elsewhere does not spoil it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use store::{SymbolId, SymbolSpec};

    use super::*;

    fn shared() -> FeedShared {
        let roster = Roster::default();
        let specs = ["BTCUSDT", "ETHUSDT"].map(|name| SymbolSpec::named(name.parse().unwrap()));
        roster.follow(specs.to_vec());
        for (market, id) in roster.followed().iter().zip([7, 8]) {
            market.enrolled(SymbolId(id));
        }
        FeedShared::new(Venue::Simulated, FeedMode::Simulated, Arc::new(roster))
    }

    #[test]
    fn the_feed_is_connected_only_when_every_connection_is() {
        let shared = shared();
        assert_eq!(shared.status().state, FeedState::Reconnecting);
        shared.connection_is(0, true);
        shared.connection_is(1, false);
        assert_eq!(shared.status().state, FeedState::Reconnecting);
        shared.connection_ended(1);
        assert_eq!(shared.status().state, FeedState::Connected);
        shared.connection_is(1, true);
        assert_eq!(shared.status().state, FeedState::Connected);
        shared.backfill_planned(3);
        shared.backfill_advanced(1);
        let status = shared.status();
        assert_eq!(status.state, FeedState::Backfilling);
        assert_eq!(
            status.backfill,
            Some(BackfillProgress { done: 1, total: 3 })
        );
        shared.backfill_advanced(2);
        assert_eq!(shared.status().backfill, None);
        shared.stopped();
        assert_eq!(shared.status().state, FeedState::Stopped);
    }

    #[test]
    fn times_never_go_back_and_lag_may_be_negative() {
        let shared = shared();
        assert_eq!(
            (shared.status().watermark_ms, shared.status().lag_ms),
            (None, None)
        );
        shared.stored_up_to(20);
        shared.stored_up_to(10);
        let eth = &shared.roster.followed()[1];
        eth.heard(9);
        eth.heard(5);
        shared.lag(-250);
        let status = shared.status();
        assert_eq!((status.watermark_ms, status.lag_ms), (Some(20), Some(-250)));
        assert_eq!(status.last_message_ms, [(SymbolId(8), 9)]);
    }

    #[test]
    fn the_message_stays_short_however_much_there_is_to_say() {
        let shared = shared();
        assert_eq!(shared.status().message, "");
        for i in 0..6 {
            shared.note(format!("{i}"), format!("note {i}"));
        }
        assert_eq!(
            shared.status().message,
            "note 0; note 1; note 2; note 3; and 2 more"
        );
        shared.clear_note("0");
        assert!(shared.status().message.starts_with("note 1"));
    }
}
