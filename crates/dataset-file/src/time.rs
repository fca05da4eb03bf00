//! Times of a file: numbers since the epoch, ISO 8601, or by a format.

mod format;
mod iso;

use api_types::TimeUnit;

pub use format::TimeFormat;
pub(crate) use iso::{Iso, iso};

/// From 1900 to the end of 2199.
const RANGE_MS: std::ops::Range<i64> = -2_208_988_800_000..7_258_118_400_000;

/// How the times of a file are read.
#[derive(Debug, Clone)]
pub(crate) enum Clock {
    /// Numbers of this unit; whether that was given rather than inferred.
    Number {
        unit: TimeUnit,
        given: bool,
    },
    Iso,
    Format(TimeFormat),
}

/// A time that was read; whether it was without an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) ms: i64,
    pub(crate) naive: bool,
}

impl Clock {
    /// How `first`, the first time of a file, and so all others are written.
    pub(crate) fn infer(first: &str, format: Option<&TimeFormat>, unit: Option<TimeUnit>) -> Self {
        if let Some(format) = format {
            return Self::Format(format.clone());
        }
        match unit {
            Some(TimeUnit::Iso) => return Self::Iso,
            Some(unit) => return Self::Number { unit, given: true },
            None => {}
        }
        match number(first.trim()) {
            // Eight digits that are a date are no second of 1970.
            Some(_) if iso::is_compact_date(first.trim()) => Self::Iso,
            Some((whole, _)) => Self::Number {
                unit: unit_of(whole),
                given: false,
            },
            None => Self::Iso,
        }
    }

    pub(crate) fn unit(&self) -> TimeUnit {
        match self {
            Self::Number { unit, .. } => *unit,
            Self::Iso => TimeUnit::Iso,
            Self::Format(_) => TimeUnit::Format,
        }
    }

    /// # Errors
    /// With what is wrong with the text, and what would be right.
    pub(crate) fn read(&self, text: &str) -> Result<Moment, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("is empty; every row needs a time".to_owned());
        }
        match self {
            Self::Number { .. } => self.number(text),
            Self::Iso => match iso(text) {
                Ok(Iso { ms, naive }) => in_range(ms).map(|ms| Moment { ms, naive }),
                Err(problem) => Err(problem.say(text)),
            },
            Self::Format(format) => {
                let (ms, naive) = format.read(text)?;
                in_range(ms).map(|ms| Moment { ms, naive })
            }
        }
    }

    /// A time that is a whole number.
    pub(crate) fn whole(&self, value: i64) -> Result<i64, String> {
        let Self::Number { unit, given } = self else {
            return Err("is a number; the times before it are dates".to_owned());
        };
        if !given && unit_of(value) != *unit && value != 0 {
            return Err(format!(
                "is `{value}`, which looks like {} while the file began with {}; one file has one unit, \
                 and the parameter timeUnit (s, ms, us, ns) says which",
                words(unit_of(value)),
                words(*unit)
            ));
        }
        let finer = || format!("is `{value}` {}: finer than a millisecond", words(*unit));
        let ms = match unit {
            TimeUnit::Seconds => value.checked_mul(1_000).unwrap_or(i64::MAX),
            TimeUnit::Microseconds if value % 1_000 != 0 => return Err(finer()),
            TimeUnit::Nanoseconds if value % 1_000_000 != 0 => return Err(finer()),
            TimeUnit::Microseconds => value / 1_000,
            TimeUnit::Nanoseconds => value / 1_000_000,
            _ => value,
        };
        in_range(ms)
    }

    fn number(&self, text: &str) -> Result<Moment, String> {
        let Some((whole, fraction)) = number(text) else {
            return Err(format!(
                "is `{}`, no whole number of {}",
                crate::error::shown(text),
                words(self.unit())
            ));
        };
        let ms = self.whole(whole)?;
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            return Ok(Moment { ms, naive: false });
        }
        if self.unit() != TimeUnit::Seconds || fraction.len() > 3 || whole < 0 {
            return Err(format!(
                "is `{}`: finer than a millisecond",
                crate::error::shown(text)
            ));
        }
        let padded: i64 = format!("{fraction:0<3}").parse().unwrap_or(0);
        in_range(ms + padded).map(|ms| Moment { ms, naive: false })
    }
}

/// Digits, and the digits behind a point.
fn number(text: &str) -> Option<(i64, &str)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    if unsigned.is_empty() || !digits(unsigned) || !digits(fraction) {
        return None;
    }
    Some((whole.parse().ok()?, fraction))
}

/// Seconds reach 10¹¹ in the year 5138, milliseconds did in 1973; and so on.
const fn unit_of(value: i64) -> TimeUnit {
    let size = value.unsigned_abs();
    if size < 100_000_000_000 {
        TimeUnit::Seconds
    } else if size < 100_000_000_000_000 {
        TimeUnit::Milliseconds
    } else if size < 100_000_000_000_000_000 {
        TimeUnit::Microseconds
    } else {
        TimeUnit::Nanoseconds
    }
}

const fn words(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Seconds => "seconds since 1970",
        TimeUnit::Milliseconds => "milliseconds since 1970",
        TimeUnit::Microseconds => "microseconds since 1970",
        TimeUnit::Nanoseconds => "nanoseconds since 1970",
        TimeUnit::Iso | TimeUnit::Format => "units since 1970",
    }
}

fn in_range(ms: i64) -> Result<i64, String> {
    if RANGE_MS.contains(&ms) {
        Ok(ms)
    } else {
        Err("is no time from 1900 to 2199; if the unit was taken for another, the parameter timeUnit \
             (s, ms, us, ns) says which it is"
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(first: &str) -> Result<i64, String> {
        let clock = Clock::infer(first, None, None);
        clock.read(first).map(|moment| moment.ms)
    }

    #[test]
    fn one_moment_in_every_unit() {
        for text in [
            "1723075200",
            "1723075200.0",
            "1723075200000",
            "1723075200000000",
            "1723075200000000000",
            "2024-08-08",
            "20240808",
            "2024-08-08T00:00:00Z",
            "2024-08-08 02:00+02:00",
        ] {
            assert_eq!(ms(text), Ok(1_723_075_200_000), "{text}");
        }
        assert_eq!(ms("1723075200.25"), Ok(1_723_075_200_250));
        assert_eq!(ms("0"), Ok(0));
        assert_eq!(ms("-86400"), Ok(-86_400_000));
    }

    #[test]
    fn what_milliseconds_cannot_hold_or_no_market_saw_is_refused() {
        for text in [
            "1723075200.2504",
            "1723075200000001",
            "1723075200000000001",
            "99999999999",
            "9223372036854775807",
            "99999999999999999999",
            "1.7e9",
            "1,723",
        ] {
            assert!(ms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_has_one_unit_unless_it_is_said() {
        let inferred = Clock::infer("1723075200000", None, None);
        let error = inferred.read("1723075260").unwrap_err();
        assert!(error.contains("timeUnit"), "{error}");
        let given = Clock::infer("1", None, Some(TimeUnit::Milliseconds));
        assert_eq!(given.read("60000").map(|moment| moment.ms), Ok(60_000));
    }
}
