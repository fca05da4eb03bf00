//! `/api/v1/scans`: every pair of many symbols tested at once, in the background; and the topic `scan:{id}`.
//!
//! Pairs are tested on logarithms of closes, in both directions; what is told of a pair is what
//! `/pairs/analytics` answers for its better direction (`y` on `x`) over the same bars with
//! `transform=log`.

use serde::{Deserialize, Serialize};

use crate::{BarLength, NoParams, ParamValue, names::name};

/// Fewest symbols of a scan.
pub const SCAN_LEAST_SYMBOLS: usize = 2;
/// Most symbols of a scan.
pub const SCAN_MOST_SYMBOLS: usize = 500;

/// Body of `POST /api/v1/scans`: what is absent has its default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanRequest {
    /// The symbols, 2 to 500, none of them twice; default: all of `source`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_items = 2, max_items = 500))]
    pub symbols: Option<Vec<ScanSymbol>>,
    /// Source of the symbols that name none: `live` (default) or `dataset:{id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^(live|dataset:[1-9][0-9]{0,17})$", default = "live")
    )]
    pub source: Option<String>,
    /// Length of a bar; default `1h`. Datasets take their own or any multiple.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^[0-9]{1,12}(ms|s|m|h|d|w)$", default = "1h")
    )]
    pub interval: Option<String>,
    /// The last so many bars are tested, 30 to 100,000; default 1,000. With `startTime` all from there on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 30, maximum = 100_000))]
    pub limit: Option<u32>,
    /// First bar, ms since the epoch or RFC 3339; instead of `limit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<ParamValue>,
    /// Start of the last bar at the latest, ms since the epoch or RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<ParamValue>,
    /// Bars of each fit of the walk-forward z-score, 30 to 10,000; default 500.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(minimum = 30, maximum = 10_000, default = 500)
    )]
    pub lookback: Option<u32>,
    /// Window of the z-score, 3 to 10,000; default 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(minimum = 3, maximum = 10_000, default = 60)
    )]
    pub window: Option<u32>,
    /// Buckets for which a leg's last close may stand in, 0 to 1,000; default 5 for `1s`, else 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000))]
    pub max_fill: Option<u32>,
}

/// A symbol of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanSymbol {
    /// Its name; of a live one with or without its venue.
    pub symbol: String,
    /// Where it comes from: `live` or `dataset:{id}`; default: that of the scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Parameters of a scan, defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanParams {
    /// The symbols, each with its source; live ones with their venue.
    pub symbols: Vec<ScanSymbol>,
    /// Length of a bar.
    pub interval: BarLength,
    /// Bars that are tested; `null` with `startTime`.
    pub limit: Option<u32>,
    /// First bar, ms since the epoch.
    pub start_time: Option<i64>,
    /// Last bar's start at the latest, ms since the epoch.
    pub end_time: Option<i64>,
    /// Bars of each fit of the z-score.
    pub lookback: u32,
    /// Window of the z-score.
    pub window: u32,
    /// Buckets of forward-fill.
    pub max_fill: u32,
}

name! {
    /// Where a scan is in its life.
    ScanState, "state" {
        /// It waits for others.
        Queued = "queued",
        /// It is under way.
        Running = "running",
        /// Its result is there.
        Done = "done",
        /// It has none; `error` says why.
        Failed = "failed",
    }
}

/// A scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scan {
    /// Its id.
    pub id: i64,
    /// Where it is in its life.
    pub state: ScanState,
    /// Pairs that are tested.
    pub done: u64,
    /// Pairs that there are; 0 while their bars are read.
    pub total: u64,
    /// The parameters in force.
    pub params: ScanParams,
    /// When it was asked for, ms since the epoch.
    pub created_at: i64,
    /// When it was begun, ms since the epoch; again if the server was restarted meanwhile.
    pub started_at: Option<i64>,
    /// When it ended, ms since the epoch.
    pub ended_at: Option<i64>,
    /// What came of it, when it is done.
    pub summary: Option<ScanSummary>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

/// What came of a scan as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanSummary {
    /// Pairs that were tested.
    pub pairs: u64,
    /// Pairs that could not be.
    pub failures: u64,
    /// Pairs with p_pair below 0.05: so many are to be expected by chance alone where nothing is
    /// cointegrated, one in twenty.
    pub below_five_percent: u64,
    /// Pairs with q at most 0.05: about one in twenty of these is false.
    pub discoveries: u64,
    /// First bar that was tested, ms since the epoch; `null` without any.
    pub start_time: Option<i64>,
    /// Last bar that was tested, ms since the epoch.
    pub end_time: Option<i64>,
    /// Time that the tests took, ms, without the reading of bars.
    pub computed_ms: u64,
}

