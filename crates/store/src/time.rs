//! The one place where milliseconds since the epoch meet `timestamptz`.

use chrono::{DateTime, Utc};
use sqlx::postgres::types::PgInterval;

/// `timestamptz` of a number of milliseconds since the epoch; what lies outside chrono's range
/// (a quarter of a million years) is clamped to its ends.
pub(crate) fn from_ms(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or(if ms < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// Milliseconds since the epoch; what is finer is cut off.
pub(crate) fn to_ms(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// PostgreSQL's binary form: microseconds since 2000-01-01.
pub(crate) const fn to_pg_micros(ms: i64) -> i64 {
    const POSTGRES_EPOCH_MS: i64 = 946_684_800_000;
    (ms - POSTGRES_EPOCH_MS) * 1_000
}

/// A length of time for SQL.
pub(crate) const fn interval(ms: i64) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: ms.saturating_mul(1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_survive_the_way_there_and_back() {
        for ms in [0, -1, 1_786_171_884_471, 946_684_800_000] {
            assert_eq!(to_ms(from_ms(ms)), ms);
        }
        assert_eq!(to_pg_micros(946_684_800_001), 1_000);
    }
}
