//! Exchange time: the host's, or a virtual one that starts where it is told and runs faster.

use std::{
    sync::{Mutex, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Milliseconds since 1970 by the host's clock.
pub(crate) fn host_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

/// The exchange's clock. It never goes back.
#[derive(Debug)]
pub(crate) struct Clock(Mutex<Anchor>);

#[derive(Debug, Clone, Copy)]
struct Anchor {
    at: Instant,
    exchange_ms: f64,
    warp: f64,
    paused: bool,
}

impl Anchor {
    fn now_ms(&self) -> f64 {
        let elapsed_ms = if self.paused {
            0.0
        } else {
            self.at.elapsed().as_secs_f64() * 1_000.0
        };
        self.exchange_ms + elapsed_ms * self.warp
    }
}

impl Clock {
    pub(crate) fn new(start_ms: i64, warp: f64) -> Self {
        Self(Mutex::new(Anchor {
            at: Instant::now(),
            exchange_ms: start_ms as f64,
            warp,
            paused: false,
        }))
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.anchor().now_ms() as i64
    }

    /// Times faster than the host's clock, and whether it stands still.
    pub(crate) fn state(&self) -> (f64, bool) {
        let anchor = self.anchor();
        (anchor.warp, anchor.paused)
    }

    /// Goes on from the present instant at another speed, or stops, or starts again.
    pub(crate) fn set(&self, warp: Option<f64>, paused: Option<bool>) {
        let mut anchor = self.anchor();
        let exchange_ms = anchor.now_ms();
        *anchor = Anchor {
            at: Instant::now(),
            exchange_ms,
            warp: warp.unwrap_or(anchor.warp),
            paused: paused.unwrap_or(anchor.paused),
        };
    }

    fn anchor(&self) -> std::sync::MutexGuard<'_, Anchor> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