/// What a scan says of a pair, in the direction with the smaller p.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanPair {
    /// The dependent leg.
    pub y: String,
    /// The hedge leg.
    pub x: String,
    /// Source of the dependent leg.
    pub y_source: String,
    /// Source of the hedge leg.
    pub x_source: String,
    /// Engle-Granger p of y on x.
    pub p_y_on_x: f64,
    /// Engle-Granger p of x on y, not below it.
    pub p_x_on_y: f64,
    /// One p of both directions: twice the smaller one, at most 1.
    pub p_pair: f64,
    /// p_pair, corrected for the number of pairs (Benjamini-Hochberg): the share of false discoveries to be
    /// expected among this pair and all better ones.
    pub q: f64,
    /// Engle-Granger statistic of y on x.
    pub statistic: f64,
    /// In-sample hedge ratio of logarithms.
    pub beta: f64,
    /// Half-life of the in-sample residuals, bars; `null` when nothing returns.
    pub half_life_bars: Option<f64>,
    /// Hurst exponent of the in-sample residuals.
    pub hurst: Option<f64>,
    /// Correlation of log returns over the range.
    pub correlation: Option<f64>,
    /// Walk-forward z-score of the last bar.
    pub z: Option<f64>,
    /// Start of that bar, ms since the epoch.
    pub last_time: i64,
    /// Joined bars that were tested.
    pub observations: u32,
    /// Share of them that carry a close forward, 0 to 1.
    pub filled_share: f64,
}

/// A pair that could not be tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanFailure {
    /// One symbol.
    pub y: String,
    /// The other.
    pub x: String,
    /// The one to blame, if it is one alone.
    pub symbol: Option<String>,
    /// Why.
    pub reason: String,
}

name! {
    /// By what pairs of a scan are put into order.
    ScanSort, "sort" {
        /// Place by p.
        P = "p",
        /// p of y on x.
        PYOnX = "pYOnX",
        /// p of x on y.
        PXOnY = "pXOnY",
        /// q.
        Q = "q",
        /// Hedge ratio.
        Beta = "beta",
        /// Half-life.
        HalfLife = "halfLife",
        /// Hurst exponent.
        Hurst = "hurst",
        /// Correlation of returns.
        Correlation = "correlation",
        /// Size of the z-score.
        Z = "z",
        /// Joined bars.
        Observations = "observations",
        /// Share of filled bars.
        FilledShare = "filledShare",
    }
}

name! {
    /// Which end comes first.
    SortOrder, "order" {
        /// The smallest.
        Ascending = "asc",
        /// The greatest.
        Descending = "desc",
    }
}

/// Parameters of `GET /api/v1/scans/{id}`, defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanPageParams {
    /// By what pairs are put into order; those without a figure come last.
    pub sort: ScanSort,
    /// Which end comes first.
    pub order: SortOrder,
    /// Pairs that are skipped.
    pub offset: u32,
    /// Most pairs of the page.
    pub limit: u32,
    /// Only pairs with a symbol whose name holds this text, in any case.
    pub symbol: Option<String>,
    /// Only pairs with at most this q.
    pub max_q: Option<f64>,
    /// Only pairs with at least this |z|.
    pub min_z: Option<f64>,
}

/// Answer of `GET /api/v1/scans`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScansResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force: there are none.
    pub params: NoParams,
    /// The scans, newest first.
    pub scans: Vec<Scan>,
}

/// Answer of `POST /api/v1/scans` and of `DELETE /api/v1/scans/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanAsked {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The scan, with the parameters in force.
    pub scan: Scan,
}

/// Answer of `GET /api/v1/scans/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters of the page; those of the scan are in `scan`.
    pub params: ScanPageParams,
    /// The scan.
    pub scan: Scan,
    /// Pairs that pass the filters.
    pub total: u64,
    /// Those of the page; none before the scan is done.
    pub pairs: Vec<ScanPair>,
    /// The first hundred pairs that could not be tested; `scan.summary.failures` says how many there are.
    pub failures: Vec<ScanFailure>,
}

/// A scan that was made at once, of which nothing is stored: what `spreadscope scan --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanReport {
    /// When it was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the program.
    pub version: String,
    /// The parameters in force.
    pub params: ScanParams,
    /// What came of it as a whole.
    pub summary: ScanSummary,
    /// All pairs that were tested, the smallest p first.
    pub pairs: Vec<ScanPair>,
    /// All pairs that could not be tested.
    pub failures: Vec<ScanFailure>,
}

/// Data of a `scan:` topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScanUpdate {
    /// The scan as it is now; `null` once it is deleted.
    pub scan: Option<Scan>,
}
