//! The points of an analysis, shared while it grows.

use std::sync::Arc;

use analytics::{KalmanStep, Line, Point, align::JoinedRow};

use crate::pairs::fit::Filtered;

/// Points of a full chunk. A new point copies those of the last chunk, and shares all others.
const CHUNK: usize = 128;

/// What is known about a pair at one bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PairPoint {
    /// Start of the bar, ms since the epoch.
    pub(crate) time_ms: i64,
    /// Closes, untransformed.
    pub(crate) y: f64,
    pub(crate) x: f64,
    /// Whether one of the closes is carried forward.
    pub(crate) filled: bool,
    /// False for a provisional point, which is made of an open bar.
    pub(crate) closed: bool,
    /// Bars without a counterpart since the range began.
    pub(super) dropped: u32,
    figures: Figures,
    /// Of this point and of all before it; 0 for a provisional point.
    digest: u64,
}

/// How far somebody is who has the points of an analysis: the last one, and a digest of it and of all before it.
/// Equal marks are equal points, in whichever process they were computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Start of the last bar, ms since the epoch.
    pub(crate) time_ms: i64,
    pub(crate) digest: u64,
}

/// A figure that does not exist is NaN, which no figure that exists is: half of the room of options.
#[derive(Debug, Clone, Copy)]
struct Figures {
    alpha: f64,
    beta: f64,
    spread: f64,
    spread_mean: f64,
    spread_sd: f64,
    z: f64,
    correlation: f64,
    beta_var: f64,
    alpha_var: f64,
    innovation_var: f64,
}

impl Figures {
    fn bits(&self) -> [u64; 10] {
        [
            self.alpha,
            self.beta,
            self.spread,
            self.spread_mean,
            self.spread_sd,
            self.z,
            self.correlation,
            self.beta_var,
            self.alpha_var,
            self.innovation_var,
        ]
        .map(f64::to_bits)
    }
}

impl PartialEq for Figures {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

fn some(figure: f64) -> Option<f64> {
    figure.is_finite().then_some(figure)
}

impl PairPoint {
    /// A point of a closed bar.
    pub(super) fn new(time_ms: i64, row: JoinedRow, dropped: u32, of: &Point) -> Self {
        let or_nan = |figure: Option<f64>| figure.unwrap_or(f64::NAN);
        let step = |figure: fn(&KalmanStep) -> f64| or_nan(of.kalman.as_ref().map(figure));
        Self {
            time_ms,
            y: row.y,
            x: row.x,
            filled: row.filled,
            closed: true,
            dropped,
            figures: Figures {
                alpha: or_nan(of.line.map(|line| line.alpha)),
                beta: or_nan(of.line.map(|line| line.beta)),
                spread: or_nan(of.spread),
                spread_mean: or_nan(of.spread_mean),
                spread_sd: or_nan(of.spread_sd),
                z: or_nan(of.z),
                correlation: or_nan(of.correlation),
                beta_var: step(|step| step.var_beta),
                alpha_var: step(|step| step.var_alpha),
                innovation_var: step(|step| step.innovation_variance),
            },
            digest: 0,
        }
    }

    /// The point and all before it, whose digest this is, in one number. The same in every process and version
    /// of it that comes to the same figures.
    fn digest_after(&self, before: u64) -> u64 {
        let own = [
            self.time_ms as u64,
            self.y.to_bits(),
            self.x.to_bits(),
            u64::from(self.filled),
            u64::from(self.dropped),
        ];
        let all = own.into_iter().chain(self.figures.bits());
        all.fold(before, |digest, bits| {
            (digest.rotate_left(5) ^ bits).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        })
    }

    pub(crate) const fn mark(&self) -> Mark {
        Mark {
            time_ms: self.time_ms,
            digest: self.digest,
        }
    }

    /// The same, of a bar that is open.
    pub(super) const fn provisional(self) -> Self {
        Self {
            closed: false,
            ..self
        }
    }

    /// Intercept in force at the bar; of a Kalman filter, the filtered one.
    pub(crate) fn alpha(&self) -> Option<f64> {
        some(self.figures.alpha)
    }

    /// Hedge ratio in force at the bar; of a Kalman filter, the filtered one.
    pub(crate) fn beta(&self) -> Option<f64> {
        some(self.figures.beta)
    }

    /// Spread, in units of (transformed) y.
    pub(crate) fn spread(&self) -> Option<f64> {
        some(self.figures.spread)
    }

    /// What z is measured from.
    pub(crate) fn spread_mean(&self) -> Option<f64> {
        some(self.figures.spread_mean)
    }

    /// What z is measured in.
    pub(crate) fn spread_sd(&self) -> Option<f64> {
        some(self.figures.spread_sd)
    }

    /// Z-score.
    pub(crate) fn z(&self) -> Option<f64> {
        some(self.figures.z)
    }

    /// Rolling correlation.
    pub(crate) fn correlation(&self) -> Option<f64> {
        some(self.figures.correlation)
    }

    /// Of a Kalman filter: standard deviation of the filtered hedge ratio.
    pub(crate) fn beta_sd(&self) -> Option<f64> {
        some(self.figures.beta_var.sqrt())
    }

    /// Of a Kalman filter: its state once it has seen the bar.
    pub(crate) fn filtered(&self) -> Option<Filtered> {
        let line = Line {
            alpha: self.alpha()?,
            beta: self.beta()?,
        };
        Some(Filtered {
            line,
            alpha_sd: some(self.figures.alpha_var.sqrt()),
            beta_sd: self.beta_sd(),
        })
    }

