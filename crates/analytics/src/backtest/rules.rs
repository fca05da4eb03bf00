//! When a position is taken and left.

use std::num::NonZeroUsize;

use super::trade::{Exit, Side};
use crate::{
    error::{Error, Result},
    parameters::Threshold,
};

/// Levels of |z| and a time: exit < entry < stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    entry: Threshold,
    exit: Threshold,
    stop: Option<Threshold>,
    time_stop_bars: Option<NonZeroUsize>,
}

impl Rules {
    /// A position against the spread is taken at |z| ≥ `entry`, and left when |z| ≤ `exit` or z has changed sign;
    /// given up at |z| ≥ `stop`; and left after `time_stop_bars` bars.
    ///
    /// # Errors
    /// [`Error::BadParameter`] unless exit < entry < stop.
    pub fn new(
        entry: Threshold,
        exit: Threshold,
        stop: Option<Threshold>,
        time_stop_bars: Option<NonZeroUsize>,
    ) -> Result<Self> {
        if exit >= entry {
            return Err(Error::BadParameter {
                name: "exit",
                allowed: "below entry",
            });
        }
        if stop.is_some_and(|stop| stop <= entry) {
            return Err(Error::BadParameter {
                name: "stop",
                allowed: "above entry",
            });
        }
        Ok(Self {
            entry,
            exit,
            stop,
            time_stop_bars,
        })
    }

    /// |z| at which a position is taken.
    #[must_use]
    pub const fn entry(&self) -> Threshold {
        self.entry
    }

    /// |z| at which it is left.
    #[must_use]
    pub const fn exit(&self) -> Threshold {
        self.exit
    }

    /// |z| at which it is given up.
    #[must_use]
    pub const fn stop(&self) -> Option<Threshold> {
        self.stop
    }

    /// Bars after which it is left.
    #[must_use]
    pub const fn time_stop_bars(&self) -> Option<NonZeroUsize> {
        self.time_stop_bars
    }

    /// Whether |z| has come back, so that a position may be taken again after one was given up.
    pub(super) fn rearms(&self, z: f64) -> bool {
        z.abs() < self.exit.get()
    }

    /// Which position to take at `z`. None at or beyond the stop, which would give it up at once.
    pub(super) fn enters(&self, z: f64) -> Option<Side> {
        let size = z.abs();
        let within = self.stop.is_none_or(|stop| size < stop.get());
        (size >= self.entry.get() && within).then(|| Side::against(z))
    }

    /// Why to leave a position on `side` that was held at `bars_held` closes, this one included.
    pub(super) fn leaves(&self, side: Side, z: Option<f64>, bars_held: usize) -> Option<Exit> {
        if let Some(z) = z {
            let crossed = z * side.sign() > 0.0;
            if z.abs() <= self.exit.get() || crossed {
                return Some(Exit::Reverted);
            }
            if self.stop.is_some_and(|stop| z.abs() >= stop.get()) {
                return Some(Exit::Stopped);
            }
        }
        let limit = self.time_stop_bars.map(NonZeroUsize::get);
        limit
            .is_some_and(|limit| bars_held >= limit)
            .then_some(Exit::TimedOut)
    }
}
