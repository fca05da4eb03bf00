//! Fewer points to draw, with the same shape.
//!
//! The rows are divided into equal buckets, and of each bucket those rows are kept that hold the least or the
//! greatest value of a drawn series (y, x, spread, z, β, correlation); of all rows the first and the last.
//! There are as many buckets as the number of points allows. So every peak of every series is drawn at its own
//! time, and a row that is kept is kept in all series.

use api_types::PairColumns;

/// Thins out to at most `points` rows; fewer than that are left as they are.
pub(crate) fn thin(columns: &PairColumns, points: usize) -> PairColumns {
    let rows = columns.time.len();
    if rows <= points {
        return columns.clone();
    }
    let some = |column: &[f64]| column.iter().map(|v| Some(*v)).collect::<Vec<_>>();
    let (y, x) = (some(&columns.y), some(&columns.x));
    let drawn = [
        &y[..],
        &x,
        &columns.spread,
        &columns.z,
        &columns.beta,
        &columns.correlation,
    ];
    // More buckets keep more rows, by and large; the most that fit are found by halving.
    let (mut least, mut most) = (1, points);
    let mut kept = ends(rows);
    while least <= most {
        let buckets = usize::midpoint(least, most);
        let selected = select(&drawn, rows, buckets);
        if selected.len() <= points {
            kept = selected;
            least = buckets + 1;
        } else {
            most = buckets - 1;
        }
    }
    pick(columns, &kept)
}

fn ends(rows: usize) -> Vec<usize> {
    vec![0, rows - 1]
}

fn select(drawn: &[&[Option<f64>]], rows: usize, buckets: usize) -> Vec<usize> {
    let mut kept = ends(rows);
    for bucket in 0..buckets {
        let range = bucket * rows / buckets..(bucket + 1) * rows / buckets;
        for series in drawn {
            let values = || range.clone().filter_map(|row| Some((row, series[row]?)));
            let by_value = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
            kept.extend(values().min_by(by_value).map(|(row, _)| row));
            kept.extend(values().max_by(by_value).map(|(row, _)| row));
        }
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

fn pick(columns: &PairColumns, rows: &[usize]) -> PairColumns {
    fn of<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
        rows.iter().map(|&row| column[row]).collect()
    }
    PairColumns {
        time: of(&columns.time, rows),
        y: of(&columns.y, rows),
        x: of(&columns.x, rows),
        alpha: of(&columns.alpha, rows),
        beta: of(&columns.beta, rows),
        spread: of(&columns.spread, rows),
        spread_mean: of(&columns.spread_mean, rows),
        spread_sd: of(&columns.spread_sd, rows),
        z: of(&columns.z, rows),
        correlation: of(&columns.correlation, rows),
        beta_sd: columns.beta_sd.as_deref().map(|column| of(column, rows)),
        innovation_sd: columns
            .innovation_sd
            .as_deref()
            .map(|column| of(column, rows)),
        closed: of(&columns.closed, rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waves(rows: usize) -> PairColumns {
        let wave =
            |period: f64| (0..rows).map(move |t| (t as f64 / period).sin() + t as f64 * 1e-4);
        let some = |period: f64| -> Vec<Option<f64>> {
            wave(period)
                .enumerate()
                .map(|(t, v)| (t >= rows / 10).then_some(v))
                .collect()
        };
        let mut columns = PairColumns {
            time: (0..rows as i64).collect(),
            y: wave(31.0).collect(),
            x: wave(97.0).collect(),
            alpha: some(5.0),
            beta: some(13.0),
            spread: some(7.0),
            spread_mean: some(3.0),
            spread_sd: some(2.0),
            z: some(11.0),
            correlation: some(17.0),
            beta_sd: None,
            innovation_sd: None,
            closed: vec![true; rows],
        };
        // A peak of one bar, which a plain every-n-th would miss.
        columns.z[rows / 2 + 1] = Some(50.0);
        columns.spread[rows / 3] = Some(-50.0);
        columns
    }

    #[test]
    fn peaks_stay_at_their_own_time_and_the_number_of_points_is_kept() {
        for (rows, points) in [(1_000, 50), (5_000, 400), (100_000, 2_000)] {
            let columns = waves(rows);
            let thinned = thin(&columns, points);
            let kept = thinned.time.len();
            assert!(kept <= points && kept > points / 2, "{kept} of {points}");
            assert_eq!(thinned.time[0], 0);
            assert_eq!(thinned.time.last(), columns.time.last());
            assert!(thinned.time.is_sorted_by(|a, b| a < b));
            let at = |time: usize| thinned.time.binary_search(&(time as i64)).unwrap();
            assert_eq!(thinned.z[at(rows / 2 + 1)], Some(50.0));
            assert_eq!(thinned.spread[at(rows / 3)], Some(-50.0));
            for (row, &time) in thinned.time.iter().enumerate() {
                let original = time as usize;
                assert_eq!(thinned.y[row], columns.y[original]);
                assert_eq!(thinned.alpha[row], columns.alpha[original]);
            }
        }
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        let columns = waves(200);
        assert_eq!(thin(&columns, 200), columns);
    }
}
