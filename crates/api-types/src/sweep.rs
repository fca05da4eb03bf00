//! `/api/v1/sweeps`: backtests of a pair over a grid of parameters, in the background; and the topic `sweep:{id}`.

use serde::{Deserialize, Serialize};

use crate::{BacktestParams, NoParams, PairObject, ScanState};

/// Body of `POST /api/v1/sweeps`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SweepRequest {
    /// Parameters of `GET /api/v1/pairs/backtest` by their names, but for `window`, `entry` and `exit`, which the grid has;
    /// `split` is 0.6 unless given.
    pub backtest: PairObject,
    /// Bars of the z-score's window, 3 to 10,000 each; 1 to 50 of them.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 50))]
    pub windows: Vec<u32>,
    /// |z| at which a position is entered, 0 to 1,000 each; 1 to 50 of them. At most 2,000 combinations in all.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 50))]
    pub entries: Vec<f64>,
    /// |z| at which it is left, 0 to 1,000 each; 1 to 50 of them.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 50))]
    pub exits: Vec<f64>,
}

/// A sweep and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sweep {
    /// Its id.
    pub id: i64,
    /// How it stands.
    pub state: ScanState,
    /// Combinations that are done.
    pub done: u64,
    /// Combinations that there are; 0 before it has begun.
    pub total: u64,
    /// What was asked.
    pub request: SweepRequest,
    /// When that was, ms since the epoch.
    pub created_at: i64,
    /// When it was begun, ms since the epoch.
    pub started_at: Option<i64>,
    /// When it ended, ms since the epoch.
    pub ended_at: Option<i64>,
    /// What came of it.
    pub result: Option<SweepResult>,
    /// Why nothing came of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

/// What came of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SweepResult {
    /// The parameters in force; window, entry and exit are those of the chosen combination, if there is one.
    pub params: BacktestParams,
    /// First bar of the formation part, ms since the epoch.
    pub from_time: i64,
    /// First bar of the trading part.
    pub split_time: i64,
    /// Last bar.
    pub to_time: i64,
    /// The row of `cells` with the greatest Sharpe ratio of the formation part; `null` if none traded.
    pub chosen: Option<u32>,
    /// All combinations that make sense.
    pub cells: SweepCells,
}

/// Combinations: columns of one length, by window, then entry, then exit. They were chosen among by the formation part; the
/// trading part of the others is there to see whether the chosen one stands alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SweepCells {
    /// Bars of the window.
    pub window: Vec<u32>,
    /// |z| at which a position was entered.
    pub entry: Vec<f64>,
    /// |z| at which it was left.
    pub exit: Vec<f64>,
    /// Sharpe ratio of the formation part.
    pub formation_sharpe: Vec<Option<f64>>,
    /// Its net over capital.
    pub formation_return: Vec<f64>,
    /// Its trades.
    pub formation_trades: Vec<u32>,
    /// Sharpe ratio of the trading part.
    pub trading_sharpe: Vec<Option<f64>>,
    /// Its net over capital.
    pub trading_return: Vec<f64>,
    /// Its trades.
    pub trading_trades: Vec<u32>,
}

/// Answer of `GET /api/v1/sweeps`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SweepsResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force: there are none.
    pub params: NoParams,
    /// Newest first.
    pub sweeps: Vec<Sweep>,
}

/// Answer of the other calls of `/api/v1/sweeps`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SweepResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The sweep.
    pub sweep: Sweep,
}

/// Data of a `sweep:` topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SweepUpdate {
    /// The sweep as it is now; `null` once it is deleted.
    pub sweep: Option<Sweep>,
}
