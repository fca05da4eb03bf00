//! Johansen's test of several series.
//!
//! Where Engle-Granger asks about one line in one direction, Johansen's method asks how many
//! independent combinations of the series are stationary, treats the legs alike, and estimates the
//! combinations by maximum likelihood.
//!
//! [`Johansen::trace`]`[r]` tests "at most r combinations" against "all", [`Johansen::max_eigenvalue`]`[r]`
//! against "r + 1"; a statistic above its critical value rejects. For a pair, rejecting at r = 0 and not
//! at r = 1 is what cointegration looks like; rejecting both says that the legs are stationary
//! themselves.
//!
//! **Size.** The tables for a constant, which statsmodels carries and this follows, are those of series
//! that drift. On driftless random walks the trace statistic at 95 % rejects about 10 % of the time instead
//! of 5 %: one more reason why the verdict on a pair is Engle-Granger's.
//!
//! ```
//! use analytics::johansen::{JohansenOptions, johansen};
//!
//! let mut draw = 7_u32;
//! let mut next = || {
//!     draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
//!     f64::from(draw >> 8) / f64::from(1 << 24) - 0.5
//! };
//! let mut level = 0.0;
//! let x: Vec<f64> = (0..400).map(|_| { level += next(); level }).collect();
//! let y: Vec<f64> = x.iter().map(|x| 3.0 + 2.0 * x + next()).collect();
//! let test = johansen(&[&y, &x], JohansenOptions::default())?;
//! assert!(test.trace[0].statistic > test.trace[0].critical.at_99);
//! // The stationary combination is y − 2·x up to scale.
//! let hedge = -test.vectors[0][1] / test.vectors[0][0];
//! assert!((hedge - 2.0).abs() < 0.1);
//! # Ok::<(), analytics::Error>(())
//! ```

mod detrend;
mod outcome;
mod prepare;
mod reduced_rank;
mod tables;

pub use outcome::{DetOrder, Johansen, JohansenOptions, JohansenRank, JohansenValues};
pub use reduced_rank::johansen;
