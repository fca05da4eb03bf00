//! What is left of `y` when the hedge is subtracted.

use crate::{
    error::{Error, Result},
    kalman::KalmanStep,
    line::Line,
};

/// s_t = y_t − α − β·x_t with one line for all bars. O(n).
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::NonFinite`].
pub fn spread(y: &[f64], x: &[f64], line: Line) -> Result<Vec<f64>> {
    Error::check_pair(y, x, 0)?;
    let values = y.iter().zip(x).map(|(&y, &x)| line.residual(y, x));
    Ok(values.collect())
}

/// s_t = y_t − α_t − β_t·x_t with the line in force at each bar; `None` where there is none or the
/// value leaves the range of `f64`. All slices have equal lengths. O(n).
///
/// ```
/// use analytics::{walk_forward, spread_along, Estimator, Lookback};
/// let x: Vec<f64> = (0..10).map(f64::from).collect();
/// let y: Vec<f64> = x.iter().map(|x| 2.0 * x + 1.0).collect();
/// let lines = walk_forward(&y, &x, Estimator::Ols, Lookback::new(5)?)?;
/// let spread = spread_along(&y, &x, &lines)?;
/// assert_eq!(spread[4], None);
/// assert!(spread[5].expect("five bars came before").abs() < 1e-12);
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::NonFinite`].
pub fn spread_along(y: &[f64], x: &[f64], lines: &[Option<Line>]) -> Result<Vec<Option<f64>>> {
    Error::check_pair(y, x, 0)?;
    if lines.len() != y.len() {
        return Err(Error::LengthMismatch {
            left: y.len(),
            right: lines.len(),
        });
    }
    let bars = y.iter().zip(x).zip(lines);
    Ok(bars.map(|((&y, &x), line)| at(y, x, *line)).collect())
}

pub(crate) fn at(y: f64, x: f64, line: Option<Line>) -> Option<f64> {
    line.map(|line| line.residual(y, x))
        .filter(|s| s.is_finite())
}

/// Which of a Kalman filter's two residuals is the spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KalmanSpread {
    /// The innovation e_t: against the coefficients before the bar.
    #[default]
    Innovation,
    /// Against the coefficients after the bar has moved them. Shrunk, and no signal; for parity.
    Filtered,
}

impl KalmanSpread {
    /// The spread of one step at closes (y, x); `None` if it leaves the range of `f64`.
    #[must_use]
    pub fn of(self, step: &KalmanStep, y: f64, x: f64) -> Option<f64> {
        let spread = match self {
            Self::Innovation => step.innovation,
            Self::Filtered => step.filtered_residual(y, x),
        };
        spread.is_finite().then_some(spread)
    }
}
