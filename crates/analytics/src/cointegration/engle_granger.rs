//! Engle & Granger's two-step test.

use super::leg::{Leg, Line, cross};
use crate::stationarity::mackinnon::{self, CriticalValues, Table};
use crate::stationarity::{self, AdfOptions, Lags, Regression};
use crate::{Degeneracy, Error, Result};

/// How the lags of the residual regression are chosen; the default is statsmodels' (AIC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct EngleGrangerOptions {
    /// The rule.
    pub lags: Lags,
    /// The greatest number that [`Lags::Aic`] and [`Lags::Bic`] consider; `None` means
    /// [`default_max_lag`](stationarity::default_max_lag).
    pub max_lag: Option<usize>,
}

/// The outcome for one direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EngleGranger {
    /// t of the lagged residual: the more negative, the more the spread returns.
    pub statistic: f64,
    /// Approximate asymptotic p-value of "not cointegrated" (MacKinnon 1994, N = 2), in 0 … 1.
    pub p_value: f64,
    /// Critical values of `statistic` (MacKinnon 2010, N = 2, at n − 1 observations).
    pub critical: CriticalValues,
    /// Lagged differences in the residual regression.
    pub used_lag: usize,
    /// Slope of the line whose residuals were tested, in units of y per unit of x.
    pub beta: f64,
    /// Its intercept, in units of y.
    pub alpha: f64,
    /// Its share of explained variance, in 0 … 1.
    pub r_squared: f64,
}

impl EngleGranger {
    /// Whether "not cointegrated" is rejected at 5 %.
    #[must_use]
    pub fn rejects(&self) -> bool {
        self.p_value < 0.05
    }
}

/// Both directions of a pair; one can fail while the other does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BothDirections {
    /// y regressed on x: the direction of the verdict.
    pub y_on_x: Result<EngleGranger>,
    /// x regressed on y.
    pub x_on_y: Result<EngleGranger>,
}

impl BothDirections {
    /// One p-value for the pair, whichever leg is called y: min(1, 2·min(p, p′)) (Bonferroni over
    /// the directions). The first error if a direction has none.
    ///
    /// # Errors
    /// That of the direction that failed, y on x first.
    pub fn pair_p_value(&self) -> Result<f64> {
        let (forth, back) = (self.y_on_x?, self.x_on_y?);
        Ok((2.0 * forth.p_value.min(back.p_value)).min(1.0))
    }
}

/// Share of explained variance from which the residuals are rounding errors: 1 − 100·√ε, where
/// statsmodels answers −∞ with p = 0 and we refuse.
pub(super) const COLLINEAR_R_SQUARED: f64 = 1.0 - 100.0 * 1.490_116_119_384_765_6e-8;

/// Engle-Granger's test of `y` on `x` with a constant, as statsmodels' `coint`.
///
/// `y` and `x` are closes in any unit, of the same bars.
///
/// # Errors
/// [`LengthMismatch`](Error::LengthMismatch); [`TooFew`](Error::TooFew); [`NonFinite`](Error::NonFinite);
/// [`Degenerate`](Error::Degenerate) when a leg is constant, the legs are collinear (R² ≥ 1 − 100·√ε) or
/// the residuals repeat a pattern exactly.
///
/// # Cost
/// That of [`adf`](stationarity::adf), about.
///
/// # Source
/// Engle & Granger 1987; MacKinnon 1994 and 2010; statsmodels 0.15.0 `tsa.stattools.coint`, which this
/// equals to 1e-8 in the statistic and 1e-6 in p.
pub fn engle_granger(y: &[f64], x: &[f64], options: EngleGrangerOptions) -> Result<EngleGranger> {
    Error::check_pair(y, x, 3)?;
    engle_granger_of_legs(&Leg::new("y", y)?, &Leg::new("x", x)?, options)
}

/// [`engle_granger`] in both directions.
///
/// # Errors
/// As [`engle_granger`] for what concerns both directions; what concerns one is inside the result.
///
/// # Cost
/// Twice [`engle_granger`].
pub fn engle_granger_both(
    y: &[f64],
    x: &[f64],
    options: EngleGrangerOptions,
) -> Result<BothDirections> {
    Error::check_pair(y, x, 3)?;
    let (y, x) = (Leg::new("y", y)?, Leg::new("x", x)?);
    Ok(BothDirections {
        y_on_x: engle_granger_of_legs(&y, &x, options),
        x_on_y: engle_granger_of_legs(&x, &y, options),
    })
}

/// [`engle_granger`] of legs that were prepared before, for scanners.
///
/// # Errors
/// As [`engle_granger`].
///
/// # Cost
/// As [`engle_granger`], without checking, centring and summing the legs again.
pub fn engle_granger_of_legs(
    y: &Leg,
    x: &Leg,
    options: EngleGrangerOptions,
) -> Result<EngleGranger> {
    let line = Line::fit(y, x, cross(y, x)?)?;
    let residuals = line.residuals(y, x);
    of_residuals(&line, &residuals, options)
}

/// The second step, on the residuals of the first.
pub(super) fn of_residuals(
    line: &Line,
    residuals: &[f64],
    options: EngleGrangerOptions,
) -> Result<EngleGranger> {
    if line.r_squared >= COLLINEAR_R_SQUARED {
        return Err(Degeneracy::Collinear.into());
    }
    let regression = AdfOptions {
        regression: Regression::None,
        lags: options.lags,
        max_lag: options.max_lag,
    };
    let run = stationarity::run("residuals", residuals, regression)?;
    Ok(EngleGranger {
        statistic: run.statistic,
        p_value: mackinnon::p_value(Table::ResidualsOfTwo, run.statistic),
        critical: mackinnon::critical_values(Table::ResidualsOfTwo, residuals.len() - 1),
        used_lag: run.used_lag,
        beta: line.beta,
        alpha: line.alpha,
        r_squared: line.r_squared,
    })
}
