//! Rolling Pearson correlation of two legs.

use crate::{
    error::{Error, Result},
    parameters::Window,
    rolling::{Peak, Rolling, Sums},
    zscore::FLAT,
};

/// What is correlated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CorrelationOf {
    /// Log returns from close to close. Levels of two random walks look correlated whatever they
    /// are.
    #[default]
    Returns,
    /// The closes themselves.
    Levels,
}

/// Correlation of the last `window` returns (or levels) at each bar; `y` and `x` are closes of equal
/// length n. O(n).
///
/// `None` until the window is full, which takes one bar more for returns, and where one leg is flat
/// in it (standard deviation below 10⁻¹³ of its largest magnitude).
///
/// ```
/// use analytics::{rolling_correlation, CorrelationOf, Window};
/// let y = [1.0, 2.0, 3.0, 5.0];
/// let x = [10.0, 8.0, 6.0, 2.0];
/// let r = rolling_correlation(&y, &x, Window::new(3)?, CorrelationOf::Levels)?;
/// assert!((r[3].expect("a full window") + 1.0).abs() < 1e-12);
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::NonFinite`]; [`Error::NotPositive`] for returns.
pub fn rolling_correlation(
    y: &[f64],
    x: &[f64],
    window: Window,
    of: CorrelationOf,
) -> Result<Vec<Option<f64>>> {
    Error::check_pair(y, x, 0)?;
    if of == CorrelationOf::Returns {
        for (series, values) in [("y", y), ("x", x)] {
            if let Some(index) = values.iter().position(|&v| v <= 0.0) {
                return Err(Error::NotPositive { series, index });
            }
        }
    }
    let mut rolling = RollingCorrelation::new(window, of);
    y.iter().zip(x).map(|(&y, &x)| rolling.push(y, x)).collect()
}

/// The correlation one bar at a time; O(1) a step.
#[derive(Clone, Debug)]
pub struct RollingCorrelation {
    of: CorrelationOf,
    /// Logarithms of the last closes, for the next return.
    last: Option<(f64, f64)>,
    rolling: Rolling,
    peak_y: Peak,
    peak_x: Peak,
}

impl RollingCorrelation {
    /// A window that has seen nothing.
    #[must_use]
    pub fn new(window: Window, of: CorrelationOf) -> Self {
        Self {
            of,
            last: None,
            rolling: Rolling::new(window.get(), is_precise),
            peak_y: Peak::new(window.get()),
            peak_x: Peak::new(window.get()),
        }
    }

    /// Takes in the closes of a closed bar.
    ///
    /// # Errors
    /// [`Error::NonFinite`], [`Error::NotPositive`] for returns; the window is as before.
    pub fn push(&mut self, y: f64, x: f64) -> Result<Option<f64>> {
        let entered = self.entering(y, x)?;
        if self.of == CorrelationOf::Returns {
            self.last = Some((y.ln(), x.ln()));
        }
        let Some((y, x)) = entered else {
            return Ok(None);
        };
        self.rolling.push(y, x);
        self.peak_y.push(y);
        self.peak_x.push(x);
        let peaks = (self.peak_y.get(), self.peak_x.get());
        Ok(self.rolling.full().and_then(|sums| pearson(sums, peaks)))
    }

    /// What [`RollingCorrelation::push`] would answer for a bar that is still open.
    ///
    /// # Errors
    /// As [`RollingCorrelation::push`].
    pub fn peek(&self, y: f64, x: f64) -> Result<Option<f64>> {
        let Some((y, x)) = self.entering(y, x)? else {
            return Ok(None);
        };
        let peaks = (self.peak_y.peek(y), self.peak_x.peek(x));
        let sums = self.rolling.peek(y, x);
        Ok(sums.and_then(|sums| pearson(&sums, peaks)))
    }

    /// What the bar adds to the window; nothing for the first bar's returns.
    fn entering(&self, y: f64, x: f64) -> Result<Option<(f64, f64)>> {
        for (series, value) in [("y", y), ("x", x)] {
            Error::check_finite(series, &[value])?;
            if self.of == CorrelationOf::Returns && value <= 0.0 {
                return Err(Error::NotPositive { series, index: 0 });
            }
        }
        Ok(match self.of {
            CorrelationOf::Levels => Some((y, x)),
            CorrelationOf::Returns => self.last.map(|last| (y.ln() - last.0, x.ln() - last.1)),
        })
    }
}

fn pearson(sums: &Sums, (peak_y, peak_x): (f64, f64)) -> Option<f64> {
    let moments = sums.moments();
    let varies = |squares: f64, peak: f64| {
        let sd = (squares / (sums.n() - 1.0)).sqrt();
        sd > 0.0 && sd >= FLAT * peak
    };
    if !varies(moments.yy, peak_y) || !varies(moments.xx, peak_x) {
        return None;
    }
    let correlation = moments.xy / (moments.xx.sqrt() * moments.yy.sqrt());
    correlation
        .is_finite()
        .then(|| correlation.clamp(-1.0, 1.0))
}

fn is_precise(sums: &Sums) -> bool {
    let moments = sums.moments();
    let (yy, xy, xx) = sums.errors();
    yy <= 1e-11 * moments.yy
        && xx <= 1e-11 * moments.xx
        && xy <= 1e-11 * (moments.xx.sqrt() * moments.yy.sqrt())
}
