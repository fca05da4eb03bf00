//! The objective and its derivatives about a current line.

use super::HuberParams;
use crate::{line::Line, theil_sen::median};

/// Sums over residuals are kept in so many parts, as each addition waits for the one before it; the
/// compiler makes vectors of them.
const LANES: usize = 4;

/// Centred data and the constants of the objective.
pub(super) struct Problem {
    x: Vec<f64>,
    y: Vec<f64>,
    centre_x: f64,
    centre_y: f64,
    epsilon: f64,
    penalty: f64,
    /// Σ|x|, the scale of the gradient in β.
    reach: f64,
    /// Largest |y| of the original series: residuals of less than its rounding mean an exact line.
    largest: f64,
    /// Residuals at the line last looked at.
    residuals: Vec<f64>,
}

/// A change of the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    alpha: f64,
    beta: f64,
}

/// A line with the best scale for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Iterate {
    /// In centred coordinates.
    line: Line,
    pub(super) scale: f64,
    pub(super) outliers: usize,
    pub(super) objective: f64,
    pub(super) gradient: f64,
    near: Near,
    far: Far,
}

/// Sums over the points within ε·σ; r is the residual.
#[derive(Clone, Copy, Debug, Default)]
struct Near {
    n: f64,
    x: f64,
    r: f64,
    xx: f64,
    xr: f64,
    rr: f64,
}

/// Sums over the others; s is the sign of the residual.
#[derive(Clone, Copy, Debug, Default)]
struct Far {
    n: f64,
    s: f64,
    xs: f64,
    /// Σ|r|
    r: f64,
}

impl Problem {
    pub(super) fn new(y: &[f64], x: &[f64], params: &HuberParams) -> Self {
        let (centre_y, centre_x) = (typical(y), typical(x));
        let centred = |v: &[f64], c: f64| v.iter().map(|v| v - c).collect::<Vec<f64>>();
        let x = centred(x, centre_x);
        Self {
            reach: x.iter().map(|x| x.abs()).sum(),
            largest: y.iter().fold(0.0, |m, y| y.abs().max(m)),
            residuals: vec![0.0; y.len()],
            y: centred(y, centre_y),
            x,
            centre_x,
            centre_y,
            epsilon: params.epsilon(),
            penalty: params.penalty(),
        }
    }

    /// The iterate at a line in original coordinates.
    pub(super) fn start(&mut self, line: Line) -> Iterate {
        let line = Line {
            alpha: line.alpha + line.beta * self.centre_x - self.centre_y,
            beta: line.beta,
        };
        self.look(line, None)
    }

    /// The iterate's line in original coordinates.
    pub(super) fn line(&self, at: &Iterate) -> Line {
        Line {
            alpha: at.line.alpha + self.centre_y - at.line.beta * self.centre_x,
            beta: at.line.beta,
        }
    }

    /// The iterate at `share` of a step from another.
    pub(super) fn at(&mut self, from: &Iterate, step: Step, share: f64) -> Iterate {
        let line = Line {
            alpha: from.line.alpha + share * step.alpha,
            beta: from.line.beta + share * step.beta,
        };
        self.look(line, Some(from.scale))
    }

    /// Whether no residual exceeds what rounding of the prices explains.
    pub(super) fn is_exact(&self, at: &Iterate) -> bool {
        let n = self.y.len() as f64;
        (at.near.rr / n).sqrt() + at.far.r / n <= 1e-15 * self.largest
    }

    fn look(&mut self, line: Line, scale: Option<f64>) -> Iterate {
        for ((r, y), x) in self.residuals.iter_mut().zip(&self.y).zip(&self.x) {
            *r = line.residual(*y, *x);
        }
        let scale = self.best_scale(scale);
        let (near, far) = self.sums(self.epsilon * scale);
        let (n, epsilon) = (self.y.len() as f64, self.epsilon);
        let per_scale = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let beta = line.beta;
        // At the best scale Σ_in r²/σ = (n − n_out·ε²)·σ unless the floor of the scale is in force.
        let objective = n * scale + near.rr * per_scale + 2.0 * epsilon * far.r
            - far.n * epsilon * epsilon * scale
            + self.penalty * beta * beta;
        let by_alpha = near.r * per_scale + epsilon * far.s;
        let by_beta = near.xr * per_scale + epsilon * far.xs - self.penalty * beta;
        let by_beta_scale = epsilon * self.reach + self.penalty * beta.abs();
        let gradient = (by_alpha / (epsilon * n)).hypot(by_beta / by_beta_scale);
        Iterate {
            line,
            scale,
            outliers: far.n as usize,
            objective,
            gradient,
            near,
            far,
        }
    }

    /// σ that minimises the objective for the current residuals: Σ min(r²/σ², ε²) = n.
    ///
    /// In τ = 1/σ² the left side is concave, increasing and piecewise linear, so Newton's method from
    /// a σ that is too large ends at the root after finitely many steps.
    fn best_scale(&self, guess: Option<f64>) -> f64 {
        let n = self.residuals.len() as f64;
        let (_, all) = self.within(f64::INFINITY);
        let largest = (all / n).sqrt();
        // Not `clamp`, which panics when a square has overflowed and the bounds are NaN.
        // Where most residuals are zero the objective pushes σ to zero. This floor keeps it smooth.
        let floor = 1e-11 * largest;
        let mut scale = guess.map_or(largest, |s| s.max(floor).min(largest));
        let mut restarted = guess.is_none();
        for _ in 0..100 {
            let (near, squares) = self.within(self.epsilon * scale);
            let rest = n - (n - near) * self.epsilon * self.epsilon;
            if rest <= 0.0 {
                // The guess was too small.
                if restarted {
                    return scale;
                }
                restarted = true;
                scale = largest;
                continue;
            }
            let next = (squares / rest).sqrt().max(floor).min(largest);
            if (next - scale).abs() <= 1e-15 * scale {
                return next;
            }
            scale = next;
        }
        scale
    }

