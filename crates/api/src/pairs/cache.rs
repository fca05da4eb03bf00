//! Answers that were computed, for the next one who asks the same of the same bars.
//!
//! An answer is found by its question and by the very rows that it was computed from, compared one by one: it
//! cannot be stale.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

use super::{PairSpec, Rows};

/// Room for answers, bytes: some hundreds of the usual size.
const ROOM: usize = 32 * 1024 * 1024;
/// An answer that takes more than this share of the room is not kept.
const LARGEST_SHARE: usize = 8;

/// The latest answer to each of the questions asked last. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cache(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    answers: HashMap<Arc<PairSpec>, Entry>,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    rows: Arc<Rows>,
    body: Bytes,
    size: usize,
    used: u64,
}

impl Cache {
    /// The answer to `spec` over `rows`, if it is here.
    pub(crate) fn get(&self, spec: &PairSpec, rows: &Rows) -> Option<Bytes> {
        let mut inner = self.inner();
        inner.clock += 1;
        let now = inner.clock;
        let entry = inner.answers.get_mut(spec)?;
        if *entry.rows != *rows {
            return None;
        }
        entry.used = now;
        Some(entry.body.clone())
    }

    /// Keeps an answer, in the place of an older one to the same question; what was not asked for the longest
    /// makes room.
    pub(crate) fn put(&self, spec: Arc<PairSpec>, rows: Arc<Rows>, body: Bytes) {
        let size = body.len() + rows.times_ms.len() * 24;
        if size > ROOM / LARGEST_SHARE {
            return;
        }
        let mut inner = self.inner();
        inner.clock += 1;
        inner.remove(&spec);
        while inner.bytes + size > ROOM {
            let oldest = inner.answers.iter().min_by_key(|(_, entry)| entry.used);
            let Some(oldest) = oldest.map(|(spec, _)| spec.clone()) else {
                break;
            };
            inner.remove(&oldest);
        }
        inner.bytes += size;
        let used = inner.clock;
        let entry = Entry {
            rows,
            body,
            size,
            used,
        };
        inner.answers.insert(spec, entry);
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn remove(&mut self, spec: &PairSpec) {
        if let Some(entry) = self.answers.remove(spec) {
            self.bytes -= entry.size;
        }
    }
}
