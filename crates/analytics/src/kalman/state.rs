//! One step of a two-state Kalman filter whose covariance cannot lose its sign.

use super::KalmanStep;
use crate::line::Line;

/// Variances that drive the filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variances {
    /// Of an observation about the line, in units of `y` squared.
    pub observation: f64,
    /// Of a step of β between bars.
    pub beta_step: f64,
    /// Of a step of α between bars, in units of `y` squared.
    pub alpha_step: f64,
}

/// Mean and covariance of [β, α].
///
/// The covariance is kept as U·D·Uᵀ with U = [[1, u], [0, 1]] and D = diag(d_β, d_α). Bierman's
/// update and the prediction below form the new factors by products and quotients of numbers that
/// are not negative, so D stays so over any number of steps; the textbook P − K·H·P does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    line: Line,
    d_beta: f64,
    d_alpha: f64,
    u: f64,
}

impl State {
    /// From a covariance [[var β, cov], [cov, var α]] that is positive semi-definite with var α > 0.
    pub(super) fn new(line: Line, var_beta: f64, covariance: f64, var_alpha: f64) -> Self {
        let u = covariance / var_alpha;
        Self {
            line,
            d_beta: (var_beta - u * covariance).max(0.0),
            d_alpha: var_alpha,
            u,
        }
    }

    /// From the factors.
    pub(super) const fn factored(line: Line, d_beta: f64, u: f64, d_alpha: f64) -> Self {
        Self {
            line,
            d_beta,
            d_alpha,
            u,
        }
    }

    /// The state with its covariance multiplied by `factor`.
    pub(super) fn scaled(self, factor: f64) -> Self {
        Self {
            d_beta: self.d_beta * factor,
            d_alpha: self.d_alpha * factor,
            ..self
        }
    }

    /// The state one bar later: a random walk keeps its mean and gains variance.
    pub(super) fn predicted(self, noise: &Variances) -> Self {
        let d_alpha = self.d_alpha + noise.alpha_step;
        if d_alpha <= 0.0 {
            return Self {
                d_beta: self.d_beta + noise.beta_step,
                ..self
            };
        }
        let kept = self.d_alpha / d_alpha;
        Self {
            line: self.line,
            d_beta: self.d_beta + noise.beta_step + self.u * self.u * kept * noise.alpha_step,
            d_alpha,
            u: self.u * kept,
        }
    }

    /// The state after seeing (y, x), and what was seen; `None` if a number leaves the range of `f64`.
    pub(super) fn updated(
        self,
        y: f64,
        x: f64,
        observation_variance: f64,
    ) -> Option<(Self, KalmanStep)> {
        let innovation = self.line.residual(y, x);
        // Uᵀ·[x, 1] and D times that.
        let f_alpha = self.u * x + 1.0;
        let (v_beta, v_alpha) = (self.d_beta * x, self.d_alpha * f_alpha);
        let partial = observation_variance + x * v_beta;
        let variance = partial + f_alpha * v_alpha;
        let (per_partial, per_variance) = (1.0 / partial, 1.0 / variance);
        let gain = innovation * per_variance;
        let line = Line {
            alpha: self.line.alpha + v_alpha * gain,
            beta: self.line.beta + (v_beta + self.u * v_alpha) * gain,
        };
        let state = Self {
            line,
            d_beta: self.d_beta * (observation_variance * per_partial),
            d_alpha: self.d_alpha * (partial * per_variance),
            u: self.u - f_alpha * v_beta * per_partial,
        };
        let covariance = state.u * state.d_alpha;
        let step = KalmanStep {
            line,
            var_beta: state.d_beta + state.u * covariance,
            covariance,
            var_alpha: state.d_alpha,
            innovation,
            innovation_variance: variance,
        };
        // Of e/√S, which can overflow where neither of its parts does. Its square costs no root.
        let surprise = innovation * gain;
        (step.is_finite() && surprise.is_finite()).then_some((state, step))
    }
}

impl KalmanStep {
    /// One sum instead of eight tests: it is finite exactly if its terms are (or are so large that
    /// nothing could be done with them).
    fn is_finite(&self) -> bool {
        let sum = self.line.alpha.abs()
            + self.line.beta.abs()
            + self.var_beta
            + self.covariance.abs()
            + self.innovation.abs()
            + self.innovation_variance;
        sum.is_finite() && self.innovation_variance > 0.0
    }
}
