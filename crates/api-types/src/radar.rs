//! The topic `radar`: every pair of the feed's symbols, followed at once.
//!
//! The newest scan of live symbols that is done says with which bars and windows, which leg of a pair is y, and which
//! pairs it found cointegrated (q at most 0.05). Figures are those of the watchlist for the same pair and parameters.

use serde::{Deserialize, Serialize};

use crate::Interval;

/// Most rows that are told.
pub const RADAR_MOST_ROWS: usize = 100;

/// Data of the topic `radar`: all of it each time, about once a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RadarData {
    /// The scan that it goes by; `null` before there is one, and then there are no rows.
    pub scan: Option<RadarScan>,
    /// False while the bars that the figures take are read.
    pub ready: bool,
    /// Symbols of the feed.
    pub symbols: u32,
    /// Pairs that are followed.
    pub pairs: u32,
    /// Pairs that have a z-score.
    pub known: u32,
    /// Pairs with |z| of at least 2.
    pub beyond: u32,
    /// Pairs that the scan found cointegrated.
    pub cointegrated: u32,
    /// Of those the ones with the greatest |z|, at most 100, the greatest first.
    pub rows: Vec<RadarRow>,
}

/// The scan that the radar goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RadarScan {
    /// Its id.
    pub id: i64,
    /// When it was done, ms since the epoch: what it found is as old as that.
    pub ended_at: i64,
    /// Length of a bar.
    pub interval: Interval,
    /// Bars that it tested; `null` if it had a start.
    pub limit: Option<u32>,
    /// Bars of each fit.
    pub lookback: u32,
    /// Window of z-score and correlation.
    pub window: u32,
    /// Buckets of forward-fill.
    pub max_fill: u32,
}

/// A pair and its figures now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RadarRow {
    /// The dependent leg, `venue:SYMBOL`.
    pub y: String,
    /// The hedge leg.
    pub x: String,
    /// Start of the bar that the figures are of, ms since the epoch.
    pub time: i64,
    /// False while that bar is open.
    pub closed: bool,
    /// Z-score.
    pub z: f64,
    /// Spread, in logarithms.
    pub spread: Option<f64>,
    /// Hedge ratio in force.
    pub beta: Option<f64>,
    /// Rolling correlation of returns.
    pub correlation: Option<f64>,
    /// The scan's p of y on x.
    pub p_y_on_x: f64,
    /// The scan's q.
    pub q: f64,
    /// The scan's half-life, bars.
    pub half_life_bars: Option<f64>,
}
