//! How far a long computation is, and the way to end it early.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Shared by a computation and whoever watches it: a scan counts pairs.
#[derive(Debug, Default)]
pub struct Progress {
    total: AtomicUsize,
    done: AtomicUsize,
    cancelled: AtomicBool,
}

impl Progress {
    /// Units that are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// Units that there are; 0 before the computation has begun.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    /// Ends the computation: each thread stops after the unit that it is at.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// To be called by the computation when it begins.
    pub fn begin(&self, total: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// To be called by the computation after each unit.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}
