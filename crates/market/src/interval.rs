//! The bar lengths that are kept, and bucket arithmetic.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Length of a bar. Buckets are aligned to the Unix epoch, so days are UTC days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Interval {
    /// One second.
    #[serde(rename = "1s")]
    S1,
    /// One minute.
    #[serde(rename = "1m")]
    M1,
    /// Five minutes.
    #[serde(rename = "5m")]
    M5,
    /// A quarter of an hour.
    #[serde(rename = "15m")]
    M15,
    /// One hour.
    #[serde(rename = "1h")]
    H1,
    /// Four hours.
    #[serde(rename = "4h")]
    H4,
    /// One UTC day.
    #[serde(rename = "1d")]
    D1,
}

impl Interval {
    /// All of them, finest first.
    pub const ALL: [Self; 7] = [
        Self::S1,
        Self::M1,
        Self::M5,
        Self::M15,
        Self::H1,
        Self::H4,
        Self::D1,
    ];

    /// The name used by the exchange, in the API and in relation names (`bars_1m`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S1 => "1s",
            Self::M1 => "1m",
            Self::M5 => "5m",
            Self::M15 => "15m",
            Self::H1 => "1h",
            Self::H4 => "4h",
            Self::D1 => "1d",
        }
    }

    /// Length in milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::S1 => 1_000,
            Self::M1 => 60_000,
            Self::M5 => 300_000,
            Self::M15 => 900_000,
            Self::H1 => 3_600_000,
            Self::H4 => 14_400_000,
            Self::D1 => 86_400_000,
        }
    }

    /// Start of the bucket that holds `time_ms`; right for times before 1970 too.
    #[must_use]
    pub const fn bucket_of(self, time_ms: i64) -> i64 {
        time_ms - time_ms.rem_euclid(self.ms())
    }

    /// The next finer interval, from whose bars these bars are made; `None` for the finest.
    #[must_use]
    pub const fn finer(self) -> Option<Self> {
        match self {
            Self::S1 => None,
            Self::M1 => Some(Self::S1),
            Self::M5 => Some(Self::M1),
            Self::M15 => Some(Self::M5),
            Self::H1 => Some(Self::M15),
            Self::H4 => Some(Self::H1),
            Self::D1 => Some(Self::H4),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Interval {
    type Err = UnknownInterval;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|interval| interval.as_str() == name)
            .ok_or_else(|| UnknownInterval(name.to_owned()))
    }
}

/// Not one of the intervals that are kept.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no interval: it is one of 1s, 1m, 5m, 15m, 1h, 4h, 1d")]
pub struct UnknownInterval(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for interval in Interval::ALL {
            assert_eq!(interval.as_str().parse::<Interval>().unwrap(), interval);
        }
        assert!("2m".parse::<Interval>().is_err());
    }

    #[test]
    fn each_interval_is_a_multiple_of_the_next_finer_one() {
        for interval in Interval::ALL {
            if let Some(finer) = interval.finer() {
                assert_eq!(interval.ms() % finer.ms(), 0);
            }
        }
    }

    #[test]
    fn buckets_start_at_or_before_the_time_also_before_1970() {
        assert_eq!(Interval::M1.bucket_of(60_000), 60_000);
        assert_eq!(Interval::M1.bucket_of(119_999), 60_000);
        assert_eq!(Interval::M1.bucket_of(-1), -60_000);
    }
}
