//! Where a rule stands, and when it tells: a pure function of the figures it is given.
//!
//! `normal` → `pending` (the threshold is breached) → `firing` (for long enough, and the cool-down is over) →
//! `recovering` (within the threshold, but not within `exit`) → `normal`. Turning to `firing` tells `fired`;
//! leaving the episode tells `resolved`. A figure that is back at the threshold while `recovering` is `firing` again and
//! tells nothing.

use api_types::{AlertEventKind, AlertState, Hysteresis, Side};

/// By what a rule judges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Levels {
    pub(crate) hysteresis: Hysteresis,
    /// How long a breach must last, ms.
    pub(crate) duration_ms: i64,
    /// No alert so long after the end of the last one, ms.
    pub(crate) cooldown_ms: i64,
}

/// Where a rule stands: all there is to remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: AlertState,
    /// Since when, ms; `None` before the first figure.
    pub(crate) since_ms: Option<i64>,
    /// Side of the breach; `None` exactly while `normal`.
    pub(crate) side: Option<Side>,
    /// When the breach began, while `pending`.
    pub(crate) breach_since_ms: Option<i64>,
    /// No alert before, ms.
    pub(crate) cooldown_until_ms: Option<i64>,
    /// Number of the last episode; 0 before the first.
    pub(crate) episode: i64,
}

/// What a rule is given to judge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    /// The figure.
    Value(f64),
    /// There is none: a breach that was to last is not shown to, and an episode goes on.
    Missing,
    /// The feed is stale: nothing can be said, as of `Missing`.
    Silenced,
}

/// What a rule tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) kind: AlertEventKind,
    pub(crate) episode: i64,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            state: AlertState::Normal,
            since_ms: None,
            side: None,
            breach_since_ms: None,
            cooldown_until_ms: None,
            episode: 0,
        }
    }
}

impl Standing {
    /// Takes in what was read at `time_ms`, which does not go back; what is to be told, in order. A jump from one side
    /// to the other may end an episode and begin the next.
    #[must_use]
    pub(crate) fn step(&mut self, levels: &Levels, time_ms: i64, reading: Reading) -> Vec<Told> {
        let value = match reading {
            Reading::Value(value) if !value.is_nan() => value,
            Reading::Value(_) | Reading::Missing | Reading::Silenced => {
                if self.state == AlertState::Pending {
                    self.enter(AlertState::Normal, time_ms);
                }
                return Vec::new();
            }
        };
        self.since_ms.get_or_insert(time_ms);
        let mut told = Vec::new();
        let breach = levels.hysteresis.breach(value);
        if let (AlertState::Firing | AlertState::Recovering, Some(side)) = (self.state, self.side) {
            if !levels.hysteresis.is_over(side, value) {
                self.enter(
                    if breach == Some(side) {
                        AlertState::Firing
                    } else {
                        AlertState::Recovering
                    },
                    time_ms,
                );
                return told;
            }
            told.extend(self.end(levels, time_ms));
        }
        match breach {
            None => self.enter(AlertState::Normal, time_ms),
            Some(side) => {
                let lasts = self.state == AlertState::Pending && self.side == Some(side);
                if !lasts {
                    // A breach on the other side is another one.
                    self.enter(AlertState::Normal, time_ms);
                    self.enter(AlertState::Pending, time_ms);
                    (self.side, self.breach_since_ms) = (Some(side), Some(time_ms));
                }
                if self.may_fire(levels, time_ms) {
                    self.enter(AlertState::Firing, time_ms);
                    self.breach_since_ms = None;
                    self.episode += 1;
                    told.push(Told {
                        kind: AlertEventKind::Fired,
                        episode: self.episode,
                    });
                }
            }
        }
        told
    }

    /// Ends the episode that lasts, if one does: the figure is back, or the rule is no more what it was.
    #[must_use]
    pub(crate) fn end(&mut self, levels: &Levels, time_ms: i64) -> Option<Told> {
        let lasts = self.is_told();
        self.enter(AlertState::Normal, time_ms);
        lasts.then(|| {
            self.cooldown_until_ms = Some(time_ms.saturating_add(levels.cooldown_ms));
            Told {
                kind: AlertEventKind::Resolved,
                episode: self.episode,
            }
        })
    }

    /// Whether something was told of which the end is still to be told.
    pub(crate) const fn is_told(&self) -> bool {
        matches!(self.state, AlertState::Firing | AlertState::Recovering)
    }

    fn may_fire(&self, levels: &Levels, time_ms: i64) -> bool {
        let lasted = self
            .breach_since_ms
            .is_some_and(|since| time_ms.saturating_sub(since) >= levels.duration_ms);
        lasted && self.cooldown_until_ms.is_none_or(|until| time_ms >= until)
    }

    fn enter(&mut self, state: AlertState, time_ms: i64) {
        if self.state != state {
            (self.state, self.since_ms) = (state, Some(time_ms));
        }
        if state == AlertState::Normal {
            (self.side, self.breach_since_ms) = (None, None);
        }
    }
}

#[cfg(test)]
#[path = "machine/tests.rs"]
mod tests;
