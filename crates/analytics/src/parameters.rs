//! Parameters that are checked once, when they are made.

use crate::error::{Error, Result};

/// No series is longer, and sums of two such numbers are far from overflow.
const MOST_BARS: usize = 10_000_000;

/// Length of a rolling window, in bars: from 3 to 10,000,000.
///
/// ```
/// use analytics::Window;
/// assert_eq!(Window::default().get(), 60);
/// assert!(Window::new(2).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window(usize);

impl Window {
    /// A window of `bars` bars.
    ///
    /// # Errors
    /// [`Error::BadParameter`] below 3, as two values have a standard deviation but no shape, and
    /// above 10,000,000.
    pub const fn new(bars: usize) -> Result<Self> {
        if bars < 3 || bars > MOST_BARS {
            return Err(Error::BadParameter {
                name: "window",
                allowed: "from 3 to 10,000,000 bars",
            });
        }
        Ok(Self(bars))
    }

    /// The length in bars.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

impl Default for Window {
    /// 60 bars.
    fn default() -> Self {
        Self(60)
    }
}

/// How many closed bars a fit looks back on: at least 3, so that a residual variance exists, and at most
/// 10,000,000.
///
/// ```
/// use analytics::Lookback;
/// assert_eq!(Lookback::default().get(), 500);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lookback(usize);

impl Lookback {
    /// A look-back of `bars` bars.
    ///
    /// # Errors
    /// [`Error::BadParameter`] below 3 and above 10,000,000.
    pub const fn new(bars: usize) -> Result<Self> {
        if bars < 3 || bars > MOST_BARS {
            return Err(Error::BadParameter {
                name: "lookback",
                allowed: "from 3 to 10,000,000 bars",
            });
        }
        Ok(Self(bars))
    }

    /// The length in bars.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

impl Default for Lookback {
    /// 500 bars.
    fn default() -> Self {
        Self(500)
    }
}

/// A level of |z| to compare with: finite, not negative, and within reach of the z-score that it is
/// compared with.
///
/// With an inclusive baseline |z| cannot exceed (w − 1)/√w (Samuelson's inequality), so a level at
/// or above that would never be crossed; such a threshold cannot be made. Under the other kinds of
/// z-score every finite level is possible.
///
/// ```
/// use analytics::{Baseline, Threshold, Window, ZScore};
/// let narrow = ZScore::Rolling { window: Window::new(5)?, baseline: Baseline::Inclusive };
/// assert!(Threshold::new(1.7, narrow).is_ok());
/// assert!(Threshold::new(2.0, narrow).is_err()); // |z| ≤ 4/√5 = 1.79 within five bars
/// # Ok::<(), analytics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Threshold(f64);

impl Threshold {
    /// A threshold for z-scores of kind `zscore`.
    ///
    /// # Errors
    /// [`Error::BadParameter`] if `level` is negative or not finite, or can never be reached.
    pub fn new(level: f64, zscore: ZScore) -> Result<Self> {
        if !level.is_finite() || level < 0.0 {
            return Err(Error::BadParameter {
                name: "threshold",
                allowed: "finite and not negative",
            });
        }
        if zscore.bound().is_some_and(|bound| level >= bound) {
            return Err(Error::BadParameter {
                name: "threshold",
                allowed: "below (window − 1)/√window, which an inclusive |z| cannot exceed",
            });
        }
        Ok(Self(level))
    }

    /// The level of |z|.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Which spreads the mean and the deviation of a z-score are taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Baseline {
    /// The last `window` ones, the current one among them, as pandas' `rolling` does. |z| cannot
    /// exceed (w − 1)/√w.
    #[default]
    Inclusive,
    /// The `window` ones before the current one.
    Exclusive,
}

/// Which z-score: what a spread is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ZScore {
    /// Mean and deviation of recent spreads.
    Rolling {
        /// How many spreads.
        window: Window,
        /// Which ones.
        baseline: Baseline,
    },
    /// A Kalman filter's innovation over its own predicted deviation, e/√S. No window.
    Innovation,
}

impl ZScore {
    /// The largest |z| that this kind can show, if there is one: (w − 1)/√w for
    /// [`Baseline::Inclusive`] (Samuelson's inequality).
    #[must_use]
    pub fn bound(self) -> Option<f64> {
        match self {
            Self::Rolling {
                window,
                baseline: Baseline::Inclusive,
            } => {
                let w = window.get() as f64;
                Some((w - 1.0) / w.sqrt())
            }
            Self::Rolling { .. } | Self::Innovation => None,
        }
    }
}

impl Default for ZScore {
    /// Inclusive, over 60 bars.
    fn default() -> Self {
        Self::Rolling {
            window: Window::default(),
            baseline: Baseline::default(),
        }
    }
}

/// How closes enter a fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transform {
    /// As they are.
    #[default]
    Level,
    /// Their natural logarithm, so that β is an elasticity.
    Log,
}

impl Transform {
    /// One transformed value; `None` for the logarithm of a number that is not positive.
    #[must_use]
    pub fn value(self, close: f64) -> Option<f64> {
        match self {
            Self::Level => Some(close),
            Self::Log => (close > 0.0).then(|| close.ln()),
        }
    }

    /// `closes` transformed; `series` names them in errors. O(n).
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::NotPositive`] for [`Transform::Log`].
    pub fn apply(self, series: &'static str, closes: &[f64]) -> Result<Vec<f64>> {
        Error::check_finite(series, closes)?;
        let value = |(index, &close)| {
            self.value(close)
                .ok_or(Error::NotPositive { series, index })
        };
        closes.iter().enumerate().map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_and_lookbacks_below_three_or_above_ten_million_bars_cannot_be_made() {
        for bars in [0, 1, 2, 10_000_001, usize::MAX] {
            assert!(Window::new(bars).is_err());
            assert!(Lookback::new(bars).is_err());
        }
        for bars in [3, 10_000_000] {
            assert_eq!(Window::new(bars).unwrap().get(), bars);
            assert_eq!(Lookback::new(bars).unwrap().get(), bars);
        }
    }

    #[test]
    fn a_threshold_out_of_reach_of_an_inclusive_z_cannot_be_made() {
        let window = Window::new(16).unwrap();
        let bound = 15.0 / 4.0;
        let rolling = |baseline| ZScore::Rolling { window, baseline };
        assert!(Threshold::new(bound, rolling(Baseline::Inclusive)).is_err());
        assert!(Threshold::new(bound - 1e-9, rolling(Baseline::Inclusive)).is_ok());
        assert!(Threshold::new(bound, rolling(Baseline::Exclusive)).is_ok());
        assert!(Threshold::new(bound, ZScore::Innovation).is_ok());
        for level in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(Threshold::new(level, ZScore::Innovation).is_err());
        }
    }

    #[test]
    fn the_logarithm_of_a_price_that_is_not_positive_is_refused_by_position() {
        let closes = [1.0, 2.0, 0.0];
        assert_eq!(
            Transform::Log.apply("y", &closes),
            Err(Error::NotPositive {
                series: "y",
                index: 2
            })
        );
        assert_eq!(Transform::Level.apply("y", &closes), Ok(closes.to_vec()));
        assert!(Transform::Level.apply("y", &[f64::NAN]).is_err());
    }
}
