//! One pair: sums over its look-back, whose closes are on the tapes.

use super::{RadarParams, RadarPoint, RowOfPair, tape, tape::Tape};
use crate::line::Line;
use crate::rolling::Sums;
use crate::walk_forward::{is_precise, line};
use crate::{Baseline, CorrelationOf, RollingCorrelation, RollingZScore, spread};

#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) y: usize,
    pub(super) x: usize,
    lookback: usize,
    /// Rows in the sums.
    rows: usize,
    /// The bucket of the oldest of them, if there is one.
    oldest: usize,
    sums: Sums,
    /// In force at the next row.
    line: Option<Line>,
    z: RollingZScore,
    correlation: RollingCorrelation,
}

impl Pair {
    pub(super) fn new(y: usize, x: usize, params: &RadarParams) -> Self {
        Self {
            y,
            x,
            lookback: params.lookback.get(),
            rows: 0,
            oldest: 0,
            sums: Sums::default(),
            line: None,
            z: RollingZScore::new(params.window, Baseline::Inclusive),
            correlation: RollingCorrelation::new(params.window, CorrelationOf::Returns),
        }
    }

    /// Takes in the bucket that was pushed last; `None` if it is no row of the pair.
    pub(super) fn advance(
        &mut self,
        bucket: usize,
        bucket_ms: i64,
        y: &Tape,
        x: &Tape,
    ) -> Option<RadarPoint> {
        // The next bucket takes the place of the one that is furthest back on the tapes.
        while self.rows > 0 && bucket - self.oldest + 1 >= y.length() {
            self.drop_oldest(bucket, y, x);
            self.line = None;
        }
        let row = tape::row(y.now(), x.now())?;
        let point = self.peek(bucket_ms, row);
        self.z.push(point.spread);
        // The tape holds positive, finite closes.
        let _ = self.correlation.push(row.y, row.x);
        if self.rows == self.lookback {
            self.drop_oldest(bucket, y, x);
        }
        if self.rows == 0 {
            self.oldest = bucket;
        }
        self.rows += 1;
        self.sums.add(row.log_y, row.log_x);
        if !is_precise(&self.sums) {
            self.sums = Sums::of(self.window(bucket, y, x));
        }
        let is_full = self.rows == self.lookback;
        self.line = is_full.then(|| line(&self.sums)).flatten();
        Some(point)
    }

    /// What a row at this bucket gives. O(1).
    pub(super) fn peek(&self, bucket_ms: i64, row: RowOfPair) -> RadarPoint {
        let spread = spread::at(row.log_y, row.log_x, self.line);
        RadarPoint {
            time_ms: Some(bucket_ms),
            beta: self.line.map(|line| line.beta),
            spread,
            z: self.z.peek(spread),
            correlation: self.correlation.peek(row.y, row.x).ok().flatten(),
        }
    }

    /// The rows of the look-back, up to a bucket.
    fn window<'a>(
        &self,
        bucket: usize,
        y: &'a Tape,
        x: &'a Tape,
    ) -> impl Iterator<Item = (f64, f64)> + Clone + use<'a> {
        (self.oldest..=bucket).filter_map(move |bucket| y.logs(x, bucket))
    }

    /// Takes the oldest row out of the sums. There is one, and it is on the tapes.
    fn drop_oldest(&mut self, bucket: usize, y: &Tape, x: &Tape) {
        self.rows -= 1;
        if self.rows == 0 {
            self.sums = Sums::default();
            return;
        }
        if let Some((log_y, log_x)) = y.logs(x, self.oldest) {
            self.sums.remove(log_y, log_x);
        }
        let mut later = self.oldest + 1..bucket;
        if let Some(next) = later.find(|&later| y.logs(x, later).is_some()) {
            self.oldest = next;
        }
    }
}
