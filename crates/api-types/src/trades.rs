//! `GET /api/v1/trades`: single trades as the exchange aggregates them.

use serde::{Deserialize, Serialize};

use crate::Venue;

/// Answer of `GET /api/v1/trades`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TradesResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force.
    pub params: TradesParams,
    /// The trades, ascending in id.
    pub trades: TradeColumns,
    /// `fromId` of the next page; `null` when no trade came.
    pub next_from_id: Option<i64>,
}

/// Parameters of `GET /api/v1/trades`, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TradesParams {
    /// Name of the market.
    pub symbol: String,
    /// Where it is traded.
    pub venue: Venue,
    /// Trades with this id or a greater one; `null`: the last trades.
    pub from_id: Option<i64>,
    /// At most so many trades.
    pub limit: u32,
}

/// Trades as columns of equal length.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TradeColumns {
    /// Id of the aggregated trade, contiguous per symbol, ascending.
    pub agg_id: Vec<i64>,
    /// When it was matched, ms since the epoch.
    pub time: Vec<i64>,
    /// Quote currency per unit of the base currency.
    pub price: Vec<f64>,
    /// Base currency.
    pub qty: Vec<f64>,
    /// How many raw trades it stands for.
    pub fills: Vec<i32>,
    /// The taker sold.
    pub buyer_is_maker: Vec<bool>,
}
