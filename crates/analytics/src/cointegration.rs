//! Engle-Granger's test of two series, and everything about a pair that tests can tell.
//!
//! Two prices that wander on their own can still keep together: some α and β leave residuals
//! y − α − β·x that return to zero. [`engle_granger`] fits the line by least squares and asks whether
//! its residuals have a unit root.
//!
//! **Why not plain ADF.** Least squares has already picked the line whose residuals look most
//! stationary, so the ordinary Dickey-Fuller tables are too generous: a statistic of −3.0 has
//! p = 0.035 by them and 0.110 by MacKinnon's tables for residuals, which this module uses. A plain ADF
//! of the residuals is part of [`PairTests`] under that name and never decides.
//!
//! **Why in sample.** Half-life, Hurst exponent and these tests are defined on the residuals of one
//! fit over the whole range. On the innovations of a Kalman filter they say nothing: a filter makes
//! its innovations white whatever it is fed, and ADF rejects on them for independent random walks too.
//!
//! **Many pairs.** A scanner prepares each symbol once as a [`Leg`], tests pairs of legs with
//! [`better_direction_of_legs`], takes one p-value a pair and corrects for their number with
//! [`benjamini_hochberg`]: [`scan`](crate::scan) does all of that.
//!
//! **The direction matters.** y on x and x on y are different lines and different tests; both are
//! computed by [`engle_granger_both`]. The verdict [`PairTests::cointegrated`] is p < 0.05 of y on x.
//!
//! ```
//! use analytics::cointegration::{PairTestOptions, pair_tests};
//!
//! // x wanders, y follows at twice the distance with an error that fades.
//! let (mut level, mut error) = (100.0, 0.0);
//! let mut draw = 7_u32;
//! let mut next = || {
//!     draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
//!     f64::from(draw >> 8) / f64::from(1 << 24) - 0.5
//! };
//! let (mut y, mut x) = (Vec::new(), Vec::new());
//! for _ in 0..500 {
//!     level += next();
//!     error = 0.7 * error + next();
//!     x.push(level);
//!     y.push(20.0 + 2.0 * level + error);
//! }
//! let tests = pair_tests(&y, &x, PairTestOptions::default())?;
//! assert!(tests.cointegrated());
//! let half_life = tests.half_life?.bars.expect("the residuals return");
//! assert!(half_life < 5.0);
//! # Ok::<(), analytics::Error>(())
//! ```

mod engle_granger;
mod false_discovery;
mod leg;
mod pair_tests;

pub use engle_granger::{
    BothDirections, EngleGranger, EngleGrangerOptions, engle_granger, engle_granger_both,
    engle_granger_of_legs,
};
pub use false_discovery::benjamini_hochberg;
pub use leg::Leg;
pub use pair_tests::{
    BetterDirection, PairTestOptions, PairTests, ResidualTests, Warning, better_direction_of_legs,
    pair_tests, pair_tests_of_legs, residual_tests_of_legs,
};
