//! From rows to bars of a length.

use super::DatasetBar;

/// Length of a bar, and a moment at which one begins; all others begin whole lengths away from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketLength {
    /// Length in milliseconds; positive.
    pub ms: i64,
    /// A start, ms since the epoch.
    pub origin_ms: i64,
}

impl BucketLength {
    pub(super) const fn bucket_of(self, time_ms: i64) -> i64 {
        time_ms - time_ms.wrapping_sub(self.origin_ms).rem_euclid(self.ms)
    }

    /// The first start at or after a time.
    pub(super) const fn at_or_after(self, time_ms: i64) -> i64 {
        let behind = time_ms.wrapping_sub(self.origin_ms).rem_euclid(self.ms);
        if behind == 0 {
            time_ms
        } else {
            time_ms.saturating_add(self.ms - behind)
        }
    }
}

/// Puts rows that come in ascending order of time together to bars: first open, highest high, lowest low, last
/// close, sum of volumes. A figure that a row lacks its bar lacks too.
#[derive(Debug)]
pub struct Resampler {
    length: BucketLength,
    bars: Vec<DatasetBar>,
}

impl Resampler {
    /// Without a bar yet.
    #[must_use]
    pub const fn new(length: BucketLength) -> Self {
        Self {
            length,
            bars: Vec::new(),
        }
    }

    /// Adds the next row.
    pub fn push(&mut self, row: &DatasetBar) {
        let time_ms = self.length.bucket_of(row.time_ms);
        match self.bars.last_mut() {
            Some(bar) if bar.time_ms == time_ms => {
                let both = |a: Option<f64>, b: Option<f64>, join: fn(f64, f64) -> f64| {
                    a.zip(b).map(|(a, b)| join(a, b))
                };
                bar.high = both(bar.high, row.high, f64::max);
                bar.low = both(bar.low, row.low, f64::min);
                bar.close = row.close;
                bar.volume = both(bar.volume, row.volume, |a, b| a + b);
            }
            _ => self.bars.push(DatasetBar { time_ms, ..*row }),
        }
    }

    /// How many bars have begun.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bars.len()
    }

    /// Whether no row has come.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    /// The bars, ascending; more rows might have changed the last one.
    #[must_use]
    pub fn into_bars(self) -> Vec<DatasetBar> {
        self.bars
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(time_ms: i64, open: f64, high: f64, low: f64, close: f64) -> DatasetBar {
        DatasetBar {
            time_ms,
            open: Some(open),
            high: Some(high),
            low: Some(low),
            close,
            volume: Some(2.0),
        }
    }

    const TEN: BucketLength = BucketLength {
        ms: 10,
        origin_ms: 3,
    };

    #[test]
    fn rows_of_a_bucket_make_one_bar() {
        let mut bars = Resampler::new(TEN);
        bars.push(&row(-2, 1.0, 2.0, 0.5, 1.5));
        bars.push(&row(3, 5.0, 6.0, 4.0, 5.5));
        bars.push(&row(12, 5.5, 9.0, 3.0, 7.0));
        bars.push(&DatasetBar {
            high: None,
            ..row(13, 7.0, 0.0, 7.0, 7.0)
        });
        let mut merged = row(3, 5.0, 9.0, 3.0, 7.0);
        merged.volume = Some(4.0);
        let bars = bars.into_bars();
        assert_eq!(bars.len(), 3);
        assert_eq!(bars[0].time_ms, -7);
        assert_eq!(bars[1], merged);
        assert_eq!(bars[2].high, None);
    }

    #[test]
    fn buckets_begin_whole_lengths_from_their_origin() {
        assert_eq!([2, 3, 12, 13].map(|ms| TEN.bucket_of(ms)), [-7, 3, 3, 13]);
        assert_eq!([2, 3, 4, 13].map(|ms| TEN.at_or_after(ms)), [3, 3, 13, 13]);
        assert_eq!(TEN.at_or_after(i64::MAX), i64::MAX);
    }
}
