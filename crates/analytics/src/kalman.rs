//! A hedge ratio that drifts: the Kalman filter of a line whose coefficients walk at random.

mod parameters;
mod state;
mod training;

pub use parameters::{Delta, Init, KalmanParams, Memory, Noise};
pub use state::Variances;

use crate::{
    error::{Error, Result},
    line::Line,
};
use state::State;
use training::Method;

/// What the filter knows after one bar, and how that bar surprised it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KalmanStep {
    /// Filtered coefficients, this bar included.
    pub line: Line,
    /// Variance of the filtered β.
    pub var_beta: f64,
    /// Covariance of the filtered β and α.
    pub covariance: f64,
    /// Variance of the filtered α.
    pub var_alpha: f64,
    /// Innovation e: y less what the coefficients before this bar predict. The spread.
    pub innovation: f64,
    /// Its predicted variance S.
    pub innovation_variance: f64,
}

impl KalmanStep {
    /// e/√S, in predicted standard deviations.
    #[must_use]
    pub fn standardized(&self) -> f64 {
        self.innovation / self.innovation_variance.sqrt()
    }

    /// y less the line *after* this bar has moved it. Shrunk towards zero by the filter's own gain,
    /// hence no signal; for parity with examples that use it.
    #[must_use]
    pub fn filtered_residual(&self, y: f64, x: f64) -> f64 {
        self.line.residual(y, x)
    }
}

/// A run of the filter over a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Kalman {
    /// One entry a bar; `None` on training bars and where numbers leave the range of `f64`.
    pub steps: Vec<Option<KalmanStep>>,
    /// The variances in force after training.
    pub variances: Variances,
    /// Standard deviation of e/√S after training, 1 for a filter whose variances fit the data;
    /// `None` before two bars, and if the squares leave the range of `f64`.
    pub standardized_sd: Option<f64>,
}

impl Kalman {
    /// What [`Kalman::standardized_sd`] says about the variances.
    #[must_use]
    pub fn calibration(&self) -> Option<Calibration> {
        self.standardized_sd.map(Calibration::of)
    }
}

/// Whether a filter's predicted deviations fit what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Calibration {
    /// sd(e/√S) below 0.5: innovations are smaller than predicted, thresholds fire too seldom.
    TooWide,
    /// Between 0.5 and 2.
    Fair,
    /// Above 2: innovations are larger than predicted, thresholds fire too often.
    TooNarrow,
}

impl Calibration {
    /// What a standard deviation of e/√S says.
    #[must_use]
    pub fn of(sd: f64) -> Self {
        if sd < 0.5 {
            Self::TooWide
        } else if sd > 2.0 {
            Self::TooNarrow
        } else {
            Self::Fair
        }
    }
}

