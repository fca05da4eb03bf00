#![doc = include_str!("../README.md")]

pub mod align;
pub mod cointegration;
pub mod error;
pub mod huber;
pub mod johansen;
pub mod kalman;
pub mod line;
pub mod mean_reversion;
mod moments;
pub mod ols;
pub mod parameters;
mod row_qr;
pub mod stationarity;
pub mod theil_sen;

pub use error::{Degeneracy, Error, Result};
pub use huber::{Huber, HuberParams, huber, huber_from};
pub use kalman::{Kalman, KalmanFilter, KalmanParams, KalmanStep};
pub use line::Line;
pub use ols::{Ols, ols, ols_line};
pub use parameters::{Lookback, Threshold, Transform, Window, ZScore};
pub use theil_sen::{Intercept, TheilSen, theil_sen, theil_sen_line};
