//! How far a spread is from its recent mean, in its recent standard deviations.

use crate::{
    error::{Error, Result},
    parameters::{Baseline, Window},
    rolling::{Peak, Rolling, Sums},
};

/// A window whose standard deviation is below this share of its largest magnitude is flat: what
/// varies there is rounding.
pub(crate) const FLAT: f64 = 1e-13;

/// z-score of each spread: (s_t − mean)/sd over a window, sd with n − 1 degrees of freedom. O(n).
///
/// `None` where the spread is `None`, until the window holds `window` consecutive spreads, and where
/// the window is flat (sd below 10⁻¹³ of its largest magnitude).
///
/// ```
/// use analytics::{zscore, Baseline, Window};
/// let spread = [1.0, 2.0, 3.0, 9.0].map(Some);
/// let z = zscore(&spread, Window::new(3)?, Baseline::Exclusive)?;
/// assert_eq!(z, [None, None, None, Some(7.0)]);
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// # Errors
/// [`Error::NonFinite`].
pub fn zscore(
    spread: &[Option<f64>],
    window: Window,
    baseline: Baseline,
) -> Result<Vec<Option<f64>>> {
    let scores = scores(spread, window, baseline)?;
    Ok(scores.into_iter().map(|s| s.map(|s| s.z)).collect())
}

/// A z-score with what it measures the spread against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The z-score: (spread − `mean`)/`sd`.
    pub z: f64,
    /// Centre of the window, in units of the spread.
    pub mean: f64,
    /// Standard deviation of the window with n − 1, in units of the spread. Bands at z = ±k are `mean` ± k·`sd`.
    pub sd: f64,
}

/// [`zscore`] with mean and deviation of each window. O(n).
///
/// ```
/// use analytics::{scores, Baseline, Window};
/// let spread = [1.0, 2.0, 3.0, 9.0].map(Some);
/// let last = scores(&spread, Window::new(3)?, Baseline::Exclusive)?[3].expect("a full window");
/// assert_eq!((last.z, last.mean, last.sd), (7.0, 2.0, 1.0));
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// # Errors
/// [`Error::NonFinite`].
pub fn scores(
    spread: &[Option<f64>],
    window: Window,
    baseline: Baseline,
) -> Result<Vec<Option<Score>>> {
    let mut rolling = RollingZScore::new(window, baseline);
    let mut scores = Vec::with_capacity(spread.len());
    for (index, &s) in spread.iter().enumerate() {
        if s.is_some_and(|s| !s.is_finite()) {
            return Err(Error::NonFinite {
                series: "spread",
                index,
            });
        }
        scores.push(rolling.push_score(s));
    }
    Ok(scores)
}

/// The z-score one spread at a time; O(1) a step.
#[derive(Clone, Debug)]
pub struct RollingZScore {
    baseline: Baseline,
    rolling: Rolling,
    peak: Peak,
}

impl RollingZScore {
    /// A window that has seen nothing.
    #[must_use]
    pub fn new(window: Window, baseline: Baseline) -> Self {
        Self {
            baseline,
            rolling: Rolling::new(window.get(), is_precise),
            peak: Peak::new(window.get()),
        }
    }

    /// Takes in the spread of a closed bar and answers its z-score. A missing spread (or one that is
    /// not finite) empties the window.
    pub fn push(&mut self, spread: Option<f64>) -> Option<f64> {
        self.push_score(spread).map(|score| score.z)
    }

    /// [`RollingZScore::push`] with mean and deviation of the window.
    pub fn push_score(&mut self, spread: Option<f64>) -> Option<Score> {
        let Some(s) = spread.filter(|s| s.is_finite()) else {
            self.rolling.clear();
            self.peak.clear();
            return None;
        };
        let before = match self.baseline {
            Baseline::Exclusive => self.full(s),
            Baseline::Inclusive => None,
        };
        self.rolling.push(s, 0.0);
        self.peak.push(s);
        match self.baseline {
            Baseline::Exclusive => before,
            Baseline::Inclusive => self.full(s),
        }
    }

    /// What [`RollingZScore::push`] would answer for the spread of a bar that is still open.
    #[must_use]
    pub fn peek(&self, spread: Option<f64>) -> Option<f64> {
        self.peek_score(spread).map(|score| score.z)
    }

    /// [`RollingZScore::peek`] with mean and deviation of the window.
    #[must_use]
    pub fn peek_score(&self, spread: Option<f64>) -> Option<Score> {
        let s = spread.filter(|s| s.is_finite())?;
        match self.baseline {
            Baseline::Exclusive => self.full(s),
            Baseline::Inclusive => score(&self.rolling.peek(s, 0.0)?, self.peak.peek(s), s),
        }
    }

    fn full(&self, s: f64) -> Option<Score> {
        score(self.rolling.full()?, self.peak.get(), s)
    }
}

fn score(sums: &Sums, largest: f64, s: f64) -> Option<Score> {
    let sd = (sums.centred_yy() / (sums.n() - 1.0)).sqrt();
    if sd.is_nan() || sd <= 0.0 || sd < FLAT * largest {
        return None;
    }
    let mean = sums.mean_y();
    let z = (s - mean) / sd;
    z.is_finite().then_some(Score { z, mean, sd })
}

fn is_precise(sums: &Sums) -> bool {
    let (error, _, _) = sums.errors();
    error <= 1e-11 * sums.centred_yy()
}
