//! The reduced-rank regression behind the test.

use nalgebra::DMatrix;

use super::detrend::{demean, detrend};
use super::tables;
use crate::row_qr::RowQr;
use crate::{Degeneracy, Error, Result};

/// The deterministic terms of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum DetOrder {
    /// None (`det_order = -1`).
    None,
    /// A constant (`det_order = 0`).
    #[default]
    Constant,
    /// A constant and a linear trend (`det_order = 1`).
    Trend,
}

/// Parameters of [`johansen`]; the default is a constant and one lagged difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JohansenOptions {
    /// The deterministic terms.
    pub det_order: DetOrder,
    /// Lagged differences of every series in the model (`k_ar_diff`).
    pub lagged_differences: usize,
}

impl Default for JohansenOptions {
    fn default() -> Self {
        Self {
            det_order: DetOrder::Constant,
            lagged_differences: 1,
        }
    }
}

/// Values above which a statistic rejects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JohansenValues {
    /// With 90 % confidence.
    pub at_90: f64,
    /// With 95 % confidence.
    pub at_95: f64,
    /// With 99 % confidence.
    pub at_99: f64,
}

/// The statistic for one rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JohansenRank {
    /// The likelihood-ratio statistic.
    pub statistic: f64,
    /// Its critical values.
    pub critical: JohansenValues,
}

/// The outcome for m series. Every list has m entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Johansen {
    /// Trace statistics: entry r tests "at most r stationary combinations".
    pub trace: Vec<JohansenRank>,
    /// Maximum-eigenvalue statistics: entry r tests r combinations against r + 1.
    pub max_eigenvalue: Vec<JohansenRank>,
    /// Eigenvalues (squared canonical correlations), falling, in 0 … 1.
    pub eigenvalues: Vec<f64>,
    /// The combination that belongs to each eigenvalue: one weight per series, in 1/unit of that
    /// series, scaled so that the combination has unit variance once lagged differences are regressed
    /// out, first weight not negative.
    pub vectors: Vec<Vec<f64>>,
    /// Rows of the regression: n − 1 − lagged differences.
    pub observations: usize,
}

impl Johansen {
    /// The number of stationary combinations by the trace statistic at 95 %: the first r that is not
    /// rejected.
    #[must_use]
    pub fn rank_at_95(&self) -> usize {
        self.trace
            .iter()
            .take_while(|rank| rank.statistic > rank.critical.at_95)
            .count()
    }
}

const WHAT: &str = "Johansen's regression";

/// Johansen's test of `series` (1 to 12 of them, each in its own unit, of equal length).
///
/// # Errors
/// [`BadParameter`](Error::BadParameter) for no or more than 12 series; [`LengthMismatch`](Error::LengthMismatch);
/// [`TooFew`](Error::TooFew) when the regressions leave no freedom; [`NonFinite`](Error::NonFinite);
/// [`Degenerate`](Error::Degenerate) when a series is constant (after its deterministic terms) or a linear
/// combination of the others.
///
/// # Cost
/// O(n·m²·(lags + 2)²) time, O(n·m) memory.
///
/// # Source
/// Johansen 1988 and 1991; statsmodels 0.15.0 `tsa.vector_ar.vecm.coint_johansen`, which this equals to
/// 1e-8. Canonical correlations are taken from triangular factors, never from inverted covariances
/// (Björck & Golub 1973).
pub fn johansen(series: &[&[f64]], options: JohansenOptions) -> Result<Johansen> {
    let JohansenOptions {
        det_order,
        lagged_differences: lags,
    } = options;
    let m = series.len();
    let prepared = prepare(series, options)?;
    let rows = prepared[0].values.len() - 1 - lags;
    let columns = columns(&prepared, det_order, lags, rows);
    let mut qr = RowQr::new(columns.len());
    qr.absorb(rows, |column, first, target| {
        target.copy_from_slice(&columns[column][first..][..target.len()]);
    });
    if !qr.has_full_rank(columns.len()) {
        return Err(Degeneracy::RankDeficient(WHAT).into());
    }

    // Differences and levels with the lagged differences regressed out are Q₀·R₀₀ and
    // Q₀·R₀ₖ + Qₖ·Rₖₖ. The orthonormal basis of the latter, split into its part within the span of the
    // former and the rest, has the cosines and the sines of the angles between them as singular values.
    let lagged = m * lags;
    let stacked = DMatrix::from_fn(2 * m, m, |row, column| {
        if row <= m + column {
            qr.get(lagged + row, lagged + m + column)
        } else {
            0.0
        }
    });
    let decomposed = stacked.qr();
    let (basis, levels) = (decomposed.q(), decomposed.r());
    let within = basis.rows(0, m).into_owned().svd(false, true);
    let mut sines = basis.rows(m, m).into_owned().singular_values();
    sines.as_mut_slice().sort_by(f64::total_cmp);
    let directions = within.v_t.ok_or(Degeneracy::RankDeficient(WHAT))?;
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by(|&a, &b| within.singular_values[b].total_cmp(&within.singular_values[a]));

    let eigenvalues: Vec<f64> = order
        .iter()
        .map(|&i| within.singular_values[i].powi(2).min(1.0))
        .collect();
    let deviances = eigenvalues
        .iter()
        .zip(sines.iter())
        .map(|(eigenvalue, sine)| {
            // ln(1 − λ) from whichever of cosine and sine is small.
            let ln = if *eigenvalue < 0.5 {
                (-eigenvalue).ln_1p()
            } else {
                2.0 * sine.ln()
            };
            let deviance = -(rows as f64) * ln;
            if deviance.is_finite() {
                Ok(deviance)
            } else {
                Err(Error::from(Degeneracy::PerfectFit(WHAT)))
            }
        })
        .collect::<Result<Vec<f64>>>()?;

    let mut vectors = Vec::with_capacity(m);
    for &i in &order {
        let direction = directions.row(i).transpose();
        let weights = levels
            .solve_upper_triangular(&direction)
            .ok_or(Degeneracy::RankDeficient(WHAT))?
            * (rows as f64).sqrt();
        let mut weights: Vec<f64> = weights
            .iter()
            .zip(&prepared)
            .map(|(weight, series)| weight * series.scale)
            .collect();
        if weights.iter().any(|weight| !weight.is_finite()) {
            return Err(Degeneracy::OutOfRange("series").into());
        }
        if weights[0] < 0.0 {
            weights.iter_mut().for_each(|weight| *weight = -*weight);
        }
        vectors.push(weights);
    }

    let (trace_table, eigenvalue_table) = match det_order {
        DetOrder::None => (&tables::TRACE_NONE, &tables::MAX_EIGENVALUE_NONE),
        DetOrder::Constant => (&tables::TRACE_CONSTANT, &tables::MAX_EIGENVALUE_CONSTANT),
        DetOrder::Trend => (&tables::TRACE_TREND, &tables::MAX_EIGENVALUE_TREND),
    };
    Ok(Johansen {
        trace: (0..m)
            .map(|r| rank(deviances[r..].iter().sum(), trace_table[m - r - 1]))
            .collect(),
        max_eigenvalue: (0..m)
            .map(|r| rank(deviances[r], eigenvalue_table[m - r - 1]))
            .collect(),
        eigenvalues,
        vectors,
        observations: rows,
    })
}

