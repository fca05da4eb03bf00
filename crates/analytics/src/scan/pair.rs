//! One pair of a scan.

use super::prepared::{Prepared, Symbol};
use super::{Failure, PairFigures, ScanParams};
use crate::align::align;
use crate::cointegration::better_direction_of_legs;
use crate::{Baseline, Error, Estimator, Result, scores, spread_along, walk_forward};

/// What the scan says of the pair of these symbols, each with its position.
pub(super) fn figures(
    (first, a): (usize, &Symbol<'_>),
    (second, b): (usize, &Symbol<'_>),
    params: &ScanParams,
) -> Result<PairFigures, Failure> {
    let failed = |symbol, error| Failure {
        y: first,
        x: second,
        symbol,
        error,
    };
    let a_leg = a.prepared.as_ref();
    let b_leg = b.prepared.as_ref();
    let a_leg = a_leg.map_err(|error| failed(Some(first), *error))?;
    let b_leg = b_leg.map_err(|error| failed(Some(second), *error))?;
    let found = if a.same_times_as == b.same_times_as {
        let last_ms = a.closes.times_ms.last().copied().unwrap_or_default();
        of_rows(a_leg, b_leg, last_ms, params)
    } else {
        joined(a, b, params)
    };
    let (swapped, mut figures) = found.map_err(|error| failed(None, error))?;
    (figures.y, figures.x) = if swapped {
        (second, first)
    } else {
        (first, second)
    };
    Ok(figures)
}

/// Of symbols of which one lacks bars that the other has.
fn joined(a: &Symbol<'_>, b: &Symbol<'_>, params: &ScanParams) -> Result<(bool, PairFigures)> {
    let rows = align(a.closes, b.closes, params.join)?;
    let first = rows.times_ms.partition_point(|&time| time < params.from_ms);
    let tested = &rows.times_ms[first..];
    let Some(&last_ms) = tested.last() else {
        return Err(Error::TooFew { needed: 3, got: 0 });
    };
    let a_leg = Prepared::new(&rows.times_ms, &rows.y, params)?;
    let b_leg = Prepared::new(&rows.times_ms, &rows.x, params)?;
    let (swapped, mut figures) = of_rows(&a_leg, &b_leg, last_ms, params)?;
    figures.filled = tested.len() - in_both(tested, a.closes.times_ms, b.closes.times_ms);
    Ok((swapped, figures))
}

/// How many of these times are among both; all ascend.
fn in_both(times: &[i64], a: &[i64], b: &[i64]) -> usize {
    let (mut a, mut b) = (a, b);
    let has = |series: &mut &[i64], time: i64| {
        *series = &series[series.partition_point(|&t| t < time)..];
        series.first() == Some(&time)
    };
    let both = times
        .iter()
        .filter(|&&time| has(&mut a, time) & has(&mut b, time));
    both.count()
}

/// Of legs with the same rows. Whether b on a is the better direction, and the figures of that; positions and q
/// are still to come.
fn of_rows(
    a: &Prepared,
    b: &Prepared,
    last_ms: i64,
    params: &ScanParams,
) -> Result<(bool, PairFigures)> {
    let better = better_direction_of_legs(&a.leg, &b.leg, params.engle_granger)?;
    let (y, x) = if better.swapped { (b, a) } else { (a, b) };
    let figures = PairFigures {
        y: 0,
        x: 0,
        p_y_on_x: better.test.p_value,
        p_x_on_y: better.other.p_value,
        p_pair: (2.0 * better.test.p_value).min(1.0),
        q: 1.0,
        statistic: better.test.statistic,
        beta: better.test.beta,
        half_life_bars: better.half_life.ok().and_then(|found| found.bars),
        hurst: better.hurst.ok(),
        correlation: y.correlation(x),
        z: last_z(&y.tail, &x.tail, params),
        last_ms,
        observations: y.leg.values().len(),
        filled: 0,
    };
    Ok((better.swapped, figures))
}

/// The walk-forward z-score of the last row, from the rows that it depends on and no others.
fn last_z(y: &[f64], x: &[f64], params: &ScanParams) -> Option<f64> {
    let lines = walk_forward(y, x, Estimator::Ols, params.lookback).ok()?;
    let spread = spread_along(y, x, &lines).ok()?;
    let scores = scores(&spread, params.window, Baseline::Inclusive).ok()?;
    scores.last().copied().flatten().map(|score| score.z)
}
