//! The triangular factor of a tall matrix that is fed a few rows at a time.
//!
//! The matrix itself is never stored: a block of rows is stacked under the factor found so far and
//! eliminated by Householder reflections (Golub & Van Loan, *Matrix Computations*, 4th ed., 5.2.2 and
//! the row-block form of 6.5). That is as stable as a QR decomposition of the whole, takes 2·n·k²
//! operations for n rows and k columns, and works in first-level cache.
//!
//! Whoever regresses the last column on the first ones reads everything off this factor: the leading
//! p columns of R are the factor of the first p regressors, so one factor serves a whole family of
//! nested regressions.

/// Rows eliminated at once: with some forty columns a block stays within 32 kB.
pub(crate) const BLOCK_ROWS: usize = 64;

/// An upper triangular `R` with `RᵀR = AᵀA` for all rows of `A` absorbed so far.
#[derive(Clone, Debug)]
pub(crate) struct RowQr {
    columns: usize,
    /// Row-major, `columns × columns`; entries below the diagonal stay zero.
    r: Vec<f64>,
    /// Column-major scratch, `BLOCK_ROWS` apart.
    block: Vec<f64>,
}

impl RowQr {
    /// The factor of a matrix of `columns` columns and no rows.
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            columns,
            r: vec![0.0; columns * columns],
            block: vec![0.0; columns * BLOCK_ROWS],
        }
    }

    /// `R[row, column]`.
    pub(crate) fn get(&self, row: usize, column: usize) -> f64 {
        self.r[row * self.columns + column]
    }

    /// Sets an entry on or above the diagonal.
    pub(crate) fn set(&mut self, row: usize, column: usize, value: f64) {
        debug_assert!(row <= column);
        self.r[row * self.columns + column] = value;
    }

    /// Absorbs `rows` rows; `fill(column, first_row, target)` writes the entries of `column` for the
    /// rows from `first_row` on into `target`.
    pub(crate) fn absorb(&mut self, rows: usize, mut fill: impl FnMut(usize, usize, &mut [f64])) {
        let mut first = 0;
        while first < rows {
            let height = BLOCK_ROWS.min(rows - first);
            for (column, target) in self.block.chunks_exact_mut(BLOCK_ROWS).enumerate() {
                fill(column, first, &mut target[..height]);
            }
            self.eliminate(height);
            first += height;
        }
    }

    /// Length of the part of `column` that the first `rows` rows of `R` do not explain:
    /// the root of the residual sum of squares on the first `rows` columns.
    pub(crate) fn unexplained(&self, column: usize, rows: usize) -> f64 {
        (rows..=column)
            .map(|row| self.get(row, column).powi(2))
            .sum::<f64>()
            .sqrt()
    }

    /// Whether the first `leading` columns are linearly independent up to rounding.
    pub(crate) fn has_full_rank(&self, leading: usize) -> bool {
        (0..leading).all(|column| {
            let length = self.unexplained(column, 0);
            self.get(column, column).abs() > RANK_TOLERANCE * length
        })
    }

    fn eliminate(&mut self, height: usize) {
        let k = self.columns;
        for pivot in 0..k {
            let (head, tail) = self.block.split_at_mut((pivot + 1) * BLOCK_ROWS);
            let v = &head[pivot * BLOCK_ROWS..][..height];
            let below = dot(v, v);
            if below == 0.0 {
                continue;
            }
            let row = &mut self.r[pivot * k..(pivot + 1) * k];
            let diagonal = row[pivot];
            let norm = (diagonal * diagonal + below).sqrt();
            // The sign that avoids cancellation.
            let reflected = if diagonal > 0.0 { -norm } else { norm };
            let top = diagonal - reflected;
            let scale = 2.0 / (top * top + below);
            row[pivot] = reflected;

            let (pairs, rest) = row[pivot + 1..].as_chunks_mut::<2>();
            let mut columns = tail.chunks_exact_mut(BLOCK_ROWS);
            for pair in pairs {
                let (Some(a), Some(b)) = (columns.next(), columns.next()) else {
                    unreachable!("a block has as many columns as the factor");
                };
                let (a, b) = (&mut a[..height], &mut b[..height]);
                let (along_a, along_b) = dot_two(v, a, b);
                let weight_a = scale * (top * pair[0] + along_a);
                let weight_b = scale * (top * pair[1] + along_b);
                pair[0] -= weight_a * top;
                pair[1] -= weight_b * top;
                for ((a, b), v) in a.iter_mut().zip(b.iter_mut()).zip(v) {
                    *a -= weight_a * v;
                    *b -= weight_b * v;
                }
            }
            for (entry, a) in rest.iter_mut().zip(columns) {
                let a = &mut a[..height];
                let weight = scale * (top * *entry + dot(v, a));
                *entry -= weight * top;
                for (a, v) in a.iter_mut().zip(v) {
                    *a -= weight * v;
                }
            }
        }
    }
}

