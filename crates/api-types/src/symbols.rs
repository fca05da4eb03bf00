//! `GET /api/v1/symbols`: what is followed.

use serde::{Deserialize, Serialize};

use crate::{SymbolFeedState, Venue};

/// Answer of `GET /api/v1/symbols`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SymbolsResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force: there are none.
    pub params: NoParams,
    /// The symbols, those of the feed that runs first, then by venue and name.
    pub symbols: Vec<SymbolInfo>,
}

/// The parameters of a call that takes none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoParams {}

/// A symbol and what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SymbolInfo {
    /// Where it is traded.
    pub venue: Venue,
    /// Name of the market, as the other calls take it (`BTCUSDT`, or with its venue
    /// `simulated:BTCUSDT`, which is never ambiguous).
    pub symbol: String,
    /// Last price in the quote currency; `null` before the first trade.
    pub last_price: Option<f64>,
    /// When the last trade was matched, ms since the epoch.
    pub last_time: Option<i64>,
    /// Base currency traded in the last 24 hours; `null` while nothing is known.
    pub volume_24h: Option<f64>,
    /// Quote currency traded in the last 24 hours.
    pub quote_volume_24h: Option<f64>,
    /// Whether its trades arrive.
    pub feed: SymbolFeedState,
    /// Start of the earliest bar of any interval, ms since the epoch.
    pub first_bar: Option<i64>,
    /// Start of the latest 1 m bar, ms since the epoch.
    pub last_bar: Option<i64>,
}
