//! How old a number is, and when that is too old.

use api_types::FeedMode;

/// A number of a busy market that is older than this is shown as stale.
const STALE_AFTER_MS: i64 = 10_000;

/// What is known about the moment a price is from; times in ms since the epoch, on the server's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// When the trade was matched, on the exchange's clock.
    pub(crate) matched: Option<i64>,
    /// When the feed last received a message about the symbol.
    pub(crate) received: Option<i64>,
    /// When the server sent the latest change of the price.
    pub(crate) changed: Option<i64>,
}

impl Evidence {
    /// How old the number is at `now`, in ms; `None` before the first trade.
    ///
    /// A replay's trades carry the time at which they were recorded, which may lie years back: only its arrival says whether the number is
    /// old.
    pub(crate) fn age_ms(&self, mode: Option<FeedMode>, now: i64) -> Option<i64> {
        self.matched?;
        let matched = self.matched.filter(|_| mode != Some(FeedMode::Replay));
        let latest = matched.max(self.received).max(self.changed)?;
        Some((now - latest).max(0))
    }
}

/// Whether a number of that age has to look old.
pub(crate) fn is_stale(age_ms: Option<i64>) -> bool {
    age_ms.is_none_or(|age| age > STALE_AFTER_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_sign_of_life_counts() {
        let evidence = Evidence {
            matched: Some(1_000),
            received: Some(4_000),
            changed: None,
        };
        assert_eq!(evidence.age_ms(Some(FeedMode::Live), 5_000), Some(1_000));
    }

    #[test]
    fn the_recorded_time_of_a_replayed_trade_says_nothing() {
        let evidence = Evidence {
            matched: Some(1_000),
            received: None,
            changed: Some(900_000),
        };
        assert_eq!(evidence.age_ms(Some(FeedMode::Replay), 900_500), Some(500));
        let unheard = Evidence {
            changed: None,
            ..evidence
        };
        assert_eq!(unheard.age_ms(Some(FeedMode::Replay), 900_500), None);
    }

    #[test]
    fn a_number_without_an_age_or_with_a_great_one_is_stale() {
        assert!(is_stale(None));
        assert!(is_stale(Some(10_001)));
        assert!(!is_stale(Some(10_000)));
        assert_eq!(Evidence::default().age_ms(None, 5), None);
    }

    #[test]
    fn a_clock_that_runs_ahead_makes_no_negative_age() {
        let evidence = Evidence {
            matched: Some(6_000),
            ..Evidence::default()
        };
        assert_eq!(evidence.age_ms(Some(FeedMode::Live), 5_000), Some(0));
    }
}
