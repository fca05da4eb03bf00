//! Huber's regression with its scale: least squares near the line, absolute deviations far from it.

mod problem;

use crate::{
    error::{Degeneracy, Error, Result},
    line::Line,
    moments::Moments,
};
use problem::{Iterate, Problem, Step};

/// The two constants of the objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HuberParams {
    epsilon: f64,
    penalty: f64,
}

impl HuberParams {
    /// Residuals beyond `epsilon` scales count as outliers; `penalty` multiplies β² in the objective.
    ///
    /// # Errors
    /// [`Error::BadParameter`] unless 1 < `epsilon` ≤ 1,000 and 0 ≤ `penalty` ≤ 10⁶.
    pub fn new(epsilon: f64, penalty: f64) -> Result<Self> {
        if !(epsilon > 1.0 && epsilon <= 1e3) {
            return Err(Error::BadParameter {
                name: "epsilon",
                allowed: "above 1 and at most 1,000",
            });
        }
        if !(0.0..=1e6).contains(&penalty) {
            return Err(Error::BadParameter {
                name: "penalty",
                allowed: "from 0 to 10⁶",
            });
        }
        Ok(Self { epsilon, penalty })
    }

    /// Residuals beyond this many scales are outliers.
    #[must_use]
    pub const fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// Factor of β² in the objective.
    #[must_use]
    pub const fn penalty(&self) -> f64 {
        self.penalty
    }
}

impl Default for HuberParams {
    /// ε = 1.35 and 10⁻⁴, as in scikit-learn.
    fn default() -> Self {
        Self {
            epsilon: 1.35,
            penalty: 1e-4,
        }
    }
}

/// A Huber fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Huber {
    /// Intercept and slope.
    pub line: Line,
    /// σ, in units of `y`; practically 0 if the points lie on a line.
    pub scale: f64,
    /// Points farther than ε·σ from the line.
    pub outliers: usize,
    /// Value of the objective.
    pub objective: f64,
    /// Norm of the objective's gradient in (α, β), each part over the greatest value that it can
    /// have; 0 at the optimum. The part in σ is zero by construction.
    pub gradient: f64,
    /// Newton steps taken.
    pub steps: usize,
}

/// Minimises, over α, β and σ > 0,
///
/// n·σ + Σ_in r²/σ + Σ_out (2ε·|r| − σ·ε²) + a·β²,   r = y − α − β·x, out where |r| > ε·σ,
///
/// which is the objective of scikit-learn's `HuberRegressor`, at its optimum: that implementation
/// stops early on prices of very different sizes and reports success.
///
/// `y` and `x` have equal lengths n ≥ 2. O(n) a step, 3 to 15 steps.
///
/// The method works on residuals and centred sums, where Newton's steps do not depend on the units of
/// either series, so nothing needs to be rescaled.
///
/// ```
/// use analytics::{huber, HuberParams};
/// let x: Vec<f64> = (0..20).map(f64::from).collect();
/// let mut y: Vec<f64> = x.iter().map(|x| 3.0 * x + (x * 7.0).sin()).collect();
/// y[19] = 1e6;
/// let fit = huber(&y, &x, &HuberParams::default())?;
/// assert!((fit.line.beta - 3.0).abs() < 0.2);
/// assert!(fit.gradient < 1e-10);
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// Source: Huber (1981), "Robust Statistics", 7.7–7.8; Owen (2007), "A robust hybrid of lasso and
/// ridge regression", for the joint objective.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::TooFew`], [`Error::NonFinite`]; [`Error::Degenerate`] if `x`
/// is constant, if sums leave the range of `f64`, or if so many points coincide that the objective
/// has no optimum with σ > 0.
pub fn huber(y: &[f64], x: &[f64], params: &HuberParams) -> Result<Huber> {
    Error::check_pair(y, x, 2)?;
    fit(y, x, params, None)
}

/// As [`huber`], from a line that is thought to be near: fewer steps, the same optimum.
///
/// # Errors
/// As [`huber`].
pub fn huber_from(y: &[f64], x: &[f64], params: &HuberParams, start: Line) -> Result<Huber> {
    Error::check_pair(y, x, 2)?;
    fit(y, x, params, start.finite())
}

/// Gradient, relative to its scale, at which the optimum is reached.
const TOLERANCE: f64 = 1e-13;
/// Gradient with which a fit whose steps no longer help is still accepted.
const ACCEPTED: f64 = 1e-10;
const MOST_STEPS: usize = 200;

pub(crate) fn fit(
    y: &[f64],
    x: &[f64],
    params: &HuberParams,
    start: Option<Line>,
) -> Result<Huber> {
    if x.iter().all(|&v| v == x[0]) {
        return Err(Degeneracy::Constant("x").into());
    }
    let out_of_range = Error::Degenerate(Degeneracy::OutOfRange("y"));
    let mut problem = Problem::new(y, x, params);
    let cold = || Moments::of(y, x).line();
    let start = start.or_else(cold).ok_or(out_of_range)?;
    let mut now = problem.start(start);
    if !now.objective.is_finite() {
        return Err(out_of_range);
    }
    let mut steps = 0;
    while !problem.is_exact(&now) && now.gradient > TOLERANCE && steps < MOST_STEPS {
        steps += 1;
        match improve(&mut problem, &now) {
            Some(better) => now = better,
            None => break,
        }
    }
    // A NaN is above no limit, so that it would pass for an optimum.
    if !now.gradient.is_finite() || !now.objective.is_finite() {
        return Err(out_of_range);
    }
    if now.gradient > ACCEPTED && !problem.is_exact(&now) {
        return Err(Degeneracy::Coincident.into());
    }
    let line = problem.line(&now).finite().ok_or(out_of_range)?;
    Ok(Huber {
        line,
        scale: now.scale,
        outliers: now.outliers,
        objective: now.objective,
        gradient: now.gradient,
        steps,
    })
}

/// The best of Newton's step and its halves, or one step of reweighted least squares where the
/// current division into near and far points has no optimum of its own. `None` if nothing helps.
fn improve(problem: &mut Problem, now: &Iterate) -> Option<Iterate> {
    if let Some(step) = now.newton(problem)
        && let Some(next) = search(problem, now, step)
    {
        return Some(next);
    }
    let step = now.reweighted(problem)?;
    search(problem, now, step)
}

/// The first of a step and its halves that lowers the objective, or that flattens it where rounding
/// hides whether it is lower.
fn search(problem: &mut Problem, now: &Iterate, step: Step) -> Option<Iterate> {
    let rounding = 1e-15 * now.objective.abs();
    let mut share = 1.0;
    for _ in 0..30 {
        let next = problem.at(now, step, share);
        let is_better = next.objective < now.objective - rounding;
        let is_flatter =
            next.objective <= now.objective + 4.0 * rounding && next.gradient < now.gradient;
        if is_better || is_flatter {
            return Some(next);
        }
        share /= 2.0;
    }
    None
}
