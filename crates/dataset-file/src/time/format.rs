//! Times by a format that the uploader gives.

use std::{fmt, str::FromStr};

use chrono::{
    DateTime, NaiveDate, NaiveDateTime, NaiveTime,
    format::{Item, StrftimeItems},
};

use crate::error::shown;

/// How times are written, in the letters of strftime: `%d/%m/%Y %H:%M`. Without a time of day midnight is
/// meant, without an offset UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeFormat(String);

/// Longest format.
const MAX_CHARS: usize = 64;

impl TimeFormat {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Milliseconds since the epoch, and whether there was no offset.
    pub(crate) fn read(&self, text: &str) -> Result<(i64, bool), String> {
        let format = &self.0;
        let (time, naive) = if let Ok(time) = DateTime::parse_from_str(text, format) {
            (time.to_utc(), false)
        } else if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            (time.and_utc(), true)
        } else if let Ok(date) = NaiveDate::parse_from_str(text, format) {
            (date.and_time(NaiveTime::MIN).and_utc(), true)
        } else {
            return Err(format!(
                "is `{}`, which is not in the format {format}",
                shown(text)
            ));
        };
        if time.timestamp_subsec_nanos() % 1_000_000 != 0 {
            return Err(format!("is `{}`: finer than a millisecond", shown(text)));
        }
        Ok((time.timestamp_millis(), naive))
    }
}

impl FromStr for TimeFormat {
    type Err = BadFormat;

    fn from_str(text: &str) -> Result<Self, BadFormat> {
        let items = || StrftimeItems::new(text);
        let known = items().all(|item| !matches!(item, Item::Error));
        let dates = items().any(|item| matches!(item, Item::Numeric(..) | Item::Fixed(_)));
        if text.chars().count() > MAX_CHARS || !known || !dates {
            return Err(BadFormat(shown(text)));
        }
        Ok(Self(text.to_owned()))
    }
}

/// No format of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFormat(String);

impl fmt::Display for BadFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no format of times: the letters are those of strftime, for example %d/%m/%Y or \
             %m/%d/%Y %H:%M (in a query string, % is written %25)",
            self.0
        )
    }
}

impl std::error::Error for BadFormat {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_says_what_day_first_means() {
        let read = |format: &str, text: &str| format.parse::<TimeFormat>().unwrap().read(text);
        let first_of_february = 1_706_745_600_000;
        assert_eq!(
            read("%d/%m/%Y", "01/02/2024"),
            Ok((first_of_february, true))
        );
        assert_eq!(read("%m/%d/%Y", "2/1/2024"), Ok((first_of_february, true)));
        assert_eq!(
            read("%d.%m.%Y %H:%M", "01.02.2024 00:00"),
            Ok((first_of_february, true))
        );
        assert_eq!(
            read("%d.%m.%Y %H:%M %z", "01.02.2024 02:00 +0200"),
            Ok((first_of_february, false))
        );
        assert!(
            read("%d/%m/%Y", "01/13/2024")
                .unwrap_err()
                .contains("%d/%m/%Y")
        );
    }

    #[test]
    fn what_is_no_format_is_refused() {
        for text in ["", "dd/mm/yyyy", "%Q", "%", &"%Y".repeat(40)] {
            assert!(text.parse::<TimeFormat>().is_err(), "{text}");
        }
    }
}
