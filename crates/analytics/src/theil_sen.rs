//! Theil-Sen: the median of all pairwise slopes, exactly, without forming them.

mod interval;
mod order;
mod points;
mod rolling;
mod select;
mod vicinity;

pub(crate) use rolling::RollingTheilSen;

use statrs::distribution::{ContinuousCDF, Normal};

use crate::{
    error::{Degeneracy, Error, Result},
    line::Line,
};
use points::Points;

/// How the intercept follows from the slope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Intercept {
    /// median(y) − β·median(x).
    #[default]
    Separate,
    /// median(y − β·x).
    Joint,
}

/// A Theil-Sen fit with the confidence interval of its slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TheilSen {
    /// Intercept and slope.
    pub line: Line,
    /// Lower end of the 95 % confidence interval of the slope. Where so many values tie that the
    /// variance of Kendall's statistic comes out negative, the interval shrinks to the middle slopes
    /// (scipy answers NaN).
    pub beta_low: f64,
    /// Upper end of the 95 % confidence interval of the slope; see [`TheilSen::beta_low`].
    pub beta_high: f64,
    /// Number of pairs with different x, whose slopes the estimate is the median of.
    pub slopes: u64,
}

/// Fits a line by the exact median of all pairwise slopes, pairs with equal x left out, the mean of
/// the two middle ones if their number is even; with Sen's 95 % interval.
///
/// `y` and `x` have equal lengths n ≥ 2. Expected O(n log n) time, O(n) memory. Equal to
/// `scipy.stats.theilslopes` (with `method="separate"` or `"joint"`); the estimator of the same name
/// in scikit-learn is another, randomised one.
///
/// ```
/// use analytics::{theil_sen, Intercept};
/// let x = [1.0, 2.0, 3.0, 4.0, 5.0];
/// let y = [2.0, 4.0, 6.0, 8.0, -1e12]; // one wild value
/// let fit = theil_sen(&y, &x, Intercept::Joint)?;
/// assert_eq!(fit.line.beta, 2.0);
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// Sources: Sen (1968), "Estimates of the Regression Coefficient Based on Kendall's Tau", for the
/// estimator and (2.6) for its interval; Matoušek (1991), "Randomized Optimal Algorithm for Slope
/// Selection", and Raymaekers (2023), "The R Journal: robslopes", for the way to find it.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::TooFew`], [`Error::NonFinite`]; [`Error::Degenerate`] if `x`
/// is constant or a wanted slope overflows.
pub fn theil_sen(y: &[f64], x: &[f64], intercept: Intercept) -> Result<TheilSen> {
    let points = checked(y, x)?;
    let count = points.slopes;
    let middle = [(count - 1) / 2, count / 2];
    let interval = interval_ranks(y, &points);
    let mut ranks = [middle[0], middle[1], interval[0], interval[1]];
    ranks.sort_unstable();
    let slopes = select::slopes_of_ranks(&points, &ranks);
    let slope = |rank| {
        let place = ranks.iter().position(|&r| r == rank);
        place.map_or(f64::NAN, |place| points.unscale(slopes[place]))
    };
    let beta = midpoint(slope(middle[0]), slope(middle[1]));
    let fit = TheilSen {
        line: Line {
            alpha: alpha(y, x, beta, intercept),
            beta,
        },
        beta_low: slope(interval[0]),
        beta_high: slope(interval[1]),
        slopes: count,
    };
    let finite = fit.beta_low.is_finite() && fit.beta_high.is_finite();
    match fit.line.finite() {
        Some(_) if finite => Ok(fit),
        _ => Err(Degeneracy::OutOfRange("a slope").into()),
    }
}

/// The coefficients alone, which costs about half of [`theil_sen`].
///
/// # Errors
/// As [`theil_sen`].
pub fn theil_sen_line(y: &[f64], x: &[f64], intercept: Intercept) -> Result<Line> {
    let points = checked(y, x)?;
    let middle = [(points.slopes - 1) / 2, points.slopes / 2];
    let slopes = select::slopes_of_ranks(&points, &middle);
    let beta = midpoint(points.unscale(slopes[0]), points.unscale(slopes[1]));
    let alpha = alpha(y, x, beta, intercept);
    let line = Line { alpha, beta }.finite();
    line.ok_or_else(|| Degeneracy::OutOfRange("a slope").into())
}

fn checked(y: &[f64], x: &[f64]) -> Result<Points> {
    Error::check_pair(y, x, 2)?;
    if u32::try_from(y.len()).is_err() {
        return Err(Error::BadParameter {
            name: "the number of observations",
            allowed: "below 2³²",
        });
    }
    let points = Points::new(y, x);
    if points.slopes == 0 {
        return Err(Degeneracy::Constant("x").into());
    }
    Ok(points)
}

/// Mean of two values that does not overflow.
pub(crate) fn midpoint(a: f64, b: f64) -> f64 {
    let sum = a + b;
    if sum.is_finite() {
        sum / 2.0
    } else {
        a / 2.0 + b / 2.0
    }
}

fn alpha(y: &[f64], x: &[f64], beta: f64, intercept: Intercept) -> f64 {
    match intercept {
        Intercept::Separate => median(y.to_vec()) - beta * median(x.to_vec()),
        Intercept::Joint => median(y.iter().zip(x).map(|(y, x)| y - beta * x).collect()),
    }
}

/// Median, the mean of the two middle values if their number is even. O(n). NaN of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    let n = values.len();
    if n == 0 {
        return f64::NAN;
    }
    let (below, &mut upper, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    midpoint(lower, upper)
}

/// Ranks of the ends of the 95 % interval, Sen (1968), equation 2.6, rounded as scipy does.
fn interval_ranks(y: &[f64], points: &Points) -> [u64; 2] {
    let mut y = y.to_vec();
    y.sort_unstable_by(f64::total_cmp);
    let variance = (term(y.len()) - ties(&points.x) - ties(&y)) / 18.0;
    let normal = Normal::standard().inverse_cdf(0.975);
    let spread = normal * variance.max(0.0).sqrt();
    let count = points.slopes as f64;
    let low = ((count - spread) / 2.0).round_ties_even() - 1.0;
    let high = ((count + spread) / 2.0).round_ties_even();
    // `as` saturates, which also turns a negative low into 0.
    [low, high].map(|rank| (rank as u64).min(points.slopes - 1))
}

/// What k values that are equal, or all of k values, count for in that variance.
fn term(k: usize) -> f64 {
    let k = k as f64;
    k * (k - 1.0) * (2.0 * k + 5.0)
}

/// Sum of the terms of the groups of equal values.
fn ties(sorted: &[f64]) -> f64 {
    let groups = sorted.chunk_by(|a, b| a == b).map(<[f64]>::len);
    groups.filter(|&k| k > 1).map(term).sum()
}
