//! Which deterministic terms and how many lagged differences an ADF regression has.

use crate::{Error, Result};

/// The deterministic terms of the regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Regression {
    /// Neither constant nor trend (`n` in statsmodels): for series whose mean is known to be zero.
    None,
    /// A constant (`c`): the series may return to any level.
    #[default]
    Constant,
    /// A constant and a linear trend (`ct`): the series may return to a straight line.
    ConstantTrend,
}

impl Regression {
    /// How many regressors these terms take: 0, 1 or 2.
    #[must_use]
    pub fn terms(self) -> usize {
        match self {
            Self::None => 0,
            Self::Constant => 1,
            Self::ConstantTrend => 2,
        }
    }
}

/// How the number of lagged differences is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Lags {
    /// The number from 0 to the maximum with the least Akaike criterion; of equals the smaller.
    #[default]
    Aic,
    /// The same with the Bayesian (Schwarz) criterion, which picks fewer lags.
    Bic,
    /// Exactly so many.
    Fixed(usize),
}

/// The greatest number of lagged differences that is tried for `n` observations when none is given:
/// min(n/2 − k − 1, ⌈12·(n/100)^¼⌉) with k deterministic terms (Schwert 1989), `None` when the series
/// is too short for a regression without any.
#[must_use]
pub fn default_max_lag(n: usize, regression: Regression) -> Option<usize> {
    let bound = greatest_lag(n, regression)?;
    let schwert = (12.0 * (n as f64 / 100.0).powf(0.25)).ceil() as usize;
    Some(bound.min(schwert))
}

/// The number of lags beyond which the regression is not defined for `n` observations.
fn greatest_lag(n: usize, regression: Regression) -> Option<usize> {
    (n / 2).checked_sub(regression.terms() + 1)
}

/// The number of lags to search up to (or to use), having checked that the regression with so many
/// still has a degree of freedom.
///
/// # Errors
/// [`Error::TooFew`].
pub(super) fn resolve(
    n: usize,
    regression: Regression,
    lags: Lags,
    max_lag: Option<usize>,
) -> Result<usize> {
    let terms = regression.terms();
    let wanted = match lags {
        Lags::Fixed(lag) => Some(lag),
        Lags::Aic | Lags::Bic => max_lag,
    };
    let lag = match wanted {
        Some(lag) => {
            if greatest_lag(n, regression).is_none_or(|greatest| lag > greatest) {
                let needed = lag.saturating_add(terms + 1).saturating_mul(2);
                return Err(Error::TooFew { needed, got: n });
            }
            lag
        }
        None => default_max_lag(n, regression).ok_or(Error::TooFew {
            needed: 2 * (terms + 1),
            got: n,
        })?,
    };
    // Rows less regressors. Without deterministic terms n even and the greatest lag leave none: the
    // reference then divides rounding errors by each other.
    let rows = n - 1 - lag;
    if rows <= lag + 1 + terms {
        return Err(Error::TooFew {
            needed: n + 1,
            got: n,
        });
    }
    Ok(lag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_maximum_follows_schwert_and_is_capped_for_short_series() {
        assert_eq!(default_max_lag(500, Regression::Constant), Some(18));
        assert_eq!(default_max_lag(2_000, Regression::Constant), Some(26));
        assert_eq!(default_max_lag(5_000, Regression::None), Some(32));
        assert_eq!(default_max_lag(10_000, Regression::Constant), Some(38));
        assert_eq!(default_max_lag(12, Regression::Constant), Some(4));
        assert_eq!(default_max_lag(4, Regression::Constant), Some(0));
        assert_eq!(default_max_lag(3, Regression::Constant), None);
        assert_eq!(default_max_lag(0, Regression::None), None);
    }

    #[test]
    fn too_many_lags_for_the_length_are_refused_with_the_length_that_would_do() {
        let refused = resolve(20, Regression::Constant, Lags::Fixed(9), None);
        assert_eq!(
            refused,
            Err(Error::TooFew {
                needed: 22,
                got: 20
            })
        );
        assert_eq!(
            resolve(22, Regression::Constant, Lags::Fixed(9), None),
            Ok(9)
        );
        assert!(resolve(20, Regression::None, Lags::Fixed(usize::MAX), None).is_err());
    }

    #[test]
    fn a_regression_without_a_degree_of_freedom_is_refused() {
        let refused = resolve(20, Regression::None, Lags::Aic, None);
        assert_eq!(
            refused,
            Err(Error::TooFew {
                needed: 21,
                got: 20
            })
        );
        assert_eq!(resolve(21, Regression::None, Lags::Aic, None), Ok(9));
    }
}
