#![doc = include_str!("../README.md")]

pub mod cointegration;
pub mod error;
pub mod johansen;
pub mod mean_reversion;
mod row_qr;
pub mod stationarity;

pub use error::{Degeneracy, Error, Result};
