//! The series and their differences as columns of a regression.

use super::detrend::{demean, detrend};
use super::outcome::{DetOrder, JohansenOptions};
use super::tables;
use crate::{Degeneracy, Error, Result};

/// A series without its deterministic terms, scaled to about 1.
pub(super) struct Prepared {
    pub(super) values: Vec<f64>,
    pub(super) scale: f64,
}

/// What errors call the series: their positions, as they have no names of their own.
const NAMES: [&str; tables::MOST_SERIES] = [
    "series 1",
    "series 2",
    "series 3",
    "series 4",
    "series 5",
    "series 6",
    "series 7",
    "series 8",
    "series 9",
    "series 10",
    "series 11",
    "series 12",
];

/// Checks the series and takes the deterministic terms off them.
pub(super) fn prepare(series: &[&[f64]], options: JohansenOptions) -> Result<Vec<Prepared>> {
    let m = series.len();
    if !(1..=tables::MOST_SERIES).contains(&m) {
        return Err(Error::BadParameter {
            name: "the number of series",
            allowed: "from 1 to 12",
        });
    }
    let n = series[0].len();
    if let Some(other) = series.iter().find(|other| other.len() != n) {
        return Err(Error::LengthMismatch {
            left: n,
            right: other.len(),
        });
    }
    let terms = match options.det_order {
        DetOrder::None => 0,
        DetOrder::Constant => 1,
        DetOrder::Trend => 2,
    };
    // Rows n − 1 − lags must exceed the m·(lags + 2) columns and the deterministic terms.
    let lags = options.lagged_differences;
    let needed = lags
        .saturating_add(2)
        .saturating_mul(m)
        .saturating_add(lags)
        .saturating_add(2 + terms);
    Error::check_enough(needed, n)?;
    series
        .iter()
        .zip(NAMES)
        .map(|(values, name)| {
            Error::check_finite(name, values)?;
            let greatest = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            if low == values.iter().copied().fold(f64::NEG_INFINITY, f64::max) {
                return Err(Degeneracy::Constant(name).into());
            }
            // The origin matters only where the model has no constant to absorb it.
            let origin = if terms == 0 { 0.0 } else { values[0] };
            let first = (-greatest.log2().round().clamp(-1000.0, 1000.0)).exp2();
            let mut scaled: Vec<f64> = values.iter().map(|v| v * first - origin * first).collect();
            match options.det_order {
                DetOrder::None => {}
                DetOrder::Constant => demean(&mut scaled),
                DetOrder::Trend => detrend(&mut scaled),
            }
            let left = scaled.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
            if left <= 4.0 * f64::EPSILON * (greatest * first) {
                return Err(Degeneracy::Constant(name).into());
            }
            let second = (-left.log2().round()).exp2();
            scaled.iter_mut().for_each(|v| *v *= second);
            Ok(Prepared {
                values: scaled,
                scale: first * second,
            })
        })
        .collect()
}

/// Lagged differences (by lag, then by series), differences, levels: `rows` values each.
pub(super) fn columns(
    prepared: &[Prepared],
    det_order: DetOrder,
    lags: usize,
    rows: usize,
) -> Vec<Vec<f64>> {
    let differences: Vec<Vec<f64>> = prepared
        .iter()
        .map(|series| series.values.windows(2).map(|p| p[1] - p[0]).collect())
        .collect();
    let lagged = (1..=lags).flat_map(|lag| {
        differences
            .iter()
            .map(move |series| series[lags - lag..][..rows].to_vec())
    });
    let now = differences.iter().map(|series| series[lags..].to_vec());
    let levels = prepared
        .iter()
        .map(|series| series.values[1..][..rows].to_vec());
    let mut columns: Vec<Vec<f64>> = lagged.chain(now).chain(levels).collect();
    if det_order != DetOrder::None {
        columns.iter_mut().for_each(|column| demean(column));
    }
    columns
}
