#![doc = include_str!("../README.md")]

pub mod align;
pub mod cointegration;
pub mod correlation;
pub mod error;
pub mod huber;
pub mod johansen;
pub mod kalman;
pub mod line;
pub mod mean_reversion;
mod moments;
pub mod ols;
pub mod pair;
pub mod parameters;
mod rolling;
mod row_qr;
pub mod session;
pub mod spread;
pub mod stationarity;
pub mod theil_sen;
pub mod walk_forward;
pub mod zscore;

pub use correlation::{CorrelationOf, RollingCorrelation, rolling_correlation};
pub use error::{Degeneracy, Error, Result};
pub use huber::{Huber, HuberParams, huber, huber_from};
pub use kalman::{Kalman, KalmanFilter, KalmanParams, KalmanStep};
pub use line::Line;
pub use ols::{Ols, ols, ols_line};
pub use pair::{Hedge, PairAnalysis, PairParams, Point, analyse};
pub use parameters::{Baseline, Lookback, Threshold, Transform, Window, ZScore};
pub use session::Session;
pub use spread::{KalmanSpread, spread, spread_along};
pub use theil_sen::{Intercept, TheilSen, theil_sen, theil_sen_line};
pub use walk_forward::{Estimator, RollingFit, walk_forward};
pub use zscore::{RollingZScore, Score, scores, zscore};
