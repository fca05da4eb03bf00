//! Common rows of two legs: which are closed, which are shown, how they came about.

use std::ops::Range;

use analytics::align::{Aligned, Closes, Join, align};
use api_types::Alignment;

use super::PairSpec;

/// Bars of a leg over some stretch of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct LegBars {
    /// Starts of the buckets, ms since the epoch, ascending.
    pub(crate) times_ms: Vec<i64>,
    pub(crate) closes: Vec<f64>,
    /// Whether there may be older bars, which were not read.
    pub(crate) has_older: bool,
    /// Whether there may be newer bars, which were not read.
    pub(crate) has_newer: bool,
    /// Bars that end at or before this time are closed.
    pub(crate) closed_until_ms: i64,
}

impl LegBars {
    fn closes(&self) -> Closes<'_> {
        Closes {
            times_ms: &self.times_ms,
            closes: &self.closes,
        }
    }

    /// Adds bars that come after these.
    pub(crate) fn extend(&mut self, later: &Self) {
        let last = self.times_ms.last().copied().unwrap_or(i64::MIN);
        let new = later.times_ms.partition_point(|&time| time <= last);
        self.times_ms.extend_from_slice(&later.times_ms[new..]);
        self.closes.extend_from_slice(&later.closes[new..]);
        self.has_newer = later.has_newer;
        self.closed_until_ms = later.closed_until_ms;
    }
}

/// The rows of an answer: those before the first one shown, those shown, and at the end perhaps one that is
/// made of open bars.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows {
    pub(crate) times_ms: Vec<i64>,
    pub(crate) y: Vec<f64>,
    pub(crate) x: Vec<f64>,
    /// Rows before the first one shown.
    pub(crate) warmup: usize,
    /// Rows whose bars are closed; there is at most one more.
    pub(crate) closed: usize,
    /// Of the closed rows that are shown.
    pub(crate) alignment: Alignment,
    /// Of a fit in sample that ends with a bar of its own; else it is one of the closed rows shown.
    pub(crate) sample: Option<Sample>,
}

/// Closed rows that a line is fitted to: as many as are shown, or from the same start on, up to the bar that the fit
/// ends with. They stay the same while the rows shown move on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) times_ms: Vec<i64>,
    pub(crate) y: Vec<f64>,
    pub(crate) x: Vec<f64>,
}

impl Rows {
    /// Joins two legs and takes from the rows what `spec` asks for. `None` if more bars must be read: older
    /// ones than there are in `y` and `x`, or newer ones. With `final_read` there is an answer in any case.
    pub(crate) fn join(
        spec: &PairSpec,
        y: &LegBars,
        x: &LegBars,
        final_read: bool,
    ) -> Result<Option<Self>, analytics::Error> {
        let bucket_ms = spec.interval.ms();
        let join = Join {
            bucket_ms,
            max_fill: spec.max_fill,
        };
        let all = align(y.closes(), x.closes(), join)?;
        // Where a leg was cut off, rows are right only from its first bar on, or up to its last.
        let first = |leg: &LegBars| {
            let first = leg.times_ms.first().copied();
            first.filter(|_| leg.has_older).unwrap_or(i64::MIN)
        };
        let last = |leg: &LegBars| {
            let last = leg.times_ms.last().copied();
            last.filter(|_| leg.has_newer).unwrap_or(i64::MAX)
        };
        let (floor, ceiling) = (first(y).max(first(x)), last(y).min(last(x)));
        let at = |time: i64| all.times_ms.partition_point(|&t| t < time);
        let end = ceiling.min(spec.end_ms.unwrap_or(i64::MAX));
        let (begin, end) = (at(floor), at(end.saturating_add(1)));
        let closed_until = y.closed_until_ms.min(x.closed_until_ms);
        let closed = at(closed_until.saturating_sub(bucket_ms).saturating_add(1)).clamp(begin, end);
        let limit = spec.limit as usize;
        let (shown, closed) = match spec.start_ms {
            Some(start) => {
                let shown = at(start).clamp(begin, end);
                (shown, closed.clamp(shown, shown.saturating_add(limit)))
            }
            None => (closed.saturating_sub(limit).max(begin), closed),
        };
        let from = shown.saturating_sub(spec.warmup()).max(begin);
        let sample = spec.fit_ms().map(|fit_ms| {
            let to = at(fit_ms.saturating_add(1)).clamp(begin, closed);
            let from = match spec.start_ms {
                Some(_) => shown.min(to),
                None => to.saturating_sub(limit).max(begin),
            };
            from..to
        });
        let is_short = |rows: &Range<usize>| spec.start_ms.is_none() && rows.len() < limit;
        let lacks_older = shown - from < spec.warmup()
            || is_short(&(shown..closed))
            || sample.as_ref().is_some_and(is_short);
        let lacks_newer = spec.start_ms.is_some() && closed - shown < limit;
        let more = lacks_older && (y.has_older || x.has_older)
            || lacks_newer && (y.has_newer || x.has_newer);
        if more && !final_read {
            return Ok(None);
        }
        // The newest open row says most about now.
        let full = spec.start_ms.is_some() && closed - shown >= limit;
        let open = (spec.open && closed < end && !full).then(|| end - 1);
        let alignment = Self::alignment(&all, y, x, shown..closed, shown - from);
        let column = |values: &[f64]| -> Vec<f64> {
            let open = open.map(|row| values[row]);
            values[from..closed].iter().copied().chain(open).collect()
        };
        let times = all.times_ms[from..closed].iter().copied();
        Ok(Some(Self {
            times_ms: times.chain(open.map(|row| all.times_ms[row])).collect(),
            y: column(&all.y),
            x: column(&all.x),
            warmup: shown - from,
            closed: closed - from,
            alignment,
            sample: sample.map(|rows| Sample {
                times_ms: all.times_ms[rows.clone()].to_vec(),
                y: all.y[rows.clone()].to_vec(),
                x: all.x[rows].to_vec(),
            }),
        }))
    }

    /// What became of the bars from the first row of `shown` to its last.
    fn alignment(
        all: &Aligned,
        y: &LegBars,
        x: &LegBars,
        shown: Range<usize>,
        warmup: usize,
    ) -> Alignment {
        let rows = shown.len();
        let (mut both, mut buckets) = (0, 0);
        if let (Some(&first), Some(&last)) = (
            all.times_ms[shown.clone()].first(),
            all.times_ms[shown].last(),
        ) {
            let within = |leg: &LegBars| {
                let from = leg.times_ms.partition_point(|&time| time < first);
                from..leg.times_ms.partition_point(|&time| time <= last)
            };
            let (y, x) = (&y.times_ms[within(y)], &x.times_ms[within(x)]);
            let (mut i, mut j) = (0, 0);
            while i < y.len() || j < x.len() {
                let (ty, tx) = (y.get(i), x.get(j));
                let own_y = tx.is_none_or(|tx| ty.is_some_and(|ty| ty <= tx));
                let own_x = ty.is_none_or(|ty| tx.is_some_and(|tx| tx <= ty));
                i += usize::from(own_y);
                j += usize::from(own_x);
                both += usize::from(own_y && own_x);
                buckets += 1;
            }
        }
        let share = |part: usize| {
            if rows == 0 {
                0.0
            } else {
                part as f64 / rows as f64
            }
        };
        Alignment {
            joined: count(both),
            filled: count(rows - both),
            dropped: count(buckets - rows),
            filled_share: share(rows - both),
            warmup: count(warmup),
        }
    }

    /// Closed rows that are shown.
    pub(crate) const fn shown(&self) -> Range<usize> {
        self.warmup..self.closed
    }
}

pub(super) fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
