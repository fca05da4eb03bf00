//! Two series of bars brought to common rows.

use crate::error::{Error, Result};

/// Share of filled rows above which people are told: 5 %.
pub const FILLED_SHARE_TO_SHOW: f64 = 0.05;

/// Closes of one instrument: bucket start times in milliseconds, ascending, and one close each.
#[derive(Clone, Copy, Debug)]
pub struct Closes<'a> {
    /// Bucket start times, milliseconds since the Unix epoch, strictly ascending.
    pub times_ms: &'a [i64],
    /// The close of each bucket.
    pub closes: &'a [f64],
}

/// How to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Join {
    /// Length of a bucket in milliseconds.
    pub bucket_ms: i64,
    /// For how many buckets the last close of a leg may stand in for a missing bar; 0 is a plain
    /// inner join.
    pub max_fill: u32,
}

impl Join {
    /// Only buckets in which both legs have a bar.
    #[must_use]
    pub const fn inner(bucket_ms: i64) -> Self {
        Self {
            bucket_ms,
            max_fill: 0,
        }
    }

    /// The rule for one-second bars, in which many seconds have no trade: the last close stands in
    /// for at most 5 buckets.
    #[must_use]
    pub const fn seconds() -> Self {
        Self {
            bucket_ms: 1_000,
            max_fill: 5,
        }
    }
}

/// Common rows of two series, with what became of the rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aligned {
    /// Bucket start times of the rows, ascending.
    pub times_ms: Vec<i64>,
    /// Closes of the dependent leg.
    pub y: Vec<f64>,
    /// Closes of the hedge leg.
    pub x: Vec<f64>,
    /// Rows in which both legs have a bar of their own.
    pub joined: usize,
    /// Rows in which one leg's close is carried forward.
    pub filled: usize,
    /// Buckets in which only one leg has a bar and the other has no close recent enough.
    pub dropped: usize,
}

impl Aligned {
    /// Filled rows as a share of all rows; 0 if there are none.
    #[must_use]
    pub fn filled_share(&self) -> f64 {
        if self.times_ms.is_empty() {
            return 0.0;
        }
        self.filled as f64 / self.times_ms.len() as f64
    }

    /// Whether so many rows are filled (over [`FILLED_SHARE_TO_SHOW`]) that people are to be told.
    #[must_use]
    pub fn is_notably_filled(&self) -> bool {
        self.filled_share() > FILLED_SHARE_TO_SHOW
    }
}

/// Joins two series by bucket time, never by row count.
///
/// A row exists for each bucket in which at least one leg has a bar and the other has one too or one
/// at most `max_fill` buckets old. A bucket in which neither traded is no row: repeating both closes
/// would add zeros to the returns and no information. O(n + m).
///
/// ```
/// use analytics::align::{align, Closes, Join};
/// let y = Closes { times_ms: &[0, 1_000, 2_000], closes: &[10.0, 11.0, 12.0] };
/// let x = Closes { times_ms: &[0, 2_000], closes: &[5.0, 6.0] };
/// let rows = align(y, x, Join::seconds())?;
/// assert_eq!(rows.x, [5.0, 5.0, 6.0]);
/// assert_eq!((rows.joined, rows.filled, rows.dropped), (2, 1, 0));
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// # Errors
/// [`Error::LengthMismatch`] if a leg has not one close per time, [`Error::NonFinite`],
/// [`Error::BadParameter`] if times do not ascend or `bucket_ms` is not positive.
pub fn align(y: Closes<'_>, x: Closes<'_>, join: Join) -> Result<Aligned> {
    if join.bucket_ms <= 0 {
        return Err(Error::BadParameter {
            name: "bucket_ms",
            allowed: "positive",
        });
    }
    y.check("y")?;
    x.check("x")?;
    let mut joiner = Joiner::new(join);
    let mut rows = Aligned::default();
    let (mut i, mut j) = (0, 0);
    loop {
        let (ty, tx) = (y.times_ms.get(i), x.times_ms.get(j));
        let Some(time) = ty.into_iter().chain(tx).min().copied() else {
            return Ok(rows);
        };
        let own_y = (ty == Some(&time)).then(|| y.closes[i]);
        let own_x = (tx == Some(&time)).then(|| x.closes[j]);
        i += usize::from(own_y.is_some());
        j += usize::from(own_x.is_some());
        match joiner.push(time, own_y, own_x) {
            Some(row) => {
                rows.times_ms.push(time);
                rows.y.push(row.y);
                rows.x.push(row.x);
                if row.filled {
                    rows.filled += 1;
                } else {
                    rows.joined += 1;
                }
            }
            None => rows.dropped += 1,
        }
    }
}

impl Closes<'_> {
    pub(crate) fn check(&self, series: &'static str) -> Result<()> {
        if self.times_ms.len() != self.closes.len() {
            return Err(Error::LengthMismatch {
                left: self.times_ms.len(),
                right: self.closes.len(),
            });
        }
        if !self.times_ms.is_sorted_by(|a, b| a < b) {
            return Err(Error::BadParameter {
                name: "times_ms",
                allowed: "strictly ascending",
            });
        }
        Error::check_finite(series, self.closes)
    }
}

/// One row of a join.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JoinedRow {
    /// Close of the dependent leg.
    pub y: f64,
    /// Close of the hedge leg.
    pub x: f64,
    /// Whether one of them is carried forward.
    pub filled: bool,
}

/// [`align`] bucket by bucket, for series that grow. O(1) a bucket.
///
/// ```
/// use analytics::align::{Join, JoinedRow, Joiner};
/// let mut joiner = Joiner::new(Join::seconds());
/// joiner.push(0, Some(10.0), Some(5.0));
/// let row = joiner.push(1_000, Some(11.0), None);
/// assert_eq!(row, Some(JoinedRow { y: 11.0, x: 5.0, filled: true }));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Joiner {
    join: Join,
    y: Option<(i64, f64)>,
    x: Option<(i64, f64)>,
}

