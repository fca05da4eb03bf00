//! ISO 8601, as files have it: date, or date and time, with or without an offset.

use chrono::NaiveDate;

use crate::error::shown;

/// A time that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Iso {
    pub(crate) ms: i64,
    pub(crate) naive: bool,
}

/// Why a text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoIso {
    /// Day or month first: nobody knows which.
    Ambiguous,
    TooFine,
    Other,
}

impl NoIso {
    pub(crate) fn say(self, text: &str) -> String {
        let text = shown(text);
        match self {
            Self::Ambiguous => format!(
                "is `{text}`, which is ambiguous: day or month first? Say it with the parameter timeFormat, \
                 for example %d/%m/%Y or %m/%d/%Y %H:%M"
            ),
            Self::TooFine => format!("is `{text}`: finer than a millisecond"),
            Self::Other => format!(
                "is `{text}`, no time: seconds, milliseconds, microseconds or nanoseconds since 1970, \
                 ISO 8601 (2024-08-08T12:30:00Z), or what the parameter timeFormat says"
            ),
        }
    }
}

/// Eight digits that are a date from 1900 to 2199.
pub(super) fn is_compact_date(text: &str) -> bool {
    text.len() == 8 && iso(text).is_ok()
}

/// Reads `2024-08-08`, `20240808`, also with `/` or `.`, and behind ` ` or `T` a time as `12:30`, `12:30:15`
/// or `12:30:15.250`, and behind that `Z`, `UTC`, `+02:00`, `+0200` or `+02`.
pub(crate) fn iso(text: &str) -> Result<Iso, NoIso> {
    if is_day_or_month_first(text) {
        return Err(NoIso::Ambiguous);
    }
    let mut rest = Text(text.as_bytes());
    let year = rest.digits(4).ok_or(NoIso::Other)?;
    let separator = rest.one_of(b"-/.");
    let month = rest.digits(2).ok_or(NoIso::Other)?;
    if separator.is_some() && rest.one_of(b"-/.") != separator {
        return Err(NoIso::Other);
    }
    let day = rest.digits(2).ok_or(NoIso::Other)?;
    if !(1900..2200).contains(&year) {
        return Err(NoIso::Other);
    }
    let date = NaiveDate::from_ymd_opt(year as i32, month, day).ok_or(NoIso::Other)?;
    let midnight_ms = date
        .and_hms_opt(0, 0, 0)
        .ok_or(NoIso::Other)?
        .and_utc()
        .timestamp_millis();
    if rest.0.is_empty() {
        return Ok(Iso {
            ms: midnight_ms,
            naive: true,
        });
    }
    rest.one_of(b"Tt ").ok_or(NoIso::Other)?;
    let clock_ms = clock(&mut rest)?;
    let offset_ms = offset(&mut rest)?;
    Ok(Iso {
        ms: midnight_ms + clock_ms - offset_ms.unwrap_or(0),
        naive: offset_ms.is_none(),
    })
}

fn clock(rest: &mut Text<'_>) -> Result<i64, NoIso> {
    let hour = rest
        .digits(2)
        .filter(|hour| *hour < 24)
        .ok_or(NoIso::Other)?;
    rest.one_of(b":").ok_or(NoIso::Other)?;
    let minute = rest
        .digits(2)
        .filter(|minute| *minute < 60)
        .ok_or(NoIso::Other)?;
    let mut ms = i64::from(hour) * 3_600_000 + i64::from(minute) * 60_000;
    if rest.one_of(b":").is_none() {
        return Ok(ms);
    }
    let second = rest
        .digits(2)
        .filter(|second| *second < 60)
        .ok_or(NoIso::Other)?;
    ms += i64::from(second) * 1_000;
    if rest.one_of(b".,").is_none() {
        return Ok(ms);
    }
    let digits = rest.0.iter().take_while(|b| b.is_ascii_digit()).count();
    let (fraction, behind) = rest.0.split_at(digits);
    if digits == 0 {
        return Err(NoIso::Other);
    }
    rest.0 = behind;
    if fraction.iter().skip(3).any(|digit| *digit != b'0') {
        return Err(NoIso::TooFine);
    }
    let weights = [100, 10, 1];
    Ok(ms
        + fraction
            .iter()
            .zip(weights)
            .map(|(digit, weight)| i64::from(digit - b'0') * weight)
            .sum::<i64>())
}

