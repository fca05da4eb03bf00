//! Half-life and Hurst exponent: how fast a spread returns.
//!
//! Both describe the **in-sample least-squares residuals** of a pair. On the innovations of a Kalman
//! filter they say nothing, because a filter makes its innovations white whatever it is fed.
//!
//! ```
//! use analytics::mean_reversion::half_life;
//!
//! // Each value keeps 80 % of the last one: half is gone after about three bars.
//! let (mut level, mut draw) = (0.0, 7_u32);
//! let spread: Vec<f64> = (0..1000)
//!     .map(|_| {
//!         draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
//!         level = 0.8 * level + f64::from(draw >> 8) / f64::from(1 << 24) - 0.5;
//!         level
//!     })
//!     .collect();
//! let bars = half_life(&spread)?.bars.expect("the series returns");
//! assert!((2.0..5.0).contains(&bars));
//! # Ok::<(), analytics::Error>(())
//! ```

mod half_life;
mod hurst;

pub use half_life::{HalfLife, half_life};
pub use hurst::{HURST_LEAST_OBSERVATIONS, hurst};
