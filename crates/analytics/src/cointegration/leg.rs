//! What every test of one series against others needs of that series.

use crate::row_qr::dot;
use crate::{Degeneracy, Error, Result};

/// A series prepared once for all the pairs that it is part of: checked, centred, scaled and summed.
///
/// A scanner of m symbols makes m of these and tests m·(m − 1)/2 pairs of them.
#[derive(Clone, Debug)]
pub struct Leg {
    name: &'static str,
    values: Vec<f64>,
    /// `(value − mean)·scale`, so that squares and their sums stay in range.
    centred: Vec<f64>,
    scale: f64,
    mean: f64,
    sum_of_squares: f64,
}

impl Leg {
    /// Prepares `values` (any unit); errors call the series `name`.
    ///
    /// # Errors
    /// [`TooFew`](Error::TooFew) for fewer than 3 values, [`NonFinite`](Error::NonFinite),
    /// [`Degenerate`](Error::Degenerate) when they are constant up to rounding or out of range.
    ///
    /// # Cost
    /// O(n) time and memory.
    pub fn new(name: &'static str, values: &[f64]) -> Result<Self> {
        Error::check_enough(3, values.len())?;
        Error::check_finite(name, values)?;
        let greatest = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let origin = low + 0.5 * (high - low);
        if !(high - low).is_finite() {
            return Err(Degeneracy::OutOfRange(name).into());
        }
        // Steps of a few units of least precision are rounding, not movement.
        if high - low <= 4.0 * f64::EPSILON * greatest {
            return Err(Degeneracy::Constant(name).into());
        }
        // A power of two, so scaling rounds nothing.
        let scale = (-(high - low).log2().round().clamp(-1000.0, 1000.0)).exp2();
        let mut centred: Vec<f64> = values.iter().map(|v| (v - origin) * scale).collect();
        let shift = centred.iter().sum::<f64>() / values.len() as f64;
        centred.iter_mut().for_each(|v| *v -= shift);
        let sum_of_squares = dot(&centred, &centred);
        Ok(Self {
            name,
            values: values.to_vec(),
            centred,
            scale,
            mean: origin + shift / scale,
            sum_of_squares,
        })
    }

    /// The name that errors use.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The series as it was given.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

/// A least-squares line of `y` on `x` with intercept.
pub(super) struct Line {
    pub(super) beta: f64,
    pub(super) alpha: f64,
    pub(super) r_squared: f64,
    /// Slope between the scaled series.
    slope: f64,
}

/// Sum of products of two centred legs: the same number serves both directions.
pub(super) fn cross(y: &Leg, x: &Leg) -> Result<f64> {
    if y.centred.len() != x.centred.len() {
        return Err(Error::LengthMismatch {
            left: y.centred.len(),
            right: x.centred.len(),
        });
    }
    Ok(dot(&y.centred, &x.centred))
}

impl Line {
    /// # Errors
    /// [`Degeneracy::OutOfRange`] when β or α is not finite.
    pub(super) fn fit(y: &Leg, x: &Leg, cross: f64) -> Result<Self> {
        let slope = cross / x.sum_of_squares;
        let beta = slope * (x.scale / y.scale);
        let alpha = y.mean - beta * x.mean;
        if !(beta.is_finite() && alpha.is_finite()) {
            return Err(Degeneracy::OutOfRange("the hedge ratio").into());
        }
        Ok(Self {
            beta,
            alpha,
            r_squared: (slope * (cross / y.sum_of_squares)).min(1.0),
            slope,
        })
    }

    /// Residuals in the unit of `y`.
    pub(super) fn residuals(&self, y: &Leg, x: &Leg) -> Vec<f64> {
        y.centred
            .iter()
            .zip(&x.centred)
            .map(|(y_value, x_value)| (y_value - self.slope * x_value) / y.scale)
            .collect()
    }
}
