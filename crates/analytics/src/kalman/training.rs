//! Variances and starting state from the first bars.

use super::{
    parameters::{Init, Memory},
    state::{State, Variances},
};
use crate::{
    error::{Degeneracy, Result},
    line::Line,
    moments::Moments,
    ols::ols,
};

const ORIGIN: Line = Line {
    alpha: 0.0,
    beta: 0.0,
};

/// A filter after its training bars: its variances and its state at the last of them.
pub(super) struct Trained {
    pub(super) variances: Variances,
    pub(super) state: State,
}

/// The start of a filter at the first bar.
pub(super) fn prior(init: Init) -> State {
    match init {
        Init::Training | Init::Pykalman => State::new(ORIGIN, 1.0, 1.0, 1.0),
        Init::Identity => State::new(ORIGIN, 1.0, 0.0, 1.0),
        Init::Diffuse => State::new(ORIGIN, 1e7, 0.0, 1e7),
    }
}

/// How variances are learnt from the training bars.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    Memory(Memory),
    MaximumLikelihood,
}

/// Trains on `y` and `x`; their length is the look-back. O(n), times about 100 for maximum
/// likelihood.
pub(super) fn train(method: Method, init: Init, y: &[f64], x: &[f64]) -> Result<Trained> {
    let fit = ols(y, x)?;
    let largest = y.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let sigma = fit.sigma.unwrap_or(0.0);
    if sigma <= 1e-13 * largest {
        return Err(Degeneracy::Collinear.into());
    }
    let n = y.len() as f64;
    let mean_square = x.iter().map(|x| x * x).sum::<f64>() / n;
    let variances = |observation: f64, ratio: f64| Variances {
        observation,
        beta_step: observation * ratio / mean_square,
        alpha_step: observation * ratio,
    };
    let out_of_range = Degeneracy::OutOfRange("x");
    let trained = match method {
        Method::Memory(memory) => {
            let variance = sigma * sigma;
            let moments = Moments::of(y, x);
            // (XᵀX)⁻¹ in factors that need no subtraction.
            let (mean, xx) = (moments.mean_x, moments.xx);
            let d_alpha = variance * (1.0 / n + mean * mean / xx);
            let u = -mean / xx / (1.0 / n + mean * mean / xx);
            let d_beta = variance / (xx + n * mean * mean);
            Trained {
                variances: variances(variance, memory.bars().powi(-2)),
                state: State::factored(fit.line, d_beta, u, d_alpha),
            }
        }
        Method::MaximumLikelihood => {
            let likelihood = Likelihood {
                y,
                x,
                mean_square,
                start: fit.line,
            };
            let run = likelihood.maximum().ok_or(out_of_range)?;
            Trained {
                variances: variances(run.observation, run.ratio),
                state: run.state.scaled(run.observation),
            }
        }
    };
    let v = trained.variances;
    if ![v.observation, v.beta_step, v.alpha_step]
        .iter()
        .all(|v| v.is_finite() && *v >= 0.0)
    {
        return Err(out_of_range.into());
    }
    if init == Init::Training {
        return Ok(trained);
    }
    let mut state = prior(init);
    for (t, (&y, &x)) in y.iter().zip(x).enumerate() {
        if t > 0 {
            state = state.predicted(&v);
        }
        (state, _) = state.updated(y, x, v.observation).ok_or(out_of_range)?;
    }
    Ok(Trained { state, ..trained })
}

/// Likelihood of the training bars as a function of the ratio Q/R, with R concentrated out: in
/// units of R the filter depends on the ratio alone, and R follows from the innovations.
struct Likelihood<'a> {
    y: &'a [f64],
    x: &'a [f64],
    mean_square: f64,
    start: Line,
}

struct Run {
    ratio: f64,
    observation: f64,
    state: State,
    /// −2/n times the log-likelihood, constants dropped.
    deviance: f64,
}

impl Likelihood<'_> {
    /// Variance, in units of R and of the scaled state, that says nothing is known.
    const DIFFUSE: f64 = 1e7;
    /// Innovations that only serve to find the state, which has two entries.
    const BURNT: usize = 2;

    fn run(&self, ratio: f64) -> Option<Run> {
        let steps = Variances {
            observation: 1.0,
            beta_step: ratio / self.mean_square,
            alpha_step: ratio,
        };
        let spread = Self::DIFFUSE / self.mean_square;
        let mut state = State::new(self.start, spread, 0.0, Self::DIFFUSE);
        let (mut squares, mut logs, mut n) = (0.0, 0.0, 0.0);
        for (t, (&y, &x)) in self.y.iter().zip(self.x).enumerate() {
            if t > 0 {
                state = state.predicted(&steps);
            }
            let (next, step) = state.updated(y, x, 1.0)?;
            state = next;
            if t >= Self::BURNT {
                squares += step.innovation * step.innovation / step.innovation_variance;
                logs += step.innovation_variance.ln();
                n += 1.0;
            }
        }
        let observation = squares / n;
        let deviance = observation.ln() + logs / n;
        deviance.is_finite().then_some(Run {
            ratio,
            observation,
            state,
            deviance,
        })
    }

    /// The best ratio between 10⁻¹⁴ and 10⁶: a grid of half decades, then golden section about its
    /// best point.
    fn maximum(&self) -> Option<Run> {
        let at = |log10: f64| self.run(10_f64.powf(log10));
        let better = |a: &Run, b: &Run| a.deviance.total_cmp(&b.deviance);
        let grid = (-28..=12).map(|half| f64::from(half) / 2.0);
        let best = grid.filter_map(at).min_by(better)?;
        let centre = best.ratio.log10();
        let (mut low, mut high) = (centre - 0.5, centre + 0.5);
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        while high - low > 1e-5 {
            let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
            match (at(a), at(b)) {
                (Some(left), Some(right)) if left.deviance <= right.deviance => high = b,
                (Some(_), Some(_)) => low = a,
                _ => break,
            }
        }
        at(low.midpoint(high))
            .into_iter()
            .chain([best])
            .min_by(better)
    }
}
