//! The exchange's kline intervals.

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// 1970-01-05 was a Monday.
const FIRST_MONDAY_MS: i64 = 4 * DAY_MS;

/// How long a kline is, and where klines start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KlineInterval {
    /// Of fixed length, counted from an origin.
    Fixed { length_ms: i64, origin_ms: i64 },
    /// A calendar month.
    Month,
}

impl KlineInterval {
    /// `None` for a name that the exchange does not know.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let minutes = match name {
            "1m" => 1,
            "3m" => 3,
            "5m" => 5,
            "15m" => 15,
            "30m" => 30,
            "1h" => 60,
            "2h" => 120,
            "4h" => 240,
            "6h" => 360,
            "8h" => 480,
            "12h" => 720,
            "1d" => 1_440,
            "3d" => 4_320,
            "1w" => {
                return Some(Self::Fixed {
                    length_ms: 7 * DAY_MS,
                    origin_ms: FIRST_MONDAY_MS,
                });
            }
            "1M" => return Some(Self::Month),
            _ => return None,
        };
        Some(Self::Fixed {
            length_ms: minutes * MINUTE_MS,
            origin_ms: 0,
        })
    }

    /// Start of the kline that holds `time_ms`.
    pub(crate) fn start(self, time_ms: i64) -> i64 {
        match self {
            Self::Fixed {
                length_ms,
                origin_ms,
            } => (time_ms - origin_ms).div_euclid(length_ms) * length_ms + origin_ms,
            Self::Month => {
                let (year, month) = month_of(time_ms.div_euclid(DAY_MS));
                month_start(year * 12 + month)
            }
        }
    }

    /// The start that comes `steps` klines after the start `start_ms` (before it, if negative).
    pub(crate) fn step(self, start_ms: i64, steps: i64) -> i64 {
        match self {
            Self::Fixed { length_ms, .. } => start_ms + steps * length_ms,
            Self::Month => {
                let (year, month) = month_of(start_ms.div_euclid(DAY_MS));
                month_start(year * 12 + month + steps)
            }
        }
    }
}

/// Year and month (from 0) of a day since 1970, in the proleptic Gregorian calendar
/// (H. Hinnant, "chrono-compatible low-level date algorithms").
fn month_of(day: i64) -> (i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = (from_march + 2) % 12;
    (year_of_era + era * 400 + i64::from(month < 2), month)
}

/// Start of the month that is `months` months after the year 0.
fn month_start(months: i64) -> i64 {
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let year = year - i64::from(month < 2);
    let from_march = (month + 10) % 12;
    let of_year = (153 * from_march + 2) / 5;
    let of_era = year.rem_euclid(400) * 365 + year.rem_euclid(400) / 4 - year.rem_euclid(400) / 100
        + of_year;
    (year.div_euclid(400) * 146_097 + of_era - 719_468) * DAY_MS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn weeks_start_on_monday_and_months_on_the_first() {
        // 2026-11-22 11:00 UTC is a Sunday.
        let now = 1_795_345_200_000;
        assert_eq!(
            KlineInterval::parse("1w").unwrap().start(now),
            1_794_787_200_000
        );
        let month = KlineInterval::Month;
        assert_eq!(month.start(now), 1_793_491_200_000);
        assert_eq!(month.step(month.start(now), 1), 1_796_083_200_000);
        assert_eq!(month.step(month.start(now), -9), 1_769_904_000_000);
        assert_eq!(KlineInterval::parse("7m"), None);
    }

    proptest! {
        #[test]
        fn klines_follow_one_another_without_a_hole(time_ms in 0..4_000_000_000_000_i64, name in prop::sample::select(vec!["1m", "3d", "1w", "1M"])) {
            let interval = KlineInterval::parse(name).unwrap();
            let start = interval.start(time_ms);
            let next = interval.step(start, 1);
            prop_assert!(start <= time_ms && time_ms < next);
            prop_assert_eq!(interval.start(next), next);
            prop_assert_eq!(interval.start(next - 1), start);
            prop_assert_eq!(interval.step(next, -1), start);
        }
    }
}
