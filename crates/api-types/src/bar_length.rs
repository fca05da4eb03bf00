//! Lengths of bars beyond the seven that are kept of the live feed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Interval;

/// Length of a bar of any series: a whole number and one of `ms s m h d w`, as `30m`, `2h`, `1w`.
///
/// Each length has one written form, that with the largest unit: `60m` is read and written back as `1h`.
/// Buckets are aligned to the Unix epoch, so days are UTC days; whole weeks begin on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BarLength(i64);

const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;
/// The epoch was a Thursday; the Monday after it.
const FIRST_MONDAY_MS: i64 = 4 * DAY_MS;
const UNITS: [(&str, i64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", DAY_MS),
    ("w", WEEK_MS),
];

impl BarLength {
    /// The longest.
    pub const MAX_MS: i64 = 3_660 * DAY_MS;

    /// `None` unless `ms` is from 1 to [`MAX_MS`](Self::MAX_MS).
    #[must_use]
    pub const fn from_ms(ms: i64) -> Option<Self> {
        if 0 < ms && ms <= Self::MAX_MS {
            Some(Self(ms))
        } else {
            None
        }
    }

    /// Length in milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// The live interval of this length, if there is one.
    #[must_use]
    pub fn as_interval(self) -> Option<Interval> {
        let mut all = Interval::ALL.iter().copied();
        all.find(|interval| interval.ms() == self.0)
    }

    /// Whether bars of this length can be made of bars of `finer`.
    #[must_use]
    pub const fn is_multiple_of(self, finer: Self) -> bool {
        self.0 % finer.0 == 0
    }

    /// Start of the bucket that holds `time_ms`; right for times before 1970 too.
    #[must_use]
    pub const fn bucket_of(self, time_ms: i64) -> i64 {
        time_ms - (time_ms - self.origin_ms()).rem_euclid(self.0)
    }

    /// A moment at which a bucket of this length begins; all others are whole lengths away from it.
    #[must_use]
    pub const fn origin_ms(self) -> i64 {
        if self.0 % WEEK_MS == 0 {
            FIRST_MONDAY_MS
        } else {
            0
        }
    }
}

impl From<Interval> for BarLength {
    fn from(interval: Interval) -> Self {
        Self(interval.ms())
    }
}

impl fmt::Display for BarLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut coarsest_first = UNITS.iter().rev();
        let (unit, ms) = coarsest_first
            .find(|(_, ms)| self.0 % ms == 0)
            .unwrap_or(&UNITS[0]);
        f.pad(&format!("{}{unit}", self.0 / ms))
    }
}

impl FromStr for BarLength {
    type Err = BadBarLength;

    fn from_str(text: &str) -> Result<Self, BadBarLength> {
        let bad = || BadBarLength(text.chars().take(32).collect());
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let (count, unit) = text.split_at(digits);
        let mut units = UNITS.iter();
        let (_, unit_ms) = units.find(|(name, _)| *name == unit).ok_or_else(bad)?;
        let count: i64 = count.parse().map_err(|_| bad())?;
        let ms = count.checked_mul(*unit_ms).ok_or_else(bad)?;
        Self::from_ms(ms).ok_or_else(bad)
    }
}

impl TryFrom<String> for BarLength {
    type Error = BadBarLength;

    fn try_from(text: String) -> Result<Self, BadBarLength> {
        text.parse()
    }
}

impl From<BarLength> for String {
    fn from(length: BarLength) -> Self {
        length.to_string()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for BarLength {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "Length of a bar: a whole number and one of `ms s m h d w`. Buckets are aligned to the Unix \
                 epoch, so days are UTC days; whole weeks begin on Monday.",
            ))
            .pattern(Some("^[0-9]{1,12}(ms|s|m|h|d|w)$"))
            .examples(["30m"])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for BarLength {}

/// No length of a bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadBarLength(String);

impl fmt::Display for BadBarLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no length of a bar: it is a whole number and one of ms s m h d w, for example 30m, 2h \
             or 1w, and ten years at most",
            self.0
        )
    }
}

impl std::error::Error for BadBarLength {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_length_has_one_written_form_and_those_of_the_live_intervals_are_theirs() {
        for &interval in Interval::ALL {
            let length = BarLength::from(interval);
            assert_eq!(length.to_string(), interval.as_str());
            assert_eq!(length.as_interval(), Some(interval));
        }
        for (text, written) in [
            ("60m", "1h"),
            ("90m", "90m"),
            ("24h", "1d"),
            ("7d", "1w"),
            ("1500ms", "1500ms"),
            ("007d", "1w"),
        ] {
            let length: BarLength = text.parse().unwrap();
            assert_eq!(length.to_string(), written);
            assert_eq!(written.parse(), Ok(length));
            let json = serde_json::to_string(&length).unwrap();
            assert_eq!(serde_json::from_str::<BarLength>(&json).unwrap(), length);
        }
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for text in [
            "",
            "m",
            "1",
            "0m",
            "-1m",
            "1.5h",
            "1 m",
            "1M",
            "1y",
            "4000d",
            "99999999999999999999d",
            "9223372036854775807w",
            "١m",
        ] {
            assert!(text.parse::<BarLength>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_begin_at_midnight_utc_and_weeks_on_monday() {
        let length = |text: &str| text.parse::<BarLength>().unwrap();
        // 2024-08-08 was a Thursday.
        let thursday = 1_723_075_200_000;
        assert_eq!(length("1d").bucket_of(thursday + 5), thursday);
        assert_eq!(length("1w").bucket_of(thursday), thursday - 3 * DAY_MS);
        assert_eq!(length("1w").bucket_of(-1), -3 * DAY_MS);
        assert_eq!(length("2h").bucket_of(-1), -7_200_000);
    }
}
