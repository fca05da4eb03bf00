//! How far uploads are.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::Relaxed},
};

use api_types::{Upload, UploadPhase};

use crate::convert;

/// The uploads under way at this server. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tracker(Arc<Mutex<Vec<Arc<Progress>>>>);

/// How far one upload is.
#[derive(Debug)]
pub(crate) struct Progress {
    request_id: String,
    started_at: i64,
    expected: Option<i64>,
    phase: AtomicUsize,
    received: AtomicI64,
    checked: AtomicI64,
    stored: AtomicI64,
    given_up: AtomicBool,
}

impl Tracker {
    /// Begins to track an upload, as long as what is returned lives.
    pub(crate) fn begin(&self, request_id: String, expected: Option<u64>) -> Tracked {
        let progress = Arc::new(Progress {
            request_id,
            started_at: convert::now_ms(),
            expected: expected.and_then(|bytes| bytes.try_into().ok()),
            phase: AtomicUsize::new(0),
            received: AtomicI64::new(0),
            checked: AtomicI64::new(0),
            stored: AtomicI64::new(0),
            given_up: AtomicBool::new(false),
        });
        self.lock().push(progress.clone());
        Tracked {
            tracker: self.clone(),
            progress,
        }
    }

    /// The uploads under way, oldest first.
    pub(crate) fn uploads(&self) -> Vec<Upload> {
        self.lock()
            .iter()
            .map(|progress| progress.as_sent())
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Progress>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn as_sent(&self) -> Upload {
        let phase = self.phase.load(Relaxed);
        Upload {
            request_id: self.request_id.clone(),
            started_at: self.started_at,
            phase: UploadPhase::ALL[phase.min(UploadPhase::ALL.len() - 1)],
            bytes_received: self.received.load(Relaxed),
            bytes_expected: self.expected,
            rows_checked: self.checked.load(Relaxed),
            rows_stored: self.stored.load(Relaxed),
        }
    }

    /// So many rows are checked; whether anybody still waits for them.
    pub(crate) fn checked(&self, rows: u64) -> bool {
        self.checked.store(rows.cast_signed(), Relaxed);
        !self.given_up.load(Relaxed)
    }

    pub(crate) fn stored(&self, rows: usize) {
        self.stored.fetch_add(rows as i64, Relaxed);
    }
}

/// An upload that is listed as long as this lives.
#[derive(Debug)]
pub(crate) struct Tracked {
    tracker: Tracker,
    progress: Arc<Progress>,
}

impl Tracked {
    pub(crate) fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }

    pub(crate) fn enter(&self, phase: UploadPhase) {
        let position = UploadPhase::ALL.iter().position(|known| *known == phase);
        self.progress.phase.store(position.unwrap_or(0), Relaxed);
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.progress.received.fetch_add(bytes as i64, Relaxed);
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        // What goes on in the background has nobody to go on for.
        self.progress.given_up.store(true, Relaxed);
        let mut all = self.tracker.lock();
        all.retain(|progress| !Arc::ptr_eq(progress, &self.progress));
    }
}
