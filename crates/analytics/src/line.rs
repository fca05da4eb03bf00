//! The line y = α + β·x that every model fits.

/// Coefficients of the line y = α + β·x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Intercept, in units of `y`.
    pub alpha: f64,
    /// Hedge ratio: units of `y` per unit of `x`.
    pub beta: f64,
}

impl Line {
    /// What is left of `y` at `x`: y − α − β·x.
    #[must_use]
    pub fn residual(self, y: f64, x: f64) -> f64 {
        y - self.alpha - self.beta * x
    }

    /// The line if both coefficients are finite.
    pub(crate) fn finite(self) -> Option<Self> {
        (self.alpha.is_finite() && self.beta.is_finite()).then_some(self)
    }
}
