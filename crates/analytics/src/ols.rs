//! Ordinary least squares of one series on another, with the errors that autocorrelation leaves.

mod hac;

use crate::{
    error::{Degeneracy, Error, Result},
    line::Line,
    moments::Moments,
};

/// A least squares fit of y = α + β·x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ols {
    /// Intercept and slope.
    pub line: Line,
    /// Number of observations.
    pub observations: usize,
    /// Share of the variance of `y` that the line explains; `None` if `y` does not vary.
    pub r2: Option<f64>,
    /// Standard deviation of the residuals with n − 2 degrees of freedom, in units of `y`; `None`
    /// for two observations.
    pub sigma: Option<f64>,
    /// Textbook standard errors; `None` for two observations. They assume independent residuals,
    /// which spreads never have: show [`Ols::se_hac`].
    pub se: Option<StandardErrors>,
    /// Newey-West standard errors, robust to autocorrelation and changing variance: Bartlett weights
    /// over ceil(1.3·√n) lags, no small-sample correction; `None` for two observations.
    pub se_hac: Option<StandardErrors>,
}

/// Standard errors of both coefficients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StandardErrors {
    /// Of the intercept.
    pub alpha: f64,
    /// Of the slope.
    pub beta: f64,
}

impl Ols {
    /// Textbook t of the slope, β/se; `None` without standard errors or when the fit is exact.
    #[must_use]
    pub fn t_beta(&self) -> Option<f64> {
        let se = self.se?.beta;
        (se > 0.0).then(|| self.line.beta / se)
    }

    /// Textbook t of the intercept, α/se; `None` as for [`Ols::t_beta`].
    #[must_use]
    pub fn t_alpha(&self) -> Option<f64> {
        let se = self.se?.alpha;
        (se > 0.0).then(|| self.line.alpha / se)
    }
}

/// Fits y = α + β·x by least squares, centred, with standard errors.
///
/// `y` and `x` have equal lengths n ≥ 2. O(n), the Newey-West errors included.
///
/// ```
/// let y = [3.1, 4.9, 7.2, 8.8];
/// let x = [1.0, 2.0, 3.0, 4.0];
/// let fit = analytics::ols(&y, &x)?;
/// assert!((fit.line.beta - 1.94).abs() < 1e-12);
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// Source: Newey and West (1987), "A Simple, Positive Semi-Definite, Heteroskedasticity and
/// Autocorrelation Consistent Covariance Matrix", for `se_hac`.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::TooFew`], [`Error::NonFinite`]; [`Error::Degenerate`] if `x`
/// is constant or the sums of squares leave the range of `f64`.
pub fn ols(y: &[f64], x: &[f64]) -> Result<Ols> {
    Error::check_pair(y, x, 2)?;
    let moments = Moments::of(y, x);
    let line = line(y, x, &moments)?;
    let n = y.len();
    let residual = |t: usize| (y[t] - moments.mean_y) - line.beta * (x[t] - moments.mean_x);
    let ssr: f64 = (0..n).map(|t| residual(t) * residual(t)).sum();
    let out_of_range = Error::Degenerate(Degeneracy::OutOfRange("y"));
    if !(ssr.is_finite() && moments.yy.is_finite()) {
        return Err(out_of_range);
    }
    let errors = (n > 2).then(|| {
        let variance = ssr / (n - 2) as f64;
        let beta = (variance / moments.xx).sqrt();
        let mean_part = variance / n as f64;
        let alpha = (mean_part + (beta * moments.mean_x).powi(2)).sqrt();
        (
            variance.sqrt(),
            StandardErrors { alpha, beta },
            hac::standard_errors(x, &moments, residual),
        )
    });
    if let Some((sigma, se, hac)) = errors {
        let all = [sigma, se.alpha, se.beta, hac.alpha, hac.beta];
        if !all.iter().all(|v| v.is_finite()) {
            return Err(out_of_range);
        }
    }
    Ok(Ols {
        line,
        observations: n,
        r2: (moments.yy > 0.0).then(|| 1.0 - ssr / moments.yy),
        sigma: errors.map(|(sigma, _, _)| sigma),
        se: errors.map(|(_, se, _)| se),
        se_hac: errors.map(|(_, _, hac)| hac),
    })
}

/// The coefficients alone. O(n).
///
/// # Errors
/// As [`ols`].
pub fn ols_line(y: &[f64], x: &[f64]) -> Result<Line> {
    Error::check_pair(y, x, 2)?;
    line(y, x, &Moments::of(y, x))
}

fn line(y: &[f64], x: &[f64], moments: &Moments) -> Result<Line> {
    if x.iter().all(|&v| v == x[0]) {
        return Err(Degeneracy::Constant("x").into());
    }
    // A constant y is a line of its own; the sums could leave a rounding error in β.
    if y.iter().all(|&v| v == y[0]) {
        return Ok(Line {
            alpha: y[0],
            beta: 0.0,
        });
    }
    if !moments.xx.is_normal() {
        return Err(Degeneracy::OutOfRange("x").into());
    }
    moments
        .line()
        .ok_or_else(|| Degeneracy::OutOfRange("y").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_points_give_their_line_and_no_errors() {
        let fit = ols(&[1.0, 3.0], &[2.0, 6.0]).unwrap();
        assert_eq!(fit.line.beta, 0.5);
        assert_eq!(fit.line.alpha, 0.0);
        assert_eq!((fit.sigma, fit.se, fit.se_hac), (None, None, None));
        assert_eq!(fit.t_beta(), None);
    }

    #[test]
    fn a_constant_x_or_one_point_is_an_error() {
        let y = [1.0, 2.0, 3.0];
        assert_eq!(
            ols(&y, &[5.0; 3]),
            Err(Degeneracy::Constant("x").into()),
            "statsmodels answers a line through the origin"
        );
        assert_eq!(
            ols(&[1.0], &[1.0]),
            Err(Error::TooFew { needed: 2, got: 1 })
        );
        assert!(ols(&y, &[1.0, 2.0]).is_err());
    }

    #[test]
    fn a_constant_y_is_a_flat_line_without_r2() {
        let fit = ols(&[0.1; 4], &[1.0, 2.0, 4.0, 8.0]).unwrap();
        assert_eq!(
            fit.line,
            Line {
                alpha: 0.1,
                beta: 0.0
            }
        );
        assert_eq!(fit.r2, None);
        assert_eq!(fit.sigma, Some(0.0));
        assert_eq!(fit.t_beta(), None);
    }

    #[test]
    fn small_moves_on_a_huge_offset_keep_their_slope() {
        let x: Vec<f64> = (0..100).map(|t| 1e9 + f64::from(t % 7) / 1_024.0).collect();
        let y: Vec<f64> = x.iter().map(|x| 2.0 * (x - 1e9) - 3e9).collect();
        let line = ols_line(&y, &x).unwrap();
        assert!((line.beta - 2.0).abs() < 1e-10, "{line:?}");
    }

    #[test]
    fn values_whose_squares_overflow_are_refused() {
        let y = [1e200, -1e200, 3e200];
        assert!(matches!(
            ols(&y, &[1e200, 2e200, -2e200]),
            Err(Error::Degenerate(Degeneracy::OutOfRange(_)))
        ));
        assert!(ols(&[1.0, 2.0, 1.0], &[5e-324, 0.0, 1e-323]).is_err());
    }
}