/// A column whose part outside the span of its predecessors is this small a share of it carries
/// nothing but rounding: a thousand times the unit of least precision.
const RANK_TOLERANCE: f64 = 2.3e-13;

const LANES: usize = 8;

/// Inner product with eight running sums, so that it vectorises and its error grows with n/8.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

fn dot_two(v: &[f64], a: &[f64], b: &[f64]) -> (f64, f64) {
    let (v, v_rest) = v.as_chunks::<LANES>();
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [[0.0; LANES]; 2];
    for ((v, a), b) in v.iter().zip(a).zip(b) {
        for lane in 0..LANES {
            sums[0][lane] += v[lane] * a[lane];
            sums[1][lane] += v[lane] * b[lane];
        }
    }
    let rest = |values: &[f64]| -> f64 { v_rest.iter().zip(values).map(|(v, x)| v * x).sum() };
    (
        sums[0].iter().sum::<f64>() + rest(a_rest),
        sums[1].iter().sum::<f64>() + rest(b_rest),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of a fixed pseudo-random matrix, values in [-1, 1).
    fn entry(row: usize, column: usize) -> f64 {
        let mut bits = (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ ((column as u64) << 17);
        bits ^= bits >> 29;
        bits = bits.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits ^= bits >> 32;
        bits as f64 / u64::MAX as f64 * 2.0 - 1.0
    }

    fn factor(rows: usize, columns: usize, step: usize) -> RowQr {
        let mut qr = RowQr::new(columns);
        let mut done = 0;
        while done < rows {
            let now = step.min(rows - done);
            qr.absorb(now, |column, first, target| {
                for (i, slot) in target.iter_mut().enumerate() {
                    *slot = entry(done + first + i, column);
                }
            });
            done += now;
        }
        qr
    }

    #[test]
    fn the_factor_reproduces_the_inner_products_of_the_columns() {
        let (rows, columns) = (301, 7);
        let qr = factor(rows, columns, rows);
        for i in 0..columns {
            for j in i..columns {
                let direct: f64 = (0..rows).map(|t| entry(t, i) * entry(t, j)).sum();
                let from_r: f64 = (0..=i).map(|l| qr.get(l, i) * qr.get(l, j)).sum();
                assert!(
                    (direct - from_r).abs() < 1e-12,
                    "{i},{j}: {direct} {from_r}"
                );
            }
        }
    }

    #[test]
    fn feeding_rows_in_small_portions_gives_the_same_factor() {
        let whole = factor(200, 6, 200);
        let portions = factor(200, 6, 3);
        for (a, b) in whole.r.iter().zip(&portions.r) {
            assert!((a.abs() - b.abs()).abs() < 1e-13);
        }
    }

    #[test]
    fn a_repeated_column_is_seen_as_rank_deficient() {
        let mut qr = RowQr::new(3);
        qr.absorb(100, |column, first, target| {
            for (i, slot) in target.iter_mut().enumerate() {
                *slot = entry(first + i, column % 2);
            }
        });
        assert!(qr.has_full_rank(2));
        assert!(!qr.has_full_rank(3));
    }
}
