//! The series of a pair, as they are sent.

use std::ops::Range;

use analytics::PairAnalysis;
use api_types::PairColumns;

use super::Rows;

/// The rows `shown` of an analysis of all of `rows`; a Kalman filter's own columns if there are any.
pub(crate) fn columns(rows: &Rows, analysis: &PairAnalysis, shown: Range<usize>) -> PairColumns {
    let part = |column: &[Option<f64>]| column[shown.clone()].to_vec();
    let is_kalman = !analysis.kalman.is_empty();
    let filtered = |figure: fn(&analytics::KalmanStep) -> f64| {
        let steps = || analysis.kalman[shown.clone()].iter();
        let value = |step: &analytics::KalmanStep| Some(figure(step)).filter(|v| v.is_finite());
        is_kalman.then(|| steps().map(|step| step.as_ref().and_then(value)).collect())
    };
    let lines = &analysis.lines[shown.clone()];
    PairColumns {
        time: rows.times_ms[shown.clone()].to_vec(),
        y: rows.y[shown.clone()].to_vec(),
        x: rows.x[shown.clone()].to_vec(),
        alpha: lines.iter().map(|line| line.map(|l| l.alpha)).collect(),
        beta: lines.iter().map(|line| line.map(|l| l.beta)).collect(),
        spread: part(&analysis.spread),
        spread_mean: part(&analysis.spread_mean),
        spread_sd: part(&analysis.spread_sd),
        z: part(&analysis.z),
        correlation: part(&analysis.correlation),
        beta_sd: filtered(|step| step.var_beta.sqrt()),
        innovation_sd: filtered(|step| step.innovation_variance.sqrt()),
        closed: shown.clone().map(|row| row < rows.closed).collect(),
    }
}