fn rank(statistic: f64, [at_90, at_95, at_99]: [f64; 3]) -> JohansenRank {
    JohansenRank {
        statistic,
        critical: JohansenValues {
            at_90,
            at_95,
            at_99,
        },
    }
}

/// A series without its deterministic terms, scaled to about 1.
struct Prepared {
    values: Vec<f64>,
    scale: f64,
}

fn prepare(series: &[&[f64]], options: JohansenOptions) -> Result<Vec<Prepared>> {
    let m = series.len();
    if !(1..=tables::MOST_SERIES).contains(&m) {
        return Err(Error::BadParameter {
            name: "the number of series",
            allowed: "from 1 to 12",
        });
    }
    let n = series[0].len();
    if let Some(other) = series.iter().find(|other| other.len() != n) {
        return Err(Error::LengthMismatch {
            left: n,
            right: other.len(),
        });
    }
    let terms = match options.det_order {
        DetOrder::None => 0,
        DetOrder::Constant => 1,
        DetOrder::Trend => 2,
    };
    // Rows n − 1 − lags must exceed the m·(lags + 2) columns and the deterministic terms.
    let lags = options.lagged_differences;
    let needed = lags
        .saturating_add(2)
        .saturating_mul(m)
        .saturating_add(lags)
        .saturating_add(2 + terms);
    Error::check_enough(needed, n)?;
    series
        .iter()
        .map(|values| {
            Error::check_finite("series", values)?;
            let greatest = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            if low == values.iter().copied().fold(f64::NEG_INFINITY, f64::max) {
                return Err(Degeneracy::Constant("series").into());
            }
            // The origin matters only where the model has no constant to absorb it.
            let origin = if terms == 0 { 0.0 } else { values[0] };
            let first = (-greatest.log2().round().clamp(-1000.0, 1000.0)).exp2();
            let mut scaled: Vec<f64> = values.iter().map(|v| v * first - origin * first).collect();
            match options.det_order {
                DetOrder::None => {}
                DetOrder::Constant => demean(&mut scaled),
                DetOrder::Trend => detrend(&mut scaled),
            }
            let left = scaled.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
            if left <= 4.0 * f64::EPSILON * (greatest * first) {
                return Err(Degeneracy::Constant("series").into());
            }
            let second = (-left.log2().round()).exp2();
            scaled.iter_mut().for_each(|v| *v *= second);
            Ok(Prepared {
                values: scaled,
                scale: first * second,
            })
        })
        .collect()
}

/// Lagged differences (by lag, then by series), differences, levels: `rows` values each.
fn columns(prepared: &[Prepared], det_order: DetOrder, lags: usize, rows: usize) -> Vec<Vec<f64>> {
    let differences: Vec<Vec<f64>> = prepared
        .iter()
        .map(|series| series.values.windows(2).map(|p| p[1] - p[0]).collect())
        .collect();
    let lagged = (1..=lags).flat_map(|lag| {
        differences
            .iter()
            .map(move |series| series[lags - lag..][..rows].to_vec())
    });
    let now = differences.iter().map(|series| series[lags..].to_vec());
    let levels = prepared
        .iter()
        .map(|series| series.values[1..][..rows].to_vec());
    let mut columns: Vec<Vec<f64>> = lagged.chain(now).chain(levels).collect();
    if det_order != DetOrder::None {
        columns.iter_mut().for_each(|column| demean(column));
    }
    columns
}
