//! Coefficients from the past alone: at bar t, a fit of the bars t − L … t − 1.

pub(crate) mod sliding;

use crate::{
    error::{Error, Result},
    huber::{self, HuberParams},
    line::Line,
    ols,
    parameters::Lookback,
    rolling::{Rolling, Sums},
    theil_sen::{Intercept, RollingTheilSen, theil_sen_line},
};
use sliding::Sliding;

/// A way to fit a line to a stretch of bars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Estimator {
    /// Least squares, [`crate::ols()`].
    Ols,
    /// [`crate::huber()`].
    Huber(HuberParams),
    /// [`crate::theil_sen()`].
    TheilSen(Intercept),
}

impl Estimator {
    /// One fit over all bars: what "in sample" means. The scatter plot's line and the default for
    /// data sets; it knows the future of every bar but the last.
    ///
    /// # Errors
    /// Those of the estimator.
    pub fn fit(self, y: &[f64], x: &[f64]) -> Result<Line> {
        match self {
            Self::Ols => ols::ols_line(y, x),
            Self::Huber(params) => huber::huber(y, x, &params).map(|fit| fit.line),
            Self::TheilSen(intercept) => theil_sen_line(y, x, intercept),
        }
    }
}

/// Coefficients in force at each bar, from the `lookback` bars before it and no others.
///
/// `y` and `x` have equal lengths n. The first `lookback` entries are `None`, as is one whose bars
/// allow no fit (a constant `x`). Each entry equals a fresh [`Estimator::fit`] of its bars to 1e-9. Cost: O(n)
/// for least squares, sums formed anew now and then included; for Huber's regression O(lookback) a step and bar, few steps because each fit
/// starts from the one before; for Theil-Sen O(lookback) a bar on average.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::NonFinite`]; [`Error::TooFew`] unless a bar follows the first
/// `lookback`.
pub fn walk_forward(
    y: &[f64],
    x: &[f64],
    estimator: Estimator,
    lookback: Lookback,
) -> Result<Vec<Option<Line>>> {
    Error::check_pair(y, x, lookback.get() + 1)?;
    let mut fit = RollingFit::new(estimator, lookback);
    let mut lines = Vec::with_capacity(y.len());
    for (&y, &x) in y.iter().zip(x) {
        lines.push(fit.line());
        fit.advance(y, x);
    }
    Ok(lines)
}

/// A fit of the last `lookback` bars, moved on bar by bar.
#[derive(Clone, Debug)]
pub struct RollingFit {
    lookback: usize,
    fit: Fit,
    line: Option<Line>,
}

#[derive(Clone, Debug)]
enum Fit {
    Ols(Rolling),
    Huber { params: HuberParams, bars: Sliding },
    TheilSen(Box<RollingTheilSen>),
}

impl RollingFit {
    /// A fit that has seen nothing.
    #[must_use]
    pub fn new(estimator: Estimator, lookback: Lookback) -> Self {
        let lookback = lookback.get();
        let fit = match estimator {
            Estimator::Ols => Fit::Ols(Rolling::new(lookback, is_precise)),
            Estimator::Huber(params) => Fit::Huber {
                params,
                bars: Sliding::new(lookback),
            },
            Estimator::TheilSen(intercept) => {
                Fit::TheilSen(Box::new(RollingTheilSen::new(lookback, intercept)))
            }
        };
        Self {
            lookback,
            fit,
            line: None,
        }
    }

    /// The coefficients in force at the next bar; `None` before `lookback` bars or if those allow no
    /// fit.
    #[must_use]
    pub const fn line(&self) -> Option<Line> {
        self.line
    }

    /// How many bars a fit is made of.
    #[must_use]
    pub const fn lookback(&self) -> usize {
        self.lookback
    }

    /// Takes in a closed bar.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; the fit is as before.
    pub fn push(&mut self, y: f64, x: f64) -> Result<Option<Line>> {
        Error::check_finite("y", &[y])?;
        Error::check_finite("x", &[x])?;
        self.advance(y, x);
        Ok(self.line)
    }

    fn advance(&mut self, y: f64, x: f64) {
        self.line = match &mut self.fit {
            Fit::Ols(rolling) => {
                rolling.push(y, x);
                rolling.full().and_then(line)
            }
            Fit::Huber { params, bars } => {
                bars.push(y, x);
                let (y, x) = bars.series();
                let fit = (y.len() == self.lookback).then(|| huber::fit(y, x, params, self.line));
                fit.and_then(Result::ok).map(|fit| fit.line)
            }
            Fit::TheilSen(rolling) => rolling.push(y, x),
        };
    }
}

/// The line of these sums, if they allow one.
pub(crate) fn line(sums: &Sums) -> Option<Line> {
    let moments = sums.moments();
    if moments.xx.is_normal() && moments.xx > 0.0 {
        moments.line()
    } else {
        None
    }
}

/// Whether β is good to 1e-10 of the larger of itself and 1, and α to 1e-10 of the size of `y`.
pub(crate) fn is_precise(sums: &Sums) -> bool {
    let moments = sums.moments();
    let (yy, xy, xx) = sums.errors();
    let beta = moments.xy / moments.xx;
    let error = (xy + beta.abs() * xx) / moments.xx;
    let size = moments.mean_y.abs() + (moments.yy / sums.n()).sqrt();
    // The first two bound the means: what is left there is far below the deviation about them.
    xx <= 1e-6 * moments.xx
        && yy <= 1e-6 * moments.yy
        && error <= 1e-10 * beta.abs().max(1.0)
        && error * moments.mean_x.abs() <= 1e-10 * size
}
