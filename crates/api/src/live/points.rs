//! The points of an analysis, shared while it grows.

use std::sync::Arc;

use analytics::{KalmanStep, Point, align::JoinedRow};

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

impl PartialEq for Figures {
    fn eq(&self, other: &Self) -> bool {
        let all = |f: &Self| {
            [
                f.alpha,
                f.beta,
                f.spread,
                f.spread_mean,
                f.spread_sd,
                f.z,
                f.correlation,
                f.beta_var,
                f.alpha_var,
                f.innovation_var,
            ]
            .map(f64::to_bits)
        };
        all(self) == all(other)
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

    /// Of a Kalman filter: standard deviation of the filtered intercept.
    pub(crate) fn alpha_sd(&self) -> Option<f64> {
        some(self.figures.alpha_var.sqrt())
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
        others.len() <= self.len() && others.from(0).eq(self.from(0).take(others.len()))
    }

    pub(crate) fn last(&self) -> Option<&PairPoint> {
        self.get(self.len().checked_sub(1)?)
    }

    /// From the point of this index on, ascending.
    pub(crate) fn from(&self, index: usize) -> impl DoubleEndedIterator<Item = &PairPoint> {
        (index..self.len()).filter_map(|index| self.get(index))
    }

    /// Those that start after this time, ascending. O(log n) and what is taken.
    pub(crate) fn after(&self, time_ms: i64) -> impl DoubleEndedIterator<Item = &PairPoint> {
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
        self.from(low)
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
    fn figures_that_do_not_exist_are_none_and_points_without_them_are_equal() {
        let nothing = point(0);
        assert_eq!(nothing, point(0));
        assert_eq!(
            (nothing.z(), nothing.beta(), nothing.beta_sd()),
            (None, None, None)
        );
    }
}