    /// Of a Kalman filter: predicted standard deviation of the innovation.
    pub(crate) fn innovation_sd(&self) -> Option<f64> {
        some(self.figures.innovation_var.sqrt())
    }
}

/// Points of closed bars, ascending in time. A clone shares them; to add one costs no more however many there
/// are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Points {
    full: Arc<Vec<Arc<[PairPoint]>>>,
    last: Arc<Vec<PairPoint>>,
}

impl Points {
    pub(crate) fn len(&self) -> usize {
        self.full.len() * CHUNK + self.last.len()
    }

    pub(super) fn push(&mut self, point: PairPoint) {
        let before = self.last().map_or(0, |last| last.digest);
        let digest = point.digest_after(before);
        let point = PairPoint { digest, ..point };
        let last = Arc::make_mut(&mut self.last);
        last.push(point);
        if last.len() == CHUNK {
            let chunk = Arc::from(std::mem::take(last));
            Arc::make_mut(&mut self.full).push(chunk);
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<&PairPoint> {
        match self.full.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => self.last.get(index - self.full.len() * CHUNK),
        }
    }

    /// Whether the first of these are all of `others`.
    pub(super) fn begins_with(&self, others: &Self) -> bool {
        match others.last() {
            Some(last) => self.count_up_to(last.mark()).is_some(),
            None => true,
        }
    }

    pub(crate) fn last(&self) -> Option<&PairPoint> {
        self.get(self.len().checked_sub(1)?)
    }

    /// From the point of this index on, ascending.
    pub(crate) fn from(&self, index: usize) -> impl DoubleEndedIterator<Item = &PairPoint> {
        (index..self.len()).filter_map(|index| self.get(index))
    }

    /// How many of these somebody has who is at `mark`; `None` if they are others. O(log n).
    pub(crate) fn count_up_to(&self, mark: Mark) -> Option<usize> {
        let count = self.position_after(mark.time_ms);
        let last = self.get(count.checked_sub(1)?)?;
        (last.mark() == mark).then_some(count)
    }

    /// Those that start after this time, ascending. O(log n) and what is taken.
    pub(crate) fn after(&self, time_ms: i64) -> impl DoubleEndedIterator<Item = &PairPoint> {
        self.from(self.position_after(time_ms))
    }

    fn position_after(&self, time_ms: i64) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self
                .get(middle)
                .is_some_and(|point| point.time_ms <= time_ms)
            {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(time_ms: i64) -> PairPoint {
        let row = JoinedRow {
            y: 1.0,
            x: 2.0,
            filled: false,
        };
        PairPoint::new(time_ms, row, 0, &Point::default())
    }

    #[test]
    fn what_was_shared_stays_as_it_was_while_points_are_added() {
        let mut points = Points::default();
        let mut shared = Vec::new();
        for time in 0..400 {
            points.push(point(time * 10));
            shared.push(points.clone());
        }
        for (count, points) in shared.iter().enumerate() {
            assert_eq!(points.len(), count + 1);
            let times: Vec<_> = points.from(0).map(|point| point.time_ms).collect();
            assert!(
                times
                    .iter()
                    .copied()
                    .eq((0..=count as i64).map(|time| time * 10))
            );
        }
    }

    #[test]
    fn points_after_a_time_are_found_in_every_chunk() {
        let mut points = Points::default();
        assert_eq!(points.after(i64::MIN).count(), 0);
        for time in 0..300 {
            points.push(point(time * 10));
        }
        for time in -1..3_001 {
            let first = points.after(time).next().map(|point| point.time_ms);
            let expected = (time.div_euclid(10) + 1) * 10;
            assert_eq!(
                first,
                (expected < 3_000).then_some(expected),
                "after {time}"
            );
        }
        assert_eq!(points.last().map(|point| point.time_ms), Some(2_990));
    }

    #[test]
    fn a_mark_is_found_among_the_same_points_and_not_where_one_before_it_is_another() {
        let of = |times: &[i64]| {
            let mut points = Points::default();
            times.iter().for_each(|&time| points.push(point(time)));
            points
        };
        let times: Vec<i64> = (0..300).collect();
        let (points, longer) = (of(&times[..200]), of(&times));
        let mark = points.last().map(PairPoint::mark).expect("a last point");
        assert_eq!(points.count_up_to(mark), Some(200));
        assert_eq!(longer.count_up_to(mark), Some(200));
        assert!(longer.begins_with(&points) && !points.begins_with(&longer));
        assert_eq!(
            of(&times[..199]).count_up_to(mark),
            None,
            "it is yet to come"
        );
        assert_eq!(
            of(&times[1..]).count_up_to(mark),
            None,
            "the range is another"
        );
        let mut other = Points::default();
        for &time in &times {
            let close = if time == 7 { 1.5 } else { 1.0 };
            let changed = PairPoint {
                y: close,
                ..point(time)
            };
            other.push(changed);
        }
        assert_eq!(
            other.count_up_to(mark),
            None,
            "a point before it is another"
        );
    }

    #[test]
    fn figures_that_do_not_exist_are_none_and_points_without_them_are_equal() {
        let nothing = point(0);
        assert_eq!(nothing, point(0));
        assert_eq!(
            (nothing.z(), nothing.beta(), nothing.beta_sd()),
            (None, None, None)
        );
    }
}
