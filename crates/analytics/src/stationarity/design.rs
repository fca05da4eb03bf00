//! The regressors of an ADF regression, laid out so that one factor serves every number of lags.
//!
//! Columns: constant, trend (as the regression has them), level, Δ of lag 1 … p, and last the
//! dependent Δ. Fewer lags are fewer leading columns.

use super::Regression;
use crate::row_qr::RowQr;
use crate::{Degeneracy, Error, Result};

/// A series scaled so that no square of it can leave the range of `f64`. The statistic does not depend
/// on the scale of a column, nor, with a constant among the regressors, on the origin of the level.
pub(super) struct Design {
    regression: Regression,
    level: Vec<f64>,
    difference: Vec<f64>,
    /// The factor by which the differences were multiplied.
    difference_scale: f64,
}

/// One regression read off a factor.
pub(super) struct Fit {
    /// t of the level's coefficient.
    pub(super) statistic: f64,
    /// Rows of the regression.
    pub(super) rows: usize,
}

/// A residual this small a share of the dependent variable is rounding only.
const EXACT_FIT: f64 = 1e-13;

const WHAT: &str = "the Dickey-Fuller regression";

impl Design {
    /// # Errors
    /// [`Error::NonFinite`], [`Degeneracy::Constant`], [`Degeneracy::OutOfRange`], each naming `series`.
    pub(super) fn new(
        series: &'static str,
        values: &[f64],
        regression: Regression,
    ) -> Result<Self> {
        Error::check_finite(series, values)?;
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low >= high {
            return Err(Degeneracy::Constant(series).into());
        }
        let origin = match regression {
            Regression::None => 0.0,
            Regression::Constant | Regression::ConstantTrend => low + 0.5 * (high - low),
        };
        let mut difference: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mut level: Vec<f64> = values.iter().map(|value| value - origin).collect();
        let (Some(difference_scale), Some(level_scale)) =
            (unit_scale(&difference), unit_scale(&level))
        else {
            return Err(Degeneracy::OutOfRange(series).into());
        };
        difference.iter_mut().for_each(|d| *d *= difference_scale);
        level.iter_mut().for_each(|l| *l *= level_scale);
        Ok(Self {
            regression,
            level,
            difference,
            difference_scale,
        })
    }

    /// The factor of the regression with `max_lag` lags.
    pub(super) fn factor(&self, max_lag: usize) -> RowQr {
        let mut qr = RowQr::new(self.level_column() + max_lag + 2);
        self.absorb(&mut qr, max_lag, max_lag..self.difference.len());
        qr
    }

    /// Residual sum of squares, in units of the series, of the regression with `lag` lags on the rows
    /// of `factor`.
    pub(super) fn ln_residual_sum(
        &self,
        factor: &RowQr,
        max_lag: usize,
        lag: usize,
    ) -> Result<f64> {
        let residual = self.residual(factor, max_lag, lag)?;
        Ok(2.0 * (residual.ln() - self.difference_scale.ln()))
    }

    /// The regression with `lag` lags on every row that it has, given the factor for `max_lag ≥ lag`:
    /// the leading columns of that factor and the few rows that more lags had cost.
    pub(super) fn refit(&self, factor: &RowQr, max_lag: usize, lag: usize) -> Result<Fit> {
        let regressors = self.level_column() + lag + 1;
        let dependent = self.level_column() + max_lag + 1;
        let mut qr = RowQr::new(regressors + 1);
        for row in 0..regressors {
            for column in row..regressors {
                qr.set(row, column, factor.get(row, column));
            }
            qr.set(row, regressors, factor.get(row, dependent));
        }
        qr.set(
            regressors,
            regressors,
            factor.unexplained(dependent, regressors),
        );
        self.absorb(&mut qr, lag, lag..max_lag);
        let residual = self.residual(&qr, lag, lag)?;
        if !qr.has_full_rank(regressors) {
            return Err(Degeneracy::RankDeficient(WHAT).into());
        }
        let rows = self.difference.len() - lag;
        let sigma = residual / ((rows - regressors) as f64).sqrt();
        let statistic = level_t(&qr, self.level_column(), regressors) / sigma;
        if !statistic.is_finite() {
            return Err(Degeneracy::RankDeficient(WHAT).into());
        }
        Ok(Fit { statistic, rows })
    }

    /// # Errors
    /// [`Degeneracy::PerfectFit`]
    fn residual(&self, factor: &RowQr, max_lag: usize, lag: usize) -> Result<f64> {
        let dependent = self.level_column() + max_lag + 1;
        let residual = factor.unexplained(dependent, self.level_column() + lag + 1);
        if residual > EXACT_FIT * factor.unexplained(dependent, 0) {
            Ok(residual)
        } else {
            Err(Degeneracy::PerfectFit(WHAT).into())
        }
    }

    fn level_column(&self) -> usize {
        self.regression.terms()
    }

    /// Feeds the rows whose dependent difference has an index in `rows`.
    fn absorb(&self, qr: &mut RowQr, lags: usize, rows: std::ops::Range<usize>) {
        let level = self.level_column();
        let n = self.difference.len() as f64;
        qr.absorb(rows.len(), |column, first, target| {
            let at = rows.start + first;
            let source = if column < level {
                if column == 0 {
                    target.fill(1.0);
                } else {
                    for (i, slot) in target.iter_mut().enumerate() {
                        *slot = 2.0 * (at + i) as f64 / n - 1.0;
                    }
                }
                return;
            } else if column == level {
                &self.level[at..]
            } else if column <= level + lags {
                &self.difference[at - (column - level)..]
            } else {
                &self.difference[at..]
            };
            target.copy_from_slice(&source[..target.len()]);
        });
    }
}

/// A power of two that brings the greatest magnitude to about 1 without rounding anything.
fn unit_scale(values: &[f64]) -> Option<f64> {
    let greatest = values
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    // Written so that NaN and infinity are refused too; a subnormal's reciprocal may overflow.
    let scale = (-greatest.log2().round().clamp(-1000.0, 1000.0)).exp2();
    (greatest > 0.0 && greatest.is_finite()).then_some(scale)
}

/// Coefficient of the level over the root of its entry of (XᵀX)⁻¹, so t once divided by σ.
fn level_t(qr: &RowQr, level: usize, regressors: usize) -> f64 {
    let mut coefficients = vec![0.0; regressors];
    for row in (level..regressors).rev() {
        let known: f64 = (row + 1..regressors)
            .map(|column| qr.get(row, column) * coefficients[column])
            .sum();
        coefficients[row] = (qr.get(row, regressors) - known) / qr.get(row, row);
    }
    // Row `level` of R⁻¹ by forward substitution on Rᵀ.
    let mut inverse = vec![0.0; regressors];
    let mut sum_of_squares = 0.0;
    for column in level..regressors {
        let unit = if column == level { 1.0 } else { 0.0 };
        let known: f64 = (level..column)
            .map(|row| inverse[row] * qr.get(row, column))
            .sum();
        inverse[column] = (unit - known) / qr.get(column, column);
        sum_of_squares += inverse[column] * inverse[column];
    }
    coefficients[level] / sum_of_squares.sqrt()
}
