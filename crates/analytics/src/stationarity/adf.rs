//! The augmented Dickey-Fuller test.

use super::design::Design;
use super::lags::resolve;
use super::mackinnon::{self, CriticalValues, Table};
use super::{Lags, Regression};
use crate::Result;

/// What to regress on. The default is statsmodels': a constant, lags by AIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct AdfOptions {
    /// The deterministic terms.
    pub regression: Regression,
    /// How the number of lagged differences is chosen.
    pub lags: Lags,
    /// The greatest number that [`Lags::Aic`] and [`Lags::Bic`] consider; `None` means
    /// [`default_max_lag`](super::default_max_lag).
    pub max_lag: Option<usize>,
}

/// The outcome of an augmented Dickey-Fuller test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adf {
    /// t of the lagged level: the more negative, the more the series returns.
    pub statistic: f64,
    /// Approximate asymptotic p-value of a unit root (MacKinnon 1994), in 0 … 1.
    pub p_value: f64,
    /// Number of lagged differences in the regression.
    pub used_lag: usize,
    /// Number of rows of the regression: n − 1 − `used_lag`.
    pub observations: usize,
    /// Critical values of `statistic` for that many rows (MacKinnon 2010).
    pub critical: CriticalValues,
    /// The criterion of the chosen number of lags, on the rows that all numbers share; `None` when
    /// the number was fixed.
    pub information_criterion: Option<f64>,
}

impl Adf {
    /// Whether a unit root is rejected at 5 %.
    #[must_use]
    pub fn rejects_unit_root(&self) -> bool {
        self.p_value < 0.05
    }
}

/// The augmented Dickey-Fuller test of `series`, as statsmodels' `adfuller`.
///
/// Regresses s_t − s_{t−1} on the deterministic terms, s_{t−1} and p lagged differences. All numbers of
/// lags are compared on the same n − 1 − maximum rows; the chosen one is fitted again on every row that
/// it has. `series` is in any unit, the statistic has none.
///
/// # Errors
/// [`TooFew`](crate::Error::TooFew) when a regression with the greatest number of lags leaves no degree of
/// freedom; [`NonFinite`](crate::Error::NonFinite); [`Degenerate`](crate::Error::Degenerate) when the series is
/// constant, is fitted exactly (a straight line, a repeating pattern), or its regressors are linearly
/// dependent.
///
/// # Cost
/// O(n·p²) time for a maximum of p lags (one triangular factor serves them all), O(n + p²) memory.
///
/// # Source
/// Dickey & Fuller 1979; Said & Dickey 1984; MacKinnon 1994 and 2010; statsmodels 0.15.0
/// `tsa.stattools.adfuller`, which this equals to 1e-8 in the statistic, 1e-6 in p, exactly in the lag. Moves
/// that are tiny beside the level (1e-2 on 1e9) cost this function no digits; there statsmodels itself warns
/// that its design is singular, and agrees again once the level is subtracted.
pub fn adf(series: &[f64], options: AdfOptions) -> Result<Adf> {
    let run = run("series", series, options)?;
    let table = match options.regression {
        Regression::None => Table::UnitRootNone,
        Regression::Constant => Table::UnitRootConstant,
        Regression::ConstantTrend => Table::UnitRootTrend,
    };
    Ok(Adf {
        statistic: run.statistic,
        p_value: mackinnon::p_value(table, run.statistic),
        used_lag: run.used_lag,
        observations: run.rows,
        critical: mackinnon::critical_values(table, run.rows),
        information_criterion: run.criterion,
    })
}

/// An ADF regression before any table is consulted.
pub(crate) struct Run {
    pub(crate) statistic: f64,
    pub(crate) used_lag: usize,
    pub(crate) rows: usize,
    pub(crate) criterion: Option<f64>,
}

/// The regression behind [`adf`]; errors name `name`.
pub(crate) fn run(name: &'static str, series: &[f64], options: AdfOptions) -> Result<Run> {
    let AdfOptions {
        regression,
        lags,
        max_lag,
    } = options;
    let max_lag = resolve(series.len(), regression, lags, max_lag)?;
    let design = Design::new(name, series, regression)?;
    let factor = design.factor(max_lag);
    let rows = (series.len() - 1 - max_lag) as f64;

    let penalty = match lags {
        Lags::Fixed(lag) => {
            let fit = design.refit(&factor, lag, lag)?;
            return Ok(Run {
                statistic: fit.statistic,
                used_lag: lag,
                rows: fit.rows,
                criterion: None,
            });
        }
        Lags::Aic => 2.0,
        Lags::Bic => rows.ln(),
    };
    let mut best = (f64::INFINITY, 0);
    for lag in 0..=max_lag {
        let parameters = (regression.terms() + 1 + lag) as f64;
        let ln_sum = design.ln_residual_sum(&factor, max_lag, lag)?;
        // −2·log-likelihood of the normal regression, as statsmodels writes it.
        let deviance = rows * (ln_sum + 1.0 + (std::f64::consts::TAU / rows).ln());
        let criterion = deviance + penalty * parameters;
        if criterion < best.0 {
            best = (criterion, lag);
        }
    }
    let (criterion, used_lag) = best;
    let fit = design.refit(&factor, max_lag, used_lag)?;
    Ok(Run {
        statistic: fit.statistic,
        used_lag,
        rows: fit.rows,
        criterion: Some(criterion),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_level_beside_tiny_moves_costs_no_digits() {
        let mut draw = 7_u32;
        let mut level = 0.0;
        // Multiples of 2⁻¹⁰, so that an offset of 2³⁰ is added exactly.
        let walk: Vec<f64> = (0..400)
            .map(|_| {
                draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                level += (f64::from(draw >> 24) - 127.5).round() / 1024.0;
                level
            })
            .collect();
        let high: Vec<f64> = walk.iter().map(|v| v + 1_073_741_824.0).collect();
        for regression in [Regression::Constant, Regression::ConstantTrend] {
            let options = AdfOptions {
                regression,
                ..AdfOptions::default()
            };
            let (low, high) = (adf(&walk, options).unwrap(), adf(&high, options).unwrap());
            assert_eq!(low.used_lag, high.used_lag);
            assert!((low.statistic - high.statistic).abs() < 1e-11);
        }
    }
}
