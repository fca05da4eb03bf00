//! The reduced-rank regression behind the test.

use nalgebra::DMatrix;

use super::outcome::{DetOrder, Johansen, JohansenOptions, JohansenRank, JohansenValues};
use super::prepare::{columns, prepare};
use super::tables;
use crate::row_qr::RowQr;
use crate::{Degeneracy, Error, Result};

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
