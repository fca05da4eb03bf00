//! The factor of an ADF regression from inner products, in O(n·p) instead of O(n·p²).
//!
//! Lagged differences are one series shifted, so an inner product of two of them follows from that of
//! their neighbours by adding one term and taking one away: only the products with the dependent
//! difference, the level and the deterministic terms are summed over all rows. Their matrix is XᵀX, whose
//! Cholesky factor is the R of a QR decomposition.
//!
//! Products square the condition of the problem, which is why this answers only where that is harmless:
//! every pivot must keep [`LEAST_PIVOT`] of the largest product of its kind, so that what rounding can do
//! to a statistic stays near 40·ε/10⁻⁴ ≈ 10⁻¹⁰ of it. Elsewhere (a leg that is all but a straight line, one
//! step that dwarfs all others) the caller eliminates row by row.

use crate::row_qr::{RowQr, dot};

/// The least share of a column that the columns before it may leave unexplained.
const LEAST_PIVOT: f64 = 1e-4;

/// What the factor is made of; all slices but `difference` have one value for each of the `rows` rows.
pub(super) struct Columns<'a> {
    /// The deterministic terms, none to two.
    pub(super) deterministic: &'a [Vec<f64>],
    /// The lagged level.
    pub(super) level: &'a [f64],
    /// All differences: the rows are the last `level.len()` of them.
    pub(super) difference: &'a [f64],
}

/// The factor of [deterministic, level, Δ of lag 1 … p, Δ], or `None` where products are too coarse.
pub(super) fn factor(columns: &Columns<'_>) -> Option<RowQr> {
    let rows = columns.level.len();
    let lags = columns.difference.len() - rows;
    let leading: Vec<&[f64]> = columns
        .deterministic
        .iter()
        .map(Vec::as_slice)
        .chain([columns.level])
        .collect();
    let first_lag = leading.len();
    let k = first_lag + lags + 1;
    let dependent = k - 1;
    // The dependent difference is the lag 0 of the others but stands last.
    let place = |lag: usize| {
        if lag == 0 {
            dependent
        } else {
            first_lag + lag - 1
        }
    };
    let lagged = |lag: usize| &columns.difference[lags - lag..][..rows];

    let mut products = vec![0.0; k * k];
    let mut put = |i: usize, j: usize, value: f64| {
        products[i * k + j] = value;
        products[j * k + i] = value;
    };
    for (i, column) in leading.iter().enumerate() {
        for (j, other) in leading.iter().enumerate().skip(i) {
            put(i, j, dot(column, other));
        }
        for lag in 0..=lags {
            put(i, place(lag), dot(column, lagged(lag)));
        }
    }
    let d = columns.difference;
    let last = d.len() - 1;
    for apart in 0..=lags {
        let mut product = dot(lagged(0), lagged(apart));
        put(place(0), place(apart), product);
        for lag in 1..=lags - apart {
            let (a, b) = (lag - 1, lag - 1 + apart);
            product += d[lags - 1 - a] * d[lags - 1 - b] - d[last - a] * d[last - b];
            put(place(lag), place(lag + apart), product);
        }
    }
    cholesky(products, k, first_lag)
}

/// The upper factor of a symmetric matrix whose columns from `first_lag` on are of one kind.
fn cholesky(mut a: Vec<f64>, k: usize, first_lag: usize) -> Option<RowQr> {
    let greatest_of_lags = (first_lag..k).map(|i| a[i * k + i]).fold(0.0, f64::max);
    let mut factor = RowQr::new(k);
    for pivot in 0..k {
        let value = a[pivot * k + pivot];
        // Products that are updated by subtraction carry the error of the largest of them.
        let least = if pivot < first_lag {
            factor_column(&factor, pivot, pivot) + value
        } else {
            greatest_of_lags
        } * LEAST_PIVOT;
        if value <= least || value.is_nan() {
            return None;
        }
        let root = value.sqrt();
        for column in pivot..k {
            factor.set(pivot, column, a[pivot * k + column] / root);
        }
        for row in pivot + 1..k {
            let weight = factor.get(pivot, row);
            for column in row..k {
                a[row * k + column] -= weight * factor.get(pivot, column);
            }
        }
    }
    Some(factor)
}

/// Squared length of the part of `column` that the first `rows` rows explain.
fn factor_column(factor: &RowQr, column: usize, rows: usize) -> f64 {
    (0..rows).map(|row| factor.get(row, column).powi(2)).sum()
}
