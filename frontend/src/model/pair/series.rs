//! The points of a pair that the page holds.

use api_types::PairColumns;

/// More than this is forgotten, oldest first.
const MOST_POINTS: usize = 100_000;

/// Everything that has a value at one bar; units as in [`PairColumns`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PairPoint {
    /// Start of the bar, ms since the epoch.
    pub(crate) time: i64,
    pub(crate) y: f64,
    pub(crate) x: f64,
    pub(crate) alpha: Option<f64>,
    pub(crate) beta: Option<f64>,
    pub(crate) spread: Option<f64>,
    pub(crate) mean: Option<f64>,
    pub(crate) sd: Option<f64>,
    pub(crate) z: Option<f64>,
    pub(crate) correlation: Option<f64>,
    pub(crate) beta_sd: Option<f64>,
    pub(crate) innovation_sd: Option<f64>,
    /// False for the provisional last point.
    pub(crate) closed: bool,
}

impl PairPoint {
    /// The spread's mean and `threshold` standard deviations to either side.
    pub(crate) fn band(&self, threshold: f64) -> Option<(f64, f64)> {
        let (mean, sd) = self.mean.zip(self.sd)?;
        Some((mean - threshold * sd, mean + threshold * sd))
    }
}

/// Points in ascending order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PairSeries {
    points: Vec<PairPoint>,
}

impl PairSeries {
    pub(crate) fn of(columns: &PairColumns) -> Self {
        Self {
            points: rows(columns).collect(),
        }
    }

    pub(crate) fn points(&self) -> &[PairPoint] {
        &self.points
    }

    pub(crate) fn first(&self) -> Option<&PairPoint> {
        self.points.first()
    }

    pub(crate) fn last(&self) -> Option<&PairPoint> {
        self.points.last()
    }

    /// The last point that will not change any more.
    pub(crate) fn last_closed(&self) -> Option<&PairPoint> {
        self.points.iter().rev().find(|point| point.closed)
    }

    /// Points that replace those of the same time or are new. A provisional point stands for the moment only: the next news takes its place.
    pub(crate) fn update(&mut self, columns: &PairColumns) {
        if columns.time.is_empty() {
            return;
        }
        self.points.retain(|point| point.closed);
        for point in rows(columns) {
            let at = self.points.partition_point(|held| held.time < point.time);
            match self.points.get_mut(at) {
                Some(held) if held.time == point.time => *held = point,
                // What lies before all that is held is not on screen, and would leave a hole.
                Some(_) if at == 0 => {}
                _ => self.points.insert(at, point),
            }
        }
    }

    /// Lets go of what has moved out of the last `bars`.
    pub(crate) fn keep_last(&mut self, bars: usize) {
        let bars = bars.min(MOST_POINTS);
        if let Some(surplus @ 1..) = self.points.len().checked_sub(bars) {
            self.points.drain(..surplus);
        }
    }

    /// The point at `time`, or the last one before it.
    pub(crate) fn at(&self, time: i64) -> Option<&PairPoint> {
        let after = self.points.partition_point(|point| point.time <= time);
        self.points.get(after.checked_sub(1)?)
    }
}

fn cell(column: &[Option<f64>], at: usize) -> Option<f64> {
    column.get(at).copied().flatten()
}

fn rows(columns: &PairColumns) -> impl Iterator<Item = PairPoint> + '_ {
    (0..columns.time.len()).filter_map(move |at| {
        Some(PairPoint {
            time: *columns.time.get(at)?,
            y: *columns.y.get(at)?,
            x: *columns.x.get(at)?,
            alpha: cell(&columns.alpha, at),
            beta: cell(&columns.beta, at),
            spread: cell(&columns.spread, at),
            mean: cell(&columns.spread_mean, at),
            sd: cell(&columns.spread_sd, at),
            z: cell(&columns.z, at),
            correlation: cell(&columns.correlation, at),
            beta_sd: cell(columns.beta_sd.as_deref().unwrap_or_default(), at),
            innovation_sd: cell(columns.innovation_sd.as_deref().unwrap_or_default(), at),
            closed: columns.closed.get(at).copied().unwrap_or(true),
        })
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn columns(points: &[(i64, f64, bool)]) -> PairColumns {
        let some = |value: fn(&(i64, f64, bool)) -> f64| {
            points
                .iter()
                .map(|point| Some(value(point)))
                .collect::<Vec<_>>()
        };
        PairColumns {
            time: points.iter().map(|point| point.0).collect(),
            y: points.iter().map(|point| point.1).collect(),
            x: points.iter().map(|_| 1.0).collect(),
            alpha: some(|_| 0.0),
            beta: some(|_| 1.0),
            spread: some(|point| point.1),
            spread_mean: some(|_| 0.0),
            spread_sd: some(|_| 1.0),
            z: some(|point| point.1),
            correlation: some(|_| 0.5),
            beta_sd: None,
            innovation_sd: None,
            closed: points.iter().map(|point| point.2).collect(),
        }
    }

    fn held(series: &PairSeries) -> Vec<(i64, f64)> {
        series
            .points()
            .iter()
            .map(|point| (point.time, point.y))
            .collect()
    }

    #[test]
    fn news_replace_the_provisional_point_even_when_they_have_none() {
        let mut series = PairSeries::of(&columns(&[(1, 1.0, true), (2, 2.0, false)]));
        series.update(&columns(&[(2, 2.5, true), (3, 3.0, false)]));
        assert_eq!(held(&series), [(1, 1.0), (2, 2.5), (3, 3.0)]);
        series.update(&columns(&[(2, 9.0, true)]));
        assert_eq!(held(&series), [(1, 1.0), (2, 9.0)]);
        assert_eq!(series.last_closed().unwrap().time, 2);
        series.update(&columns(&[]));
        assert_eq!(
            held(&series).len(),
            2,
            "news of the tests alone leave the points as they are"
        );
    }

    #[test]
    fn what_leaves_the_range_is_forgotten() {
        let mut series =
            PairSeries::of(&columns(&[(1, 1.0, true), (2, 2.0, true), (3, 3.0, true)]));
        series.keep_last(2);
        assert_eq!(held(&series), [(2, 2.0), (3, 3.0)]);
        series.update(&columns(&[(1, 5.0, true)]));
        assert_eq!(
            held(&series),
            [(2, 2.0), (3, 3.0)],
            "nothing is put before the first point"
        );
    }

    #[test]
    fn the_point_of_a_moment_is_the_last_one_that_had_begun() {
        let series = PairSeries::of(&columns(&[(10, 1.0, true), (20, 2.0, true)]));
        assert_eq!(series.at(19).unwrap().time, 10);
        assert_eq!(series.at(9), None);
    }
}
