//! Newey-West standard errors in O(n) whatever the number of lags.

use super::StandardErrors;
use crate::moments::Moments;

/// Number of lags that the Bartlett kernel spans: ceil(1.3·√n).
fn lags(n: usize) -> usize {
    (1.3 * (n as f64).sqrt()).ceil() as usize
}

/// Newey-West errors of α and β of the fit whose centred moments and residuals are given.
///
/// With Bartlett weights the long-run covariance Σ (1 − |l|/(L+1))·Γ_l of the scores u_t equals the
/// mean of squares of their moving sums over L + 1 terms, zeros beyond both ends:
/// Σ_t (u_t + … + u_{t+L})²/(L+1). A moving sum is a difference of two prefix sums, so no loop over
/// lags is needed, and the estimate cannot be negative.
pub(super) fn standard_errors(
    x: &[f64],
    moments: &Moments,
    residual: impl Fn(usize) -> f64,
) -> StandardErrors {
    let n = x.len();
    let span = lags(n) + 1;
    let mut prefix = Vec::with_capacity(n + 1);
    let mut sum = (0.0, 0.0);
    prefix.push(sum);
    for (t, x) in x.iter().enumerate() {
        let e = residual(t);
        sum = (sum.0 + e, sum.1 + e * (x - moments.mean_x));
        prefix.push(sum);
    }
    let (mut aa, mut ab, mut bb) = (0.0, 0.0, 0.0);
    for end in 1..n + span {
        let (high, low) = (prefix[end.min(n)], prefix[end.saturating_sub(span)]);
        let (a, b) = (high.0 - low.0, high.1 - low.1);
        aa += a * a;
        ab += a * b;
        bb += b * b;
    }
    // Sandwich in centred coordinates: the intercept there is the mean of y.
    let (n, span) = (n as f64, span as f64);
    let mean_variance = aa / span / (n * n);
    let covariance = ab / span / (n * moments.xx);
    let beta_variance = bb / span / (moments.xx * moments.xx);
    let m = moments.mean_x;
    let alpha_variance = mean_variance - 2.0 * m * covariance + m * m * beta_variance;
    StandardErrors {
        alpha: alpha_variance.max(0.0).sqrt(),
        beta: beta_variance.sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_sums_equal_the_sum_over_lags() {
        let n = 40;
        let x: Vec<f64> = (0..n).map(|t| ((t * 37) % 11) as f64).collect();
        let y: Vec<f64> = (0..n).map(|t| ((t * 17) % 13) as f64).collect();
        let moments = Moments::of(&y, &x);
        let line = moments.line().unwrap();
        let e = |t: usize| line.residual(y[t], x[t]);
        let u = |t: usize| e(t) * (x[t] - moments.mean_x);
        let lags = lags(n);
        assert_eq!(lags, 9);
        let mut long_run = 0.0;
        for s in 0..n {
            for t in 0..n {
                let weight = 1.0 - s.abs_diff(t) as f64 / (lags + 1) as f64;
                long_run += weight.max(0.0) * u(s) * u(t);
            }
        }
        let expected = long_run.sqrt() / moments.xx;
        let got = standard_errors(&x, &moments, e).beta;
        assert!((got / expected - 1.0).abs() < 1e-12);
    }
}
