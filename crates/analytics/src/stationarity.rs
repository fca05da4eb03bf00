//! The augmented Dickey-Fuller test and MacKinnon's tables.
//!
//! The null hypothesis of [`adf`] is a unit root: the series wanders and has no level to return to. A
//! small p-value speaks for a stationary series.
//!
//! **Not for the residuals of a fitted line.** Least squares picks the line that makes its residuals
//! look as stationary as it can, so the tables of this test reject far too often on them: τ = −3.0 has
//! p = 0.035 here and 0.110 by the tables made for residuals. Whether two series are cointegrated is
//! asked of [`crate::cointegration`].
//!
//! ```
//! use analytics::stationarity::{AdfOptions, adf};
//!
//! // A series that keeps returning to 5.
//! let mut level = 0.0;
//! let series: Vec<f64> = (0..200)
//!     .map(|t| {
//!         level = 0.5 * level + f64::from((t * 7919) % 101) / 101.0 - 0.5;
//!         5.0 + level
//!     })
//!     .collect();
//! let test = adf(&series, AdfOptions::default())?;
//! assert!(test.p_value < 0.01);
//! assert!(test.statistic < test.critical.one_percent);
//! # Ok::<(), analytics::Error>(())
//! ```

mod adf;
mod design;
mod lags;
pub mod mackinnon;
mod products;

pub(crate) use adf::run;
pub use adf::{Adf, AdfOptions, adf};
pub use lags::{Lags, Regression, default_max_lag};
