//! The Hurst exponent of a spread.

use crate::{Degeneracy, Error, Result};

/// Observations below which [`hurst`] is refused.
pub const HURST_LEAST_OBSERVATIONS: usize = 100;

/// The longest distance in bars that is looked at.
const LONGEST: usize = 20;

/// The Hurst exponent of `series` (in-sample residuals of a pair; any unit): the slope of
/// log sd(s_{t+τ} − s_t) on log τ by least squares, for every τ from 2 to min(20, n/4) bars. The standard
/// deviation divides by the number of differences, as numpy's `std`.
///
/// 0.5 for a random walk, less for a series that returns (0 for white noise), more for one that trends.
///
/// # Errors
/// [`TooFew`](Error::TooFew) below [`HURST_LEAST_OBSERVATIONS`]; [`NonFinite`](Error::NonFinite);
/// [`Degenerate`](Error::Degenerate) when the differences at some distance are all equal (a constant, a
/// straight line, a pattern that repeats within 20 bars) or out of range.
///
/// # Cost
/// O(n) time (19 passes), O(1) memory.
///
/// # Source
/// The scaling of increments, Hurst 1951 and Mandelbrot & Van Ness 1968, in the form that pairs traders
/// use (E. Chan, *Algorithmic Trading*, 2013, ch. 2).
pub fn hurst(series: &[f64]) -> Result<f64> {
    let n = series.len();
    Error::check_enough(HURST_LEAST_OBSERVATIONS, n)?;
    Error::check_finite("series", series)?;
    let low = series.iter().copied().fold(f64::INFINITY, f64::min);
    let high = series.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low >= high {
        return Err(Degeneracy::Constant("series").into());
    }
    let range = high - low;
    if !range.is_finite() {
        return Err(Degeneracy::OutOfRange("series").into());
    }
    let greatest = low.abs().max(high.abs());
    let scale = (-range.log2().round().clamp(-1000.0, 1000.0)).exp2();
    // Differences of values that are equal up to rounding are rounding.
    let least = 1e-13 * (greatest * scale);

    let longest = LONGEST.min(n / 4);
    let count = (longest - 1) as f64;
    let (mut xs, mut ys, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0);
    for distance in 2..=longest {
        let sd = difference_sd(series, distance, scale);
        if sd <= least {
            return Err(Degeneracy::Constant("the differences of the series").into());
        }
        let (x, y) = ((distance as f64).ln(), sd.ln());
        xs += x;
        ys += y;
        xx += x * x;
        xy += x * y;
    }
    Ok((xy - xs * ys / count) / (xx - xs * xs / count))
}

/// Standard deviation of s_{t+distance} − s_t, times `scale`, in two passes.
fn difference_sd(series: &[f64], distance: usize, scale: f64) -> f64 {
    let differences = || {
        series[distance..]
            .iter()
            .zip(series)
            .map(move |(later, earlier)| (later - earlier) * scale)
    };
    let count = (series.len() - distance) as f64;
    let mean = differences().sum::<f64>() / count;
    let squares: f64 = differences().map(|d| (d - mean) * (d - mean)).sum();
    (squares / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize) -> Vec<f64> {
        let mut bits = 12_345_u64;
        (0..n)
            .map(|_| {
                bits = bits
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (bits >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
            })
            .collect()
    }

    #[test]
    fn noise_is_near_zero_and_a_random_walk_near_one_half() {
        let white = noise(20_000);
        let mut level = 0.0;
        let walk: Vec<f64> = white
            .iter()
            .map(|step| {
                level += step;
                level
            })
            .collect();
        assert!(hurst(&white).unwrap().abs() < 0.02);
        assert!((hurst(&walk).unwrap() - 0.5).abs() < 0.05);
    }

    #[test]
    fn a_line_and_a_constant_are_refused() {
        let line: Vec<f64> = (0..200).map(|t| 0.1 * f64::from(t)).collect();
        assert!(matches!(hurst(&line), Err(Error::Degenerate(_))));
        assert!(matches!(hurst(&[5.0; 200]), Err(Error::Degenerate(_))));
    }

    #[test]
    fn it_needs_a_hundred_values() {
        assert_eq!(
            hurst(&noise(99)),
            Err(Error::TooFew {
                needed: 100,
                got: 99
            })
        );
        assert!(hurst(&noise(100)).is_ok());
    }
}
