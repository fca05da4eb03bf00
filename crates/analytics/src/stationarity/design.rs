//! The regressors of an ADF regression, laid out so that one factor serves every number of lags.
//!
//! Columns: constant, trend (as the regression has them), level, Δ of lag 1 … p, and last the
//! dependent Δ. Fewer lags are fewer leading columns.

use super::Regression;
use super::products::{self, Columns};
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
        if regression != Regression::None {
            let mean = level.iter().sum::<f64>() / level.len() as f64;
            level.iter_mut().for_each(|l| *l -= mean);
        }
        Ok(Self {
            regression,
            level,
            difference,
            difference_scale,
        })
    }

    /// The factor of the regression with `max_lag` lags.
    pub(super) fn factor(&self, max_lag: usize) -> RowQr {
        self.factor_by_products(max_lag)
            .unwrap_or_else(|| self.factor_by_reflections(max_lag))
    }

    fn factor_by_products(&self, max_lag: usize) -> Option<RowQr> {
        let rows = self.difference.len() - max_lag;
        let deterministic: Vec<Vec<f64>> = (0..self.level_column())
            .map(|column| {
                let mut values = vec![0.0; rows];
                self.fill_deterministic(column, max_lag, &mut values);
                values
            })
            .collect();
        products::factor(&Columns {
            deterministic: &deterministic,
            level: &self.level[max_lag..][..rows],
            difference: &self.difference,
        })
    }

    fn factor_by_reflections(&self, max_lag: usize) -> RowQr {
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

    /// The constant or the trend for the rows from the one with index `first` on.
    fn fill_deterministic(&self, column: usize, first: usize, target: &mut [f64]) {
        let n = self.difference.len() as f64;
        for (i, slot) in target.iter_mut().enumerate() {
            *slot = if column == 0 {
                1.0
            } else {
                2.0 * (first + i) as f64 / n - 1.0
            };
        }
    }

    fn level_column(&self) -> usize {
        self.regression.terms()
    }

    /// Feeds the rows whose dependent difference has an index in `rows`.
    fn absorb(&self, qr: &mut RowQr, lags: usize, rows: std::ops::Range<usize>) {
        let level = self.level_column();
        qr.absorb(rows.len(), |column, first, target| {
            let at = rows.start + first;
            let source = if column < level {
                self.fill_deterministic(column, at, target);
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

#[cfg(test)]
mod tests {
    use super::*;

    const REGRESSIONS: [Regression; 3] = [
        Regression::None,
        Regression::Constant,
        Regression::ConstantTrend,
    ];

    fn noise(seed: u64) -> impl FnMut() -> f64 {
        let mut bits = seed;
        move || {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (bits >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        }
    }

    /// s_t = keep·s_{t−1} + noise at a price of some height.
    fn series(n: usize, keep: f64, height: f64) -> Vec<f64> {
        let mut next = noise(n as u64);
        let mut level = 0.0;
        (0..n)
            .map(|_| {
                level = keep * level + next();
                height + level
            })
            .collect()
    }

    #[test]
    fn inner_products_and_reflections_give_the_same_regressions() {
        for keep in [-0.5, 0.0, 0.9, 0.999, 1.0] {
            for regression in REGRESSIONS {
                let height = if regression == Regression::None {
                    0.0
                } else {
                    60_000.0
                };
                let design = Design::new("series", &series(900, keep, height), regression).unwrap();
                let fast = design.factor_by_products(20).expect("a harmless series");
                let safe = design.factor_by_reflections(20);
                for lag in 0..=20 {
                    let fast_sum = design.ln_residual_sum(&fast, 20, lag).unwrap();
                    let safe_sum = design.ln_residual_sum(&safe, 20, lag).unwrap();
                    assert!((fast_sum - safe_sum).abs() < 1e-12);
                    let fast = design.refit(&fast, 20, lag).unwrap().statistic;
                    let safe = design.refit(&safe, 20, lag).unwrap().statistic;
                    assert!(
                        (fast - safe).abs() < 1e-10 * safe.abs().max(1.0),
                        "{fast} {safe}"
                    );
                }
            }
        }
    }

    #[test]
    fn inner_products_stand_back_where_they_are_too_coarse() {
        let design = |values: &[f64]| Design::new("series", values, Regression::Constant).unwrap();
        // One step that dwarfs all others, at the end and at the start.
        let mut jump = series(900, 0.9, 100.0);
        jump[899] = 1e12;
        assert!(design(&jump).factor_by_products(20).is_none());
        jump.reverse();
        assert!(design(&jump).factor_by_products(20).is_none());
        // A parabola with a breath of noise: its differences are nearly a line.
        let mut next = noise(3);
        let smooth: Vec<f64> = (0..900).map(|t| f64::from(t * t) + 1e-3 * next()).collect();
        assert!(design(&smooth).factor_by_products(20).is_none());
    }
}
