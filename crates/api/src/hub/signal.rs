//! What a topic has to catch up with: merged, so that it takes the same room however much there is.

use std::sync::{Mutex, PoisonError};

use store::TradeNotice;
use tokio::sync::Notify;

/// What happened to a symbol since it was last taken.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Pending {
    /// Bars from this time on may have changed.
    pub(crate) min_time_ms: Option<i64>,
    /// The trade with the highest id that was heard of.
    pub(crate) newest: Option<TradeNotice>,
    /// Bars may have changed at any time.
    pub(crate) everything: bool,
}

impl Pending {
    pub(crate) const EVERYTHING: Self = Self {
        min_time_ms: None,
        newest: None,
        everything: true,
    };

    pub(crate) const fn from_time(min_time_ms: i64) -> Self {
        Self {
            min_time_ms: Some(min_time_ms),
            newest: None,
            everything: false,
        }
    }

    pub(crate) const fn of(notice: &TradeNotice) -> Self {
        Self {
            min_time_ms: Some(notice.min_time_ms),
            newest: Some(*notice),
            everything: false,
        }
    }

    fn merge(&mut self, other: Self) {
        self.min_time_ms = match (self.min_time_ms, other.min_time_ms) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if let Some(notice) = other.newest
            && self
                .newest
                .is_none_or(|newest| newest.last_agg_id < notice.last_agg_id)
        {
            self.newest = Some(notice);
        }
        self.everything |= other.everything;
    }
}

/// Carries [`Pending`] from the task that hears of changes to the one that sends them on.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    pending: Mutex<Pending>,
    notify: Notify,
}

impl Signal {
    pub(crate) fn raise(&self, pending: Pending) {
        self.lock().merge(pending);
        self.notify.notify_one();
    }

    /// Waits until something is pending. Cancel-safe.
    pub(crate) async fn raised(&self) {
        self.notify.notified().await;
    }

    /// What is pending, which it stays.
    pub(crate) fn peek(&self) -> Pending {
        *self.lock()
    }

    pub(crate) fn take(&self) -> Pending {
        std::mem::take(&mut self.lock())
    }

    /// Takes what is known of trades; that everything may have changed remains to be taken.
    pub(crate) fn take_trades(&self) -> Pending {
        let mut pending = self.lock();
        let left = Pending {
            everything: pending.everything,
            ..Pending::default()
        };
        Pending {
            everything: false,
            ..std::mem::replace(&mut *pending, left)
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pending> {
        // A merge does not panic, and a `Pending` is whole at any time.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use store::SymbolId;

    use super::*;

    #[test]
    fn signals_merge_to_the_earliest_time_and_the_newest_trade() {
        let notice = |min_time_ms, last_agg_id| TradeNotice {
            symbol_id: SymbolId(1),
            min_time_ms,
            last_agg_id,
            last_time_ms: min_time_ms,
            last_price: 1.0,
        };
        let signal = Signal::default();
        signal.raise(Pending::of(&notice(500, 9)));
        signal.raise(Pending::of(&notice(100, 3)));
        let pending = signal.take();
        assert_eq!(pending.min_time_ms, Some(100));
        assert_eq!(pending.newest, Some(notice(500, 9)));
        assert!(!pending.everything);
        assert_eq!(signal.take(), Pending::default());
    }
}