    /// How many residuals are at most `limit`, and the sum of their squares.
    fn within(&self, limit: f64) -> (f64, f64) {
        let (mut near, mut squares) = ([0.0; LANES], [0.0; LANES]);
        let mut take = |some: &[f64; LANES]| {
            for ((r, near), squares) in some.iter().zip(&mut near).zip(&mut squares) {
                let is_near = r.abs() <= limit;
                *near += if is_near { 1.0 } else { 0.0 };
                *squares += if is_near { r * r } else { 0.0 };
            }
        };
        let (whole, rest) = self.residuals.as_chunks();
        whole.iter().for_each(&mut take);
        // NaN is within no limit.
        let mut last = [f64::NAN; LANES];
        last[..rest.len()].copy_from_slice(rest);
        take(&last);
        (near.iter().sum(), squares.iter().sum())
    }

    fn sums(&self, limit: f64) -> (Near, Far) {
        let (mut near, mut far) = (Near::default(), Far::default());
        // Products with 0 or 1 instead of a branch, which would be mispredicted for a third of points.
        for (&r, &x) in self.residuals.iter().zip(&self.x) {
            let is_near = if r.abs() <= limit { 1.0 } else { 0.0 };
            let is_far = 1.0 - is_near;
            let (near_x, near_r) = (is_near * x, is_near * r);
            near.n += is_near;
            near.x += near_x;
            near.r += near_r;
            near.xx += near_x * x;
            near.xr += near_x * r;
            near.rr += near_r * r;
            let sign = is_far.copysign(r);
            far.n += is_far;
            far.s += sign;
            far.xs += sign * x;
            far.r += sign * r;
        }
        (near, far)
    }
}

impl Iterate {
    /// The step to the optimum that the problem would have if no point crossed ε·σ.
    ///
    /// For a given σ the normal equations of (α, β) are linear; σ then follows from
    /// σ²·(c − q) = SSR, where q depends on σ only through the penalty and hardly at all.
    pub(super) fn newton(&self, problem: &Problem) -> Option<Step> {
        let (near, far) = (&self.near, &self.far);
        let (epsilon, a) = (problem.epsilon, problem.penalty);
        let mean_x = near.x / near.n;
        let xx = near.xx - near.x * mean_x;
        let xr = near.xr - near.r * mean_x;
        let rr = near.rr - near.r * near.r / near.n;
        if xx.is_nan() || xx <= 0.0 {
            return None;
        }
        let slope = xr / xx;
        let residual_squares = (rr - slope * xr).max(0.0);
        let pull = epsilon * (far.xs - mean_x * far.s);
        let tilt = pull - a * (self.line.beta + slope);
        let n = problem.y.len() as f64;
        let free = n - epsilon * epsilon * (far.n + far.s * far.s / near.n);
        let mut scale = self.scale;
        for _ in 0..20 {
            let stiffness = xx + a * scale;
            let rest = free - xx * (tilt / stiffness).powi(2);
            if rest.is_nan() || rest <= 0.0 {
                return None;
            }
            let next = (residual_squares / rest).sqrt();
            let done = (next - scale).abs() <= 1e-15 * scale;
            scale = next;
            if done {
                break;
            }
        }
        let beta = slope + scale * tilt / (xx + a * scale);
        let alpha = near.r / near.n - beta * mean_x + scale * epsilon * far.s / near.n;
        step(alpha, beta)
    }

    /// A step of least squares in which a point beyond ε·σ weighs ε·σ/|r|; always downhill.
    pub(super) fn reweighted(&self, problem: &Problem) -> Option<Step> {
        let limit = problem.epsilon * self.scale;
        let (mut w, mut x, mut r, mut xx, mut xr) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (&yi, &xi) in problem.y.iter().zip(&problem.x) {
            let ri = self.line.residual(yi, xi);
            let weight = if ri.abs() <= limit {
                1.0
            } else {
                limit / ri.abs()
            };
            w += weight;
            x += weight * xi;
            r += weight * ri;
            xx += weight * xi * xi;
            xr += weight * xi * ri;
        }
        let ridge = problem.penalty * self.scale;
        let xx = xx - x * x / w + ridge;
        let beta = (xr - r * x / w - ridge * self.line.beta) / xx;
        step((r - beta * x) / w, beta)
    }
}

fn step(alpha: f64, beta: f64) -> Option<Step> {
    (alpha.is_finite() && beta.is_finite()).then_some(Step { alpha, beta })
}

/// A value in the midst of the others whatever a few of them are: the median of up to 101 of them.
fn typical(values: &[f64]) -> f64 {
    let stride = values.len().div_ceil(101).max(1);
    median(values.iter().copied().step_by(stride).collect())
}
