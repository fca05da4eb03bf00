//! The closes of one symbol, bucket by bucket, shared by all its pairs.

use super::RowOfPair;
use crate::Lookback;
use crate::align::Join;

/// How many buckets are held for each row of a look-back: pairs in which one leg is seldom traded have fewer rows than
/// buckets. Whose look-back does not fit is not told.
const BUCKETS_A_ROW: usize = 4;

/// The close that stands for a symbol in a bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    close: f64,
    log: f64,
    /// Whether it is of this bucket and not carried forward.
    is_own: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Tape {
    /// By bucket, modulo the length; NaN where no close is recent enough.
    logs: Vec<f64>,
    is_own: Vec<bool>,
    /// The last close with its logarithm and the start of its bucket.
    last: Option<(i64, f64, f64)>,
    now: Option<Standing>,
}

impl Tape {
    pub(super) fn new(lookback: Lookback) -> Self {
        let length = (BUCKETS_A_ROW * lookback.get()).next_power_of_two();
        Self {
            logs: vec![f64::NAN; length],
            is_own: vec![false; length],
            last: None,
            now: None,
        }
    }

    /// Buckets that are held.
    pub(super) const fn length(&self) -> usize {
        self.logs.len()
    }

    const fn place(&self, bucket: usize) -> usize {
        bucket & (self.logs.len() - 1)
    }

    /// What stands for the symbol in a bucket that comes next.
    pub(super) fn peek(&self, bucket_ms: i64, close: Option<f64>, join: Join) -> Option<Standing> {
        if let Some(close) = close {
            return Some(Standing {
                close,
                log: close.ln(),
                is_own: true,
            });
        }
        let (last_ms, close, log) = self.last?;
        let age_ms = i128::from(bucket_ms) - i128::from(last_ms);
        let reach_ms = i128::from(join.bucket_ms) * i128::from(join.max_fill);
        (age_ms <= reach_ms).then_some(Standing {
            close,
            log,
            is_own: false,
        })
    }

    pub(super) fn push(&mut self, bucket: usize, bucket_ms: i64, close: Option<f64>, join: Join) {
        self.now = self.peek(bucket_ms, close, join);
        if let Some(own) = self.now.filter(|now| now.is_own) {
            self.last = Some((bucket_ms, own.close, own.log));
        }
        let place = self.place(bucket);
        self.logs[place] = self.now.map_or(f64::NAN, |now| now.log);
        self.is_own[place] = self.now.is_some_and(|now| now.is_own);
    }

    /// What stands for the symbol in the bucket that was pushed last.
    pub(super) const fn now(&self) -> Option<Standing> {
        self.now
    }

    /// The log closes of a pair in a bucket that is held, if that is a row.
    pub(super) fn logs(&self, x: &Self, bucket: usize) -> Option<(f64, f64)> {
        let place = self.place(bucket);
        let (log_y, log_x) = (self.logs[place], x.logs[place]);
        let is_row = (self.is_own[place] || x.is_own[place]) && !log_y.is_nan() && !log_x.is_nan();
        is_row.then_some((log_y, log_x))
    }
}

/// The row that two symbols make: both have a close, and at least one of its own.
pub(super) fn row(y: Option<Standing>, x: Option<Standing>) -> Option<RowOfPair> {
    let (y, x) = (y?, x?);
    (y.is_own || x.is_own).then_some(RowOfPair {
        log_y: y.log,
        log_x: x.log,
        y: y.close,
        x: x.close,
    })
}
