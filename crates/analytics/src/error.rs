//! What can be wrong with the input of this crate.

use thiserror::Error;

/// The result type of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a figure cannot be computed.
///
/// Each variant names something that the caller can act on: fetch more bars, choose another pair,
/// repair a value, change a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// Fewer observations than the computation needs.
    #[error("too few observations: {needed} needed, {got} given")]
    TooFew {
        /// The least number of observations that would do.
        needed: usize,
        /// The number that was given.
        got: usize,
    },
    /// Enough observations, but they carry no information about what is asked.
    #[error("degenerate input: {0}")]
    Degenerate(Degeneracy),
    /// A NaN or an infinity among the input.
    #[error("{series}[{index}] is not a finite number")]
    NonFinite {
        /// The series as the function's parameter names it, for example `y`.
        series: &'static str,
        /// Position of the first such value.
        index: usize,
    },
    /// A price that is zero or negative where its logarithm is asked for.
    #[error("{series}[{index}] is not positive, so it has no logarithm")]
    NotPositive {
        /// The series as the function's parameter names it, for example `y`.
        series: &'static str,
        /// Position of the first such value.
        index: usize,
    },
    /// A parameter outside the values that make sense.
    #[error("{name} must be {allowed}")]
    BadParameter {
        /// The parameter's name.
        name: &'static str,
        /// The values that are accepted, to be read after "must be".
        allowed: &'static str,
    },
    /// Series that belong together differ in length.
    #[error("series differ in length: {left} and {right} values")]
    LengthMismatch {
        /// Length of the first series.
        left: usize,
        /// Length of the second series.
        right: usize,
    },
}

/// In what way an input is degenerate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Degeneracy {
    /// The named series does not vary.
    #[error("{0} is constant")]
    Constant(&'static str),
    /// The two series are a linear function of each other up to rounding, so no residual is left to
    /// examine.
    #[error("the series are collinear")]
    Collinear,
    /// So many points coincide or lie on one line that a robust scale is zero and the rest of the
    /// fit is not determined.
    #[error("too many points coincide")]
    Coincident,
    /// The design matrix of a regression has no full rank (what was regressed is named).
    #[error("the regressors of {0} are linearly dependent")]
    RankDeficient(&'static str),
    /// The named regression reproduces its left side exactly, so no residual is left to judge it by.
    #[error("{0} leaves no residual")]
    PerfectFit(&'static str),
    /// Finite values of such size that sums or products of them leave the range of `f64`.
    #[error("{0} is too large or too small for double precision")]
    OutOfRange(&'static str),
}

impl Error {
    /// `Err` with the position of the first NaN or infinity of `values`, if there is one.
    ///
    /// # Errors
    /// [`Error::NonFinite`].
    pub(crate) fn check_finite(series: &'static str, values: &[f64]) -> Result<()> {
        match values.iter().position(|v| !v.is_finite()) {
            Some(index) => Err(Self::NonFinite { series, index }),
            None => Ok(()),
        }
    }

    /// `Err` unless `got >= needed`.
    ///
    /// # Errors
    /// [`Error::TooFew`].
    pub(crate) fn check_enough(needed: usize, got: usize) -> Result<()> {
        if got < needed {
            return Err(Self::TooFew { needed, got });
        }
        Ok(())
    }

    /// `Err` unless `y` and `x` have one length, at least `needed`, and only finite values.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::TooFew`], [`Error::NonFinite`], in this order.
    pub(crate) fn check_pair(y: &[f64], x: &[f64], needed: usize) -> Result<()> {
        if y.len() != x.len() {
            return Err(Self::LengthMismatch {
                left: y.len(),
                right: x.len(),
            });
        }
        Self::check_enough(needed, y.len())?;
        Self::check_finite("y", y)?;
        Self::check_finite("x", x)
    }
}

impl From<Degeneracy> for Error {
    fn from(what: Degeneracy) -> Self {
        Self::Degenerate(what)
    }
}
