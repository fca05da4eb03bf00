//! Figures: what Plotly is told to draw.

pub(crate) mod candles;
