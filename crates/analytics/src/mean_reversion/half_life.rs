//! The half-life of a deviation.

use crate::{Degeneracy, Error, Result};

/// Speed of return of a series, from the regression Δs_t = c + λ·s_{t−1} + error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HalfLife {
    /// λ, per bar: the share of a deviation that one bar takes away, negative when the series returns.
    pub lambda: f64,
    /// c, in units of the series.
    pub intercept: f64,
    /// t of λ; `None` when the regression leaves no residual.
    pub lambda_t: Option<f64>,
    /// −ln 2/λ, in bars: the continuous-time (Ornstein-Uhlenbeck) reading. `None` when λ ≥ 0 (no
    /// return) or λ ≤ −1 (overshoot).
    pub bars: Option<f64>,
    /// −ln 2/ln(1 + λ), in bars: the discrete-time reading. `None` with `bars`.
    pub bars_discrete: Option<f64>,
}

impl HalfLife {
    /// The half-life as a time, given the length of a bar; the unit is the argument's.
    #[must_use]
    pub fn time(&self, bar_length: f64) -> Option<f64> {
        self.bars.map(|bars| bars * bar_length)
    }
}

/// Half-life of `series` (in-sample residuals of a pair; any unit).
///
/// # Errors
/// [`TooFew`](Error::TooFew) below 4 values; [`NonFinite`](Error::NonFinite); [`Degenerate`](Error::Degenerate) when
/// the lagged series is constant or out of range.
///
/// # Cost
/// O(n) time, O(n) memory.
///
/// # Source
/// The regression of Δs on lagged s, as in E. Chan, *Algorithmic Trading* (2013), ch. 2; statsmodels
/// OLS to 1e-8.
pub fn half_life(series: &[f64]) -> Result<HalfLife> {
    Error::check_enough(4, series.len())?;
    Error::check_finite("series", series)?;
    let lagged = &series[..series.len() - 1];
    let low = series.iter().copied().fold(f64::INFINITY, f64::min);
    let high = series.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !(high - low).is_finite() {
        return Err(Degeneracy::OutOfRange("series").into());
    }
    if lagged.iter().all(|value| *value == lagged[0]) {
        return Err(Degeneracy::Constant("the lagged series").into());
    }
    // A power of two and an origin near the data: nothing is rounded that the data had, and no square
    // leaves the range of f64.
    let scale = (-(high - low).log2().round().clamp(-1000.0, 1000.0)).exp2();
    let origin = low + 0.5 * (high - low);
    let x: Vec<f64> = lagged.iter().map(|v| (v - origin) * scale).collect();
    let y: Vec<f64> = series
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) * scale)
        .collect();
    let n = x.len() as f64;
    let (x_mean, y_mean) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let (mut xx, mut xy) = (0.0, 0.0);
    for (x, y) in x.iter().zip(&y) {
        xx += (x - x_mean) * (x - x_mean);
        xy += (x - x_mean) * (y - y_mean);
    }
    let lambda = xy / xx;
    let (mut rss, mut tss) = (0.0, 0.0);
    for (x, y) in x.iter().zip(&y) {
        rss += (y - y_mean - lambda * (x - x_mean)).powi(2);
        tss += (y - y_mean).powi(2);
    }
    let t = lambda / (rss / (n - 2.0) / xx).sqrt();
    let intercept = (y_mean - lambda * (x_mean + origin * scale)) / scale;
    if !(lambda.is_finite() && intercept.is_finite()) {
        return Err(Degeneracy::OutOfRange("series").into());
    }
    let returns = -1.0 < lambda && lambda < 0.0;
    Ok(HalfLife {
        lambda,
        intercept,
        lambda_t: (t.is_finite() && rss > 1e-26 * tss).then_some(t),
        bars: finite_if(returns, -std::f64::consts::LN_2 / lambda),
        bars_discrete: finite_if(returns, -std::f64::consts::LN_2 / lambda.ln_1p()),
    })
}

fn finite_if(holds: bool, value: f64) -> Option<f64> {
    (holds && value.is_finite()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deviation_that_halves_every_bar_has_no_t_and_both_half_lives() {
        let halving: Vec<f64> = (0..10).map(|t| 64.0 / f64::from(1 << t)).collect();
        let found = half_life(&halving).unwrap();
        assert!((found.lambda + 0.5).abs() < 1e-12);
        assert_eq!(found.lambda_t, None);
        assert!((found.bars_discrete.unwrap() - 1.0).abs() < 1e-12);
        assert!((found.bars.unwrap() - 2.0 * std::f64::consts::LN_2).abs() < 1e-12);
        assert!((found.time(60.0).unwrap() - 120.0 * std::f64::consts::LN_2).abs() < 1e-9);
    }

    #[test]
    fn a_series_that_runs_away_or_overshoots_has_no_half_life() {
        let grows: Vec<f64> = (0..20).map(|t| 1.1_f64.powi(t)).collect();
        let found = half_life(&grows).unwrap();
        assert!(found.lambda > 0.0);
        assert_eq!((found.bars, found.bars_discrete), (None, None));
        let flips: Vec<f64> = (0..20).map(|t| (-1.05_f64).powi(t)).collect();
        let found = half_life(&flips).unwrap();
        assert!(found.lambda < -1.0);
        assert_eq!((found.bars, found.bars_discrete), (None, None));
    }

    #[test]
    fn a_flat_series_is_refused() {
        assert_eq!(
            half_life(&[5.0; 60]),
            Err(Degeneracy::Constant("the lagged series").into())
        );
        assert!(half_life(&[5.0, 5.0, 5.0, 7.0]).is_err());
    }

    #[test]
    fn scale_and_offset_do_not_matter() {
        let base: Vec<f64> = (0..200).map(|t| f64::from((t * 37) % 41)).collect();
        let tiny: Vec<f64> = base.iter().map(|v| v * 1e-300).collect();
        let huge: Vec<f64> = base.iter().map(|v| v * 1e300).collect();
        let shifted: Vec<f64> = base.iter().map(|v| v + 1e9).collect();
        let expected = half_life(&base).unwrap();
        for series in [tiny, huge, shifted] {
            let found = half_life(&series).unwrap();
            assert!((found.lambda - expected.lambda).abs() < 1e-12);
            assert!((found.lambda_t.unwrap() - expected.lambda_t.unwrap()).abs() < 1e-9);
        }
    }
}
