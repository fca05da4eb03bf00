//! Choices of a Kalman filter that are checked once.

use super::state::Variances;
use crate::{
    error::{Error, Result},
    parameters::Lookback,
};

/// About how many bars a filter remembers: at least 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Memory(f64);

impl Memory {
    /// A memory of `bars` bars.
    ///
    /// # Errors
    /// [`Error::BadParameter`] if that is not finite or below 1.
    pub fn new(bars: f64) -> Result<Self> {
        if !(1.0..=1e9).contains(&bars) {
            return Err(Error::BadParameter {
                name: "memory",
                allowed: "from 1 to 10⁹ bars",
            });
        }
        Ok(Self(bars))
    }

    /// The number of bars.
    #[must_use]
    pub const fn bars(self) -> f64 {
        self.0
    }
}

impl Default for Memory {
    /// 100 bars.
    fn default() -> Self {
        Self(100.0)
    }
}

/// pykalman examples' δ, whose δ/(1 − δ) is the variance of a step: between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Delta(f64);

impl Delta {
    /// A δ.
    ///
    /// # Errors
    /// [`Error::BadParameter`] unless 0 < δ < 1.
    pub fn new(delta: f64) -> Result<Self> {
        if delta > 0.0 && delta < 1.0 {
            return Ok(Self(delta));
        }
        Err(Error::BadParameter {
            name: "delta",
            allowed: "between 0 and 1, both excluded",
        })
    }

    /// The value.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    pub(super) fn variances(self) -> Variances {
        let step = self.0 / (1.0 - self.0);
        Variances {
            observation: 1.0,
            beta_step: step,
            alpha_step: step,
        }
    }
}

impl Default for Delta {
    /// 10⁻⁵.
    fn default() -> Self {
        Self(1e-5)
    }
}

/// Where the filter's variances come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise {
    /// R is the residual variance of least squares on the first `lookback` bars, and
    /// Q = R/M²·diag(1/mean(x²), 1): the steady gain of a local level with that ratio forgets over
    /// about M bars. Independent of the units of either price. The default.
    Memory {
        /// Bars that the filter is trained on.
        lookback: Lookback,
        /// M.
        memory: Memory,
    },
    /// The same shape with the ratio Q/R that makes the first `lookback` bars most likely.
    ///
    /// On real prices this makes β chase the price until the innovations are white: a predictor of
    /// the next bar, not a spread to trade.
    MaximumLikelihood {
        /// Bars that the filter is trained on.
        lookback: Lookback,
    },
    /// Q = δ/(1 − δ)·I and R = 1, whatever the units. For parity with pykalman examples only: at
    /// real prices sd(e/√S) is 0.004 and no threshold ever fires.
    Pykalman {
        /// δ.
        delta: Delta,
    },
}

impl Default for Noise {
    fn default() -> Self {
        Self::Memory {
            lookback: Lookback::default(),
            memory: Memory::default(),
        }
    }
}

impl Noise {
    /// pykalman examples' variances with δ = 10⁻⁵.
    #[must_use]
    pub fn pykalman() -> Self {
        Self::Pykalman {
            delta: Delta::default(),
        }
    }

    /// Bars without output at the start; 0 if nothing is trained.
    #[must_use]
    pub const fn training_bars(self) -> usize {
        match self {
            Self::Memory { lookback, .. } | Self::MaximumLikelihood { lookback } => lookback.get(),
            Self::Pykalman { .. } => 0,
        }
    }
}

/// The state that a filter starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Init {
    /// After the training bars: least squares and its covariance under [`Noise::Memory`]; the state
    /// of the most likely filter under [`Noise::MaximumLikelihood`].
    Training,
    /// Mean 0, all four entries of the covariance 1, at the first bar.
    Pykalman,
    /// Mean 0, covariance the identity, at the first bar.
    Identity,
    /// Mean 0, covariance 10⁷ times the identity, at the first bar.
    Diffuse,
}

/// Noise and start of a filter that fit together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KalmanParams {
    noise: Noise,
    init: Init,
}

impl KalmanParams {
    /// Noise and start.
    ///
    /// # Errors
    /// [`Error::BadParameter`] for [`Init::Training`] under [`Noise::Pykalman`], which has none.
    pub fn new(noise: Noise, init: Init) -> Result<Self> {
        if init == Init::Training && matches!(noise, Noise::Pykalman { .. }) {
            return Err(Error::BadParameter {
                name: "init",
                allowed: "pykalman, identity or diffuse when noise is pykalman",
            });
        }
        Ok(Self { noise, init })
    }

    /// The noise with its usual start: [`Init::Pykalman`] for [`Noise::Pykalman`], else
    /// [`Init::Training`].
    #[must_use]
    pub const fn of(noise: Noise) -> Self {
        let init = match noise {
            Noise::Pykalman { .. } => Init::Pykalman,
            Noise::Memory { .. } | Noise::MaximumLikelihood { .. } => Init::Training,
        };
        Self { noise, init }
    }

    /// Where the variances come from.
    #[must_use]
    pub const fn noise(&self) -> Noise {
        self.noise
    }

    /// Where the state starts.
    #[must_use]
    pub const fn init(&self) -> Init {
        self.init
    }

    /// Whether e/√S is a z-score: not under [`Noise::Pykalman`], whose S is in no units of the data.
    #[must_use]
    pub const fn has_innovation_z(&self) -> bool {
        !matches!(self.noise, Noise::Pykalman { .. })
    }
}

impl Default for KalmanParams {
    fn default() -> Self {
        Self::of(Noise::default())
    }
}