/// `None` if there is none.
fn offset(rest: &mut Text<'_>) -> Result<Option<i64>, NoIso> {
    let text = rest.0.trim_ascii();
    match text {
        b"" => return Ok(None),
        b"Z" | b"z" | b"UTC" | b"GMT" => return Ok(Some(0)),
        _ => {}
    }
    let mut rest = Text(text);
    let sign = match rest.one_of(b"+-") {
        Some(b'+') => 1,
        Some(_) => -1,
        None => return Err(NoIso::Other),
    };
    let hours = rest
        .digits(2)
        .filter(|hours| *hours < 24)
        .ok_or(NoIso::Other)?;
    rest.one_of(b":");
    let minutes = match rest.0 {
        b"" => 0,
        _ => rest
            .digits(2)
            .filter(|minutes| *minutes < 60)
            .ok_or(NoIso::Other)?,
    };
    if !rest.0.is_empty() {
        return Err(NoIso::Other);
    }
    Ok(Some(
        sign * (i64::from(hours) * 3_600_000 + i64::from(minutes) * 60_000),
    ))
}

/// `8/9/2024`, `08.09.24`: one or two digits, a separator, again.
fn is_day_or_month_first(text: &str) -> bool {
    let mut rest = Text(text.as_bytes());
    for _ in 0..2 {
        let digits = rest.0.iter().take_while(|b| b.is_ascii_digit()).count();
        if !(1..=2).contains(&digits) {
            return false;
        }
        rest.0 = &rest.0[digits..];
        if rest.one_of(b"/.-").is_none() {
            return false;
        }
    }
    rest.0.first().is_some_and(u8::is_ascii_digit)
}

struct Text<'a>(&'a [u8]);

impl Text<'_> {
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut value = 0;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u32::from(digit - b'0');
        }
        self.0 = rest;
        Some(value)
    }

    fn one_of(&mut self, allowed: &[u8]) -> Option<u8> {
        let first = self
            .0
            .first()
            .copied()
            .filter(|byte| allowed.contains(byte))?;
        self.0 = &self.0[1..];
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 1_723_075_200_000;

    #[test]
    fn dates_and_times_are_read_with_and_without_offset() {
        let cases = [
            ("2024-08-08", DAY, true),
            ("2024/08/08", DAY, true),
            ("2024.08.08 00:00", DAY, true),
            ("20240808", DAY, true),
            ("2024-08-08 12:30:15", DAY + 45_015_000, true),
            ("2024-08-08T12:30:15.25", DAY + 45_015_250, true),
            ("2024-08-08T12:30:15.250000000Z", DAY + 45_015_250, false),
            ("2024-08-08 12:30:15 UTC", DAY + 45_015_000, false),
            ("2024-08-08T00:00:00-0430", DAY + 16_200_000, false),
            ("2024-08-08T00:00:00+02", DAY - 7_200_000, false),
            ("1969-12-31T23:59:59.999Z", -1, false),
        ];
        for (text, ms, naive) in cases {
            assert_eq!(iso(text), Ok(Iso { ms, naive }), "{text}");
        }
    }

    #[test]
    fn day_first_and_month_first_cannot_be_told_apart() {
        for text in ["08/09/2024", "8.9.24", "31/12/2024 10:00", "12-31-2024"] {
            assert_eq!(iso(text), Err(NoIso::Ambiguous), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2024",
            "2024-08",
            "2024-13-01",
            "2024-02-30",
            "2024-08/08",
            "2024-08-08T",
            "yesterday",
            "2024-08-08T24:00",
            "2024-08-08T12:60",
            "2024-08-08T12:30:60",
            "2024-08-08T12:30:15.",
            "2024-08-08T12:30+25:00",
            "2024-08-08 noon",
            "2024-08-08T12:30 Europe/Berlin",
            "12:30",
            "2024-08-08T12:30:15.0001",
            "٢٠٢٤-٠٨-٠٨",
        ] {
            assert!(iso(text).is_err(), "{text}");
        }
    }
}
