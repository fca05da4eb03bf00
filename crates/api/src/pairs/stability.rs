//! How steady a pair is: hedge ratio and test over windows along the range.

use analytics::{
    Lookback,
    cointegration::{EngleGrangerOptions, engle_granger},
    ols,
};
use api_types::StabilityColumns;
use tokio_util::sync::CancellationToken;

use super::{Rows, analysis::Refusal, rows::count};

/// Windows at most: enough to draw, few enough to wait for.
const WINDOWS: usize = 100;

/// Least squares and Engle-Granger over the `lookback` bars that end at each of up to [`WINDOWS`] evenly spaced
/// rows that are shown, the last closed one among them. `y` and `x` are transformed.
///
/// # Errors
/// When nobody waits for it any more.
pub(super) fn stability(
    rows: &Rows,
    y: &[f64],
    x: &[f64],
    lookback: Lookback,
    cancel: &CancellationToken,
) -> Result<StabilityColumns, Refusal> {
    let bars = lookback.get();
    let shown = rows.shown();
    let stride = shown.len().div_ceil(WINDOWS).max(1);
    let mut columns = StabilityColumns {
        lookback: count(bars),
        ..StabilityColumns::default()
    };
    let mut ends: Vec<usize> = shown.rev().step_by(stride).collect();
    ends.reverse();
    for last in ends {
        if cancel.is_cancelled() {
            return Err(Refusal::Cancelled);
        }
        let window = (last + 1).checked_sub(bars).map(|first| first..=last);
        let found = window.map(|window| {
            let (y, x) = (&y[window.clone()], &x[window]);
            let test = engle_granger(y, x, EngleGrangerOptions::default());
            (ols(y, x).ok(), test.ok())
        });
        let (fit, test) = found.unwrap_or_default();
        columns.time.push(rows.times_ms[last]);
        columns.beta.push(fit.map(|fit| fit.line.beta));
        let errors = fit.and_then(|fit| fit.se_hac);
        columns.beta_se.push(errors.map(|se| se.beta));
        columns.p_value.push(test.map(|test| test.p_value));
    }
    Ok(columns)
}
