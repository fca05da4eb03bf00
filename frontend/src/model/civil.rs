//! Dates from milliseconds, in whatever zone the caller has shifted them to.

const DAY_MS: i64 = 86_400_000;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// 1 … 12.
    pub(crate) month: i64,
    /// 1 … 31.
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

impl Civil {
    /// Of milliseconds since the epoch, already shifted by the zone's offset.
    pub(crate) fn of(shifted_ms: i64) -> Self {
        let (days, rest) = (shifted_ms.div_euclid(DAY_MS), shifted_ms.rem_euclid(DAY_MS));
        // Days to a date by counting in eras of 400 years that start in March (Howard Hinnant, "chrono-Compatible Low-Level Date
        // Algorithms").
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        Self {
            year: yoe + era * 400 + i64::from(month <= 2),
            month,
            day: doy - (153 * mp + 2) / 5 + 1,
            hour: rest / 3_600_000,
            minute: rest / 60_000 % 60,
            second: rest / 1_000 % 60,
        }
    }

    /// `14:05:09`.
    pub(crate) fn clock(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }

    /// `2026-11-22T14:05:09Z`, of an unshifted time.
    pub(crate) fn rfc3339(&self) -> String {
        format!("{}Z", self.input())
    }

    /// `22 Nov 2026`.
    pub(crate) fn date(&self) -> String {
        let month = MONTHS[(self.month - 1).clamp(0, 11) as usize];
        format!("{:02} {month} {}", self.day, self.year)
    }

    /// `2026-11-22T14:05:09`, as date fields of a page take it.
    pub(crate) fn input(&self) -> String {
        format!(
            "{:04}-{:02}-{:02}T{}",
            self.year,
            self.month,
            self.day,
            self.clock()
        )
    }

    /// `22 Nov 14:05`, for a small place.
    pub(crate) fn short(&self) -> String {
        let month = MONTHS[(self.month - 1).clamp(0, 11) as usize];
        format!(
            "{:02} {month} {:02}:{:02}",
            self.day, self.hour, self.minute
        )
    }

    /// `22 Nov 14:05:09`: a moment of the last months.
    pub(crate) fn moment(&self) -> String {
        let date = self.date();
        let day = date.get(..6).unwrap_or(&date);
        format!("{day} {}", self.clock())
    }

    /// The start of a bar as precisely as its length asks for.
    pub(crate) fn bar_start(&self, interval_ms: i64) -> String {
        if interval_ms >= DAY_MS {
            self.date()
        } else if interval_ms >= 60_000 {
            format!("{} {:02}:{:02}", self.date(), self.hour, self.minute)
        } else {
            format!("{} {}", self.date(), self.clock())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_hold_before_the_epoch_and_across_leap_days() {
        assert_eq!(Civil::of(0).date(), "01 Jan 1970");
        assert_eq!(Civil::of(-1).date(), "31 Dec 1969");
        assert_eq!(Civil::of(-1).clock(), "23:59:59");
        // date -u -d '2024-02-29 12:34:56' +%s
        let leap = Civil::of(1_709_210_096_000);
        assert_eq!(
            (leap.date(), leap.clock()),
            ("29 Feb 2024".into(), "12:34:56".into())
        );
        assert_eq!(leap.moment(), "29 Feb 12:34:56");
        // date -u -d '2000-12-31' +%s
        assert_eq!(Civil::of(978_220_800_000).date(), "31 Dec 2000");
    }

    #[test]
    fn a_bar_is_named_as_precisely_as_it_is_long() {
        let start = Civil::of(1_709_210_096_000);
        assert_eq!(start.bar_start(1_000), "29 Feb 2024 12:34:56");
        assert_eq!(start.bar_start(60_000), "29 Feb 2024 12:34");
        assert_eq!(start.bar_start(86_400_000), "29 Feb 2024");
        assert_eq!(start.short(), "29 Feb 12:34");
    }
}
