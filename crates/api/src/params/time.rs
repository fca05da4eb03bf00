//! A point in time, as milliseconds since the epoch or as RFC 3339.

use std::{fmt, str::FromStr};

use chrono::DateTime;

/// Milliseconds since the epoch, between 1970 and the end of the year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) i64);

/// Last millisecond of the year 9999.
const LAST_MS: i64 = 253_402_300_799_999;

impl FromStr for Time {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let ms = match text.parse::<i64>() {
            Ok(ms) => ms,
            Err(_) => DateTime::parse_from_rfc3339(text)
                .map_err(|_| BadTime)?
                .timestamp_millis(),
        };
        if (0..=LAST_MS).contains(&ms) {
            Ok(Self(ms))
        } else {
            Err(BadTime)
        }
    }
}

/// No time, or one out of range.
#[derive(Debug)]
pub(crate) struct BadTime;

impl fmt::Display for BadTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "is no time from 1970 to 9999; milliseconds since the epoch (1723075200000) or RFC 3339 \
             (2024-08-08T00:00:00Z; a + must be written %2B) are allowed",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_and_rfc_3339_name_the_same_moment() {
        for text in [
            "1723075200000",
            "2024-08-08T00:00:00Z",
            "2024-08-08T02:00:00.000+02:00",
        ] {
            assert_eq!(
                text.parse::<Time>().unwrap(),
                Time(1_723_075_200_000),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "now",
            "2024-08-08",
            "2024-08-08T00:00:00",
            "-1",
            "1.5",
            "1723075200000000",
            "2024-13-01T00:00:00Z",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }
}