impl Joiner {
    /// A join that has seen nothing.
    #[must_use]
    pub const fn new(join: Join) -> Self {
        Self {
            join,
            y: None,
            x: None,
        }
    }

    /// The row of the bucket that starts at `time_ms`, in which these legs have bars of their own; `None` if
    /// it is no row. Buckets come in ascending order, each in which a leg has a bar once.
    pub fn push(&mut self, time_ms: i64, y: Option<f64>, x: Option<f64>) -> Option<JoinedRow> {
        self.y = y.map(|close| (time_ms, close)).or(self.y);
        self.x = x.map(|close| (time_ms, close)).or(self.x);
        Some(JoinedRow {
            y: self.recent(self.y, time_ms)?,
            x: self.recent(self.x, time_ms)?,
            filled: y.is_none() || x.is_none(),
        })
    }

    /// The close if it is recent enough to stand for `time_ms`.
    fn recent(&self, last: Option<(i64, f64)>, time_ms: i64) -> Option<f64> {
        let (last_ms, close) = last?;
        let age_ms = i128::from(time_ms) - i128::from(last_ms);
        let reach_ms = i128::from(self.join.bucket_ms) * i128::from(self.join.max_fill);
        (age_ms <= reach_ms).then_some(close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(times: &[i64]) -> (Vec<i64>, Vec<f64>) {
        let times_ms = times.iter().map(|t| t * 1_000).collect();
        (times_ms, times.iter().map(|&t| t as f64 + 100.0).collect())
    }

    fn joined(y: &[i64], x: &[i64], join: Join) -> Aligned {
        let ((ty, cy), (tx, cx)) = (seconds(y), seconds(x));
        let y = Closes {
            times_ms: &ty,
            closes: &cy,
        };
        let x = Closes {
            times_ms: &tx,
            closes: &cx,
        };
        align(y, x, join).unwrap()
    }

    #[test]
    fn an_inner_join_keeps_common_buckets_and_counts_the_others() {
        let rows = joined(&[1, 2, 4, 5], &[2, 3, 5, 9], Join::inner(1_000));
        assert_eq!(rows.times_ms, [2_000, 5_000]);
        assert_eq!((rows.joined, rows.filled, rows.dropped), (2, 0, 4));
        assert_eq!(rows.y, [102.0, 105.0]);
        assert_eq!(rows.x, rows.y);
    }

    #[test]
    fn a_close_is_carried_for_five_buckets_and_not_for_six() {
        let rows = joined(&[0, 1, 2, 3, 4, 5, 6, 7], &[0], Join::seconds());
        assert_eq!((rows.joined, rows.filled, rows.dropped), (1, 5, 2));
        assert_eq!(rows.x, [100.0; 6]);
        assert!(rows.is_notably_filled());
    }

    #[test]
    fn more_than_one_filled_row_in_twenty_is_notable() {
        let all: Vec<i64> = (0..20).collect();
        for (missing, notable) in [(&[7][..], false), (&[7, 13][..], true)] {
            let x: Vec<i64> = (0..20).filter(|t| !missing.contains(t)).collect();
            let rows = joined(&all, &x, Join::seconds());
            assert_eq!((rows.filled, rows.times_ms.len()), (missing.len(), 20));
            assert_eq!(rows.is_notably_filled(), notable);
        }
    }

    #[test]
    fn nothing_is_carried_backward() {
        let rows = joined(&[3, 4], &[1, 2, 3, 4], Join::seconds());
        assert_eq!(rows.times_ms, [3_000, 4_000]);
        assert_eq!((rows.joined, rows.filled, rows.dropped), (2, 0, 2));
        assert!(!rows.is_notably_filled());
    }

    #[test]
    fn the_age_of_a_close_counts_buckets_of_time_and_not_rows() {
        let rows = joined(&[0, 10], &[0, 1, 10], Join::seconds());
        assert_eq!((rows.joined, rows.filled, rows.dropped), (2, 1, 0));
        let rows = joined(&[0, 10], &[0, 8], Join::seconds());
        assert_eq!((rows.joined, rows.filled, rows.dropped), (1, 1, 1));
    }

    #[test]
    fn empty_legs_and_the_ends_of_time_give_no_rows_and_no_panic() {
        assert_eq!(joined(&[], &[], Join::seconds()), Aligned::default());
        let y = Closes {
            times_ms: &[i64::MIN, i64::MAX],
            closes: &[1.0, 2.0],
        };
        let x = Closes {
            times_ms: &[0],
            closes: &[1.0],
        };
        let join = Join {
            bucket_ms: i64::MAX,
            max_fill: u32::MAX,
        };
        assert_eq!(align(y, x, join).unwrap().filled, 2);
    }

    #[test]
    fn disorder_repeats_and_odd_lengths_are_refused() {
        let good = Closes {
            times_ms: &[0],
            closes: &[1.0],
        };
        for times_ms in [&[1, 0][..], &[1, 1][..]] {
            let bad = Closes {
                times_ms,
                closes: &[1.0, 2.0],
            };
            assert!(align(bad, good, Join::inner(1)).is_err());
            assert!(align(good, bad, Join::inner(1)).is_err());
        }
        let short = Closes {
            times_ms: &[0],
            closes: &[],
        };
        assert!(align(short, good, Join::inner(1)).is_err());
        let hole = Closes {
            times_ms: &[0],
            closes: &[f64::NAN],
        };
        assert!(align(hole, good, Join::inner(1)).is_err());
        assert!(align(good, good, Join::inner(0)).is_err());
    }
}