/// Runs the filter over `y` and `x` of equal length n: state [β, α], a random walk, observed as
/// y_t = [x_t, 1]·state + noise. O(n) time and memory.
///
/// Causal: entry t uses bars up to t alone, and its innovation is measured against bars before t.
///
/// ```
/// use analytics::kalman::{kalman, KalmanParams, Memory, Noise};
/// use analytics::Lookback;
/// let x: Vec<f64> = (0..200).map(|t| 50.0 + f64::from(t % 17)).collect();
/// let y: Vec<f64> = x.iter().enumerate().map(|(t, x)| 2.0 * x + (t % 3) as f64).collect();
/// let noise = Noise::Memory { lookback: Lookback::new(50)?, memory: Memory::new(20.0)? };
/// let run = kalman(&y, &x, &KalmanParams::of(noise))?;
/// assert!(run.steps[49].is_none());
/// let last = run.steps[199].expect("training is long over");
/// assert!((last.line.beta - 2.0).abs() < 0.05);
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// Sources: Kalman (1960); Bierman (1977), "Factorization Methods for Discrete Sequential
/// Estimation", for the form of the covariance; pykalman's `filter` for the order of steps (no
/// prediction before the first bar).
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::NonFinite`]; [`Error::TooFew`] unless a bar remains after
/// training; [`Error::Degenerate`] if the training bars have a constant `x` or an exact line.
pub fn kalman(y: &[f64], x: &[f64], params: &KalmanParams) -> Result<Kalman> {
    Error::check_pair(y, x, params.noise().training_bars() + 1)?;
    let mut filter = KalmanFilter::new(*params);
    let mut steps = Vec::with_capacity(y.len());
    for (&y, &x) in y.iter().zip(x) {
        steps.push(filter.advance(y, x)?);
    }
    let variances = filter.variances().ok_or(Error::TooFew {
        needed: params.noise().training_bars(),
        got: y.len(),
    })?;
    Ok(Kalman {
        steps,
        variances,
        standardized_sd: filter.standardized_sd(),
    })
}

/// The filter one bar at a time; O(1) a bar after training.
#[derive(Clone, Debug)]
pub struct KalmanFilter {
    params: KalmanParams,
    phase: Phase,
    /// Count, mean and sum of squared deviations of e/√S.
    surprise: (f64, f64, f64),
}

#[derive(Clone, Debug)]
enum Phase {
    Training {
        method: Method,
        y: Vec<f64>,
        x: Vec<f64>,
    },
    Running {
        variances: Variances,
        state: State,
        /// Whether a bar has been seen, so that time has passed since.
        started: bool,
    },
    /// Training found nothing to start from.
    Failed(Error),
}

impl KalmanFilter {
    /// A filter that has seen nothing.
    #[must_use]
    pub fn new(params: KalmanParams) -> Self {
        let training = |method| Phase::Training {
            method,
            y: Vec::new(),
            x: Vec::new(),
        };
        let phase = match params.noise() {
            Noise::Pykalman { delta } => Phase::Running {
                variances: delta.variances(),
                state: training::prior(params.init()),
                started: false,
            },
            Noise::Memory { memory, .. } => training(Method::Memory(memory)),
            Noise::MaximumLikelihood { .. } => training(Method::MaximumLikelihood),
        };
        Self {
            params,
            phase,
            surprise: (0.0, 0.0, 0.0),
        }
    }

    /// Takes in a closed bar. `None` during training, and if numbers leave the range of `f64`; then
    /// the bar is passed over.
    ///
    /// # Errors
    /// [`Error::NonFinite`], and the filter is as before; [`Error::Degenerate`] from the last
    /// training bar on if there was nothing to learn from them.
    pub fn push(&mut self, y: f64, x: f64) -> Result<Option<KalmanStep>> {
        Error::check_finite("y", &[y])?;
        Error::check_finite("x", &[x])?;
        self.advance(y, x)
    }

    /// What [`KalmanFilter::push`] would answer for a bar that is still open. O(1).
    ///
    /// # Errors
    /// As [`KalmanFilter::push`].
    pub fn peek(&self, y: f64, x: f64) -> Result<Option<KalmanStep>> {
        Error::check_finite("y", &[y])?;
        Error::check_finite("x", &[x])?;
        match &self.phase {
            Phase::Training { .. } => Ok(None),
            Phase::Failed(error) => Err(*error),
            Phase::Running { .. } => Ok(self.step(y, x).map(|(_, step)| step)),
        }
    }

    /// The variances in force; `None` during training.
    #[must_use]
    pub fn variances(&self) -> Option<Variances> {
        match &self.phase {
            Phase::Running { variances, .. } => Some(*variances),
            Phase::Training { .. } | Phase::Failed(_) => None,
        }
    }

    /// Standard deviation of e/√S so far; `None` before two bars after training, and if the squares
    /// left the range of `f64`.
    #[must_use]
    pub fn standardized_sd(&self) -> Option<f64> {
        let (n, _, squares) = self.surprise;
        let sd = (n >= 2.0).then(|| (squares / (n - 1.0)).sqrt());
        sd.filter(|sd| sd.is_finite())
    }

    fn advance(&mut self, y: f64, x: f64) -> Result<Option<KalmanStep>> {
        match &mut self.phase {
            Phase::Failed(error) => Err(*error),
            Phase::Training {
                method,
                y: ys,
                x: xs,
            } => {
                ys.push(y);
                xs.push(x);
                if ys.len() == self.params.noise().training_bars() {
                    match training::train(*method, self.params.init(), ys, xs) {
                        Ok(trained) => {
                            self.phase = Phase::Running {
                                variances: trained.variances,
                                state: trained.state,
                                started: true,
                            }
                        }
                        Err(error) => {
                            self.phase = Phase::Failed(error);
                            return Err(error);
                        }
                    }
                }
                Ok(None)
            }
            Phase::Running { .. } => Ok(self.step(y, x).map(|(next, step)| {
                if let Phase::Running { state, started, .. } = &mut self.phase {
                    *state = next;
                    *started = true;
                }
                let (n, mean, squares) = &mut self.surprise;
                let z = step.standardized();
                let before = z - *mean;
                *n += 1.0;
                *mean += before / *n;
                *squares += before * (z - *mean);
                step
            })),
        }
    }

    fn step(&self, y: f64, x: f64) -> Option<(State, KalmanStep)> {
        let Phase::Running {
            variances,
            state,
            started,
        } = &self.phase
        else {
            return None;
        };
        let state = if *started {
            state.predicted(variances)
        } else {
            *state
        };
        state.updated(y, x, variances.observation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_from_half_to_twice_the_predicted_are_fair() {
        for (sd, expected) in [
            (0.4999, Calibration::TooWide),
            (0.5, Calibration::Fair),
            (2.0, Calibration::Fair),
            (2.0001, Calibration::TooNarrow),
        ] {
            assert_eq!(Calibration::of(sd), expected, "{sd}");
        }
    }

    #[test]
    fn a_surprise_whose_square_overflows_is_passed_over() {
        let mut filter = KalmanFilter::new(KalmanParams::of(Noise::pykalman()));
        let steps = [1.0, 1e200, 2.0].map(|y| filter.push(y, 1.0).expect("finite").is_some());
        assert_eq!(steps, [true, false, true]);
        assert!(filter.standardized_sd().is_some_and(f64::is_finite));
    }

    #[test]
    fn squares_that_overflow_together_leave_no_infinite_deviation() {
        let mut filter = KalmanFilter::new(KalmanParams::of(Noise::pykalman()));
        let steps = [2.9e154, 0.97e154].map(|y| filter.push(y, 1.0).expect("finite").is_some());
        assert_eq!(steps, [true, true]);
        assert_eq!(filter.standardized_sd(), None);
    }
}
