//! Which points to draw: those on screen and around it, never more than a chart draws without a stutter.

use super::PairPoint;
use crate::model::TimeRange;

/// Points of a line at most.
pub(crate) const MOST_POINTS: usize = 2_000;

/// The points that `range` shows, half a screen to either side for the next move of the hand, and one more beyond each end, so that lines run
/// out of sight. Where there are more than `most`, of each stretch its first, lowest, highest and last by `value` are kept: extremes are what people look for.
pub(crate) fn select(
    points: &[PairPoint],
    range: TimeRange,
    most: usize,
    value: impl Fn(&PairPoint) -> Option<f64>,
) -> Vec<PairPoint> {
    let most = most.clamp(8, MOST_POINTS);
    let margin = range.span() / 2;
    let wide = slice(points, range.from - margin, range.to + margin);
    // The margin is given up before anything on screen is.
    let seen = if wide.len() <= most {
        wide
    } else {
        slice(points, range.from, range.to)
    };
    if seen.len() <= most {
        return seen.to_vec();
    }
    let stretch = seen.len().div_ceil(most / 4);
    seen.chunks(stretch)
        .flat_map(|chunk| extremes(chunk, &value))
        .collect()
}

fn slice(points: &[PairPoint], from: i64, to: i64) -> &[PairPoint] {
    let start = points.partition_point(|point| point.time < from);
    let end = points.partition_point(|point| point.time <= to);
    &points[start.saturating_sub(1)..(end + 1).min(points.len()).max(start)]
}

/// First, lowest, highest and last, in order of time and each once.
fn extremes(chunk: &[PairPoint], value: &impl Fn(&PairPoint) -> Option<f64>) -> Vec<PairPoint> {
    let known = || {
        chunk
            .iter()
            .enumerate()
            .filter_map(|(at, point)| Some((at, value(point)?)))
    };
    let low = known().min_by(|a, b| a.1.total_cmp(&b.1));
    let high = known().max_by(|a, b| a.1.total_cmp(&b.1));
    let mut kept = vec![0, chunk.len() - 1];
    kept.extend([low, high].into_iter().flatten().map(|(at, _)| at));
    kept.sort_unstable();
    kept.dedup();
    kept.into_iter().map(|at| chunk[at]).collect()
}

/// Every so many points of those on screen, for clouds in which order means nothing.
pub(crate) fn sample(points: &[PairPoint], range: TimeRange, most: usize) -> Vec<PairPoint> {
    let start = points.partition_point(|point| point.time < range.from);
    let end = points
        .partition_point(|point| point.time <= range.to)
        .max(start);
    let seen = &points[start..end];
    let step = seen.len().div_ceil(most).max(1);
    // Counted from the end: the last point is always there.
    let mut kept: Vec<_> = seen.iter().rev().step_by(step).copied().collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pair::{PairSeries, series::tests::columns};

    fn series(count: i64) -> PairSeries {
        let points: Vec<_> = (0..count)
            .map(|time| {
                (
                    time,
                    if time == 7_777 {
                        1e6
                    } else {
                        (time % 10) as f64
                    },
                    true,
                )
            })
            .collect();
        PairSeries::of(&columns(&points))
    }

    #[test]
    fn few_points_are_all_drawn_with_half_a_screen_to_either_side() {
        let drawn = select(
            series(1_000).points(),
            TimeRange { from: 400, to: 600 },
            2_000,
            |point| point.spread,
        );
        assert_eq!(
            (drawn.first().unwrap().time, drawn.last().unwrap().time),
            (299, 701)
        );
    }

    #[test]
    fn many_points_are_thinned_and_the_extremes_stay() {
        let all = series(50_000);
        for most in [2_000, 900] {
            let drawn = select(
                all.points(),
                TimeRange {
                    from: 0,
                    to: 50_000,
                },
                most,
                |point| point.spread,
            );
            assert!(drawn.len() <= most, "{}", drawn.len());
            assert!(drawn.iter().any(|point| point.spread == Some(1e6)));
            assert!(drawn.is_sorted_by(|a, b| a.time < b.time));
            assert_eq!(drawn.last().unwrap().time, 49_999);
        }
    }

    #[test]
    fn a_screen_without_points_draws_none_or_the_nearest() {
        let range = TimeRange { from: -90, to: -50 };
        assert!(select(series(10).points(), range, 2_000, |point| point.z).len() <= 1);
        assert!(select(&[], range, 2_000, |point| point.z).is_empty());
    }

    #[test]
    fn a_sample_has_the_last_point_and_no_more_than_asked_for() {
        let kept = sample(
            series(5_001).points(),
            TimeRange { from: 0, to: 9_000 },
            1_000,
        );
        assert!(kept.len() <= 1_000);
        assert_eq!(kept.last().unwrap().time, 5_000);
    }
}
