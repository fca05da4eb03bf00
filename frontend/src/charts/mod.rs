//! Figures: what Plotly is told to draw.

pub(crate) mod backtest;
pub(crate) mod candles;
pub(crate) mod closes;
pub(crate) mod correlation;
pub(crate) mod hedge_ratio;
pub(crate) mod normalised;
pub(crate) mod scatter;
pub(crate) mod sheet;
pub(crate) mod spread;
pub(crate) mod stability;
pub(crate) mod trace;
pub(crate) mod zscore;

pub(crate) use sheet::Sheet;
