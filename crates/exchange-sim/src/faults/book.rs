//! The faults that are in force.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;

use super::spec::FaultSpec;

/// Faults remembered, spent ones included; the oldest spent ones go first.
const MOST: usize = 1_000;

/// All faults asked for, and how often each has struck.
#[derive(Debug, Default)]
pub(crate) struct Book {
    next_id: AtomicU64,
    entries: Mutex<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    spec: FaultSpec,
    from: Instant,
    until: Option<Instant>,
    left: Option<u64>,
    hits: u64,
}

/// An entry as the administration shows it.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    id: u64,
    #[serde(flatten)]
    spec: FaultSpec,
    /// How often it has struck.
    hits: u64,
    /// Whether it may strike again.
    active: bool,
}

impl Entry {
    fn active(&self, now: Instant) -> bool {
        self.left != Some(0) && self.until.is_none_or(|until| now < until)
    }
}

impl Book {
    /// Adds a fault and returns its number, or `None` when there are too many that are not spent.
    pub(crate) fn add(&self, spec: FaultSpec) -> Option<u64> {
        let now = Instant::now();
        let mut entries = self.lock();
        if entries.len() >= MOST {
            let spent = entries.iter().position(|entry| !entry.active(now))?;
            entries.remove(spent);
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed) + 1;
        let from = now + Duration::from_millis(spec.after_ms.unwrap_or(0));
        let until = spec.duration_ms.map(|ms| from + Duration::from_millis(ms));
        entries.push(Entry {
            id,
            from,
            until,
            left: spec.times(),
            hits: 0,
            spec,
        });
        Some(id)
    }

    /// Ends one fault, or all of them; says how many there were.
    pub(crate) fn remove(&self, id: Option<u64>) -> usize {
        let mut entries = self.lock();
        let before = entries.len();
        entries.retain(|entry| id.is_some_and(|id| entry.id != id));
        before - entries.len()
    }

    pub(crate) fn shown(&self) -> Vec<Shown> {
        let now = Instant::now();
        let entries = self.lock();
        let show = |entry: &Entry| Shown {
            id: entry.id,
            spec: entry.spec.clone(),
            hits: entry.hits,
            active: entry.active(now),
        };
        entries.iter().map(show).collect()
    }

    /// The first fault in force that `applies`, counted as struck.
    pub(crate) fn strike(&self, applies: impl Fn(&FaultSpec) -> bool) -> Option<FaultSpec> {
        let mut entries = self.lock();
        let now = Instant::now();
        let entry = entries
            .iter_mut()
            .find(|entry| entry.active(now) && now >= entry.from && applies(&entry.spec))?;
        entry.hits += 1;
        entry.left = entry.left.map(|left| left - 1);
        if entry.spec.kind.is_of_connection() {
            entry.from = now + Duration::from_millis(entry.spec.delay_ms.unwrap_or(1_000));
        }
        Some(entry.spec.clone())
    }

    /// Whether any fault could strike that `applies`: asked before looking at each trade.
    pub(crate) fn any(&self, applies: impl Fn(&FaultSpec) -> bool) -> bool {
        let entries = self.lock();
        let now = Instant::now();
        entries
            .iter()
            .any(|entry| entry.active(now) && now >= entry.from && applies(&entry.spec))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::FaultKind;

    #[test]
    fn a_fault_strikes_as_often_as_asked_and_is_remembered() {
        let book = Book::default();
        book.add(FaultSpec {
            count: Some(2),
            ..FaultSpec::new(FaultKind::Skip)
        });
        let skips = || book.strike(|spec| spec.kind == FaultKind::Skip).is_some();
        assert_eq!([skips(), skips(), skips()], [true, true, false]);
        let shown = book.shown();
        assert!(shown[0].hits == 2 && !shown[0].active);
    }

    #[test]
    fn a_fault_waits_for_its_time_and_can_be_ended() {
        let book = Book::default();
        book.add(FaultSpec {
            after_ms: Some(3_600_000),
            ..FaultSpec::new(FaultKind::Silent)
        });
        assert!(book.strike(|_| true).is_none());
        let id = book.add(FaultSpec::new(FaultKind::Silent));
        assert!(book.strike(|_| true).is_some() && book.strike(|_| true).is_some());
        assert_eq!(book.remove(id), 1);
        assert!(book.strike(|_| true).is_none());
    }

    #[test]
    fn spent_faults_make_room_for_new_ones() {
        let book = Book::default();
        for _ in 0..MOST {
            book.add(FaultSpec::new(FaultKind::Skip)).unwrap();
        }
        assert_eq!(book.add(FaultSpec::new(FaultKind::Skip)), None);
        assert!(book.strike(|_| true).is_some());
        assert!(book.add(FaultSpec::new(FaultKind::Skip)).is_some());
    }
}
