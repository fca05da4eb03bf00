//! `GET /api/v1/status`: what the stack is doing.

use serde::{Deserialize, Serialize};

use crate::{FeedMode, NoParams, Venue};

/// Answer of `GET /api/v1/status`, and the data of the stream topic `status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force: there are none.
    pub params: NoParams,
    /// The feeds that have ever written here, the most recently active one first: that is the one
    /// to show. Empty before the first start of an ingestor.
    pub feeds: Vec<FeedStatus>,
    /// What is missing.
    pub gaps: Gaps,
    /// How much is stored.
    pub rows: Vec<TableRows>,
    /// The database.
    pub database: Database,
}

/// A feed: one exchange, as its ingestor reports it every second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeedStatus {
    /// Which exchange.
    pub venue: Venue,
    /// Whether the numbers are real.
    pub mode: FeedMode,
    /// What it is doing.
    pub state: FeedState,
    /// Why, where there is something to say.
    pub message: Option<String>,
    /// From the exchange's time stamp to the receipt of the last message, ms; negative when clocks
    /// differ.
    pub lag_ms: Option<i64>,
    /// Greatest exchange time seen − 1 s, ms since the epoch: bars that end at or before it are closed.
    pub watermark: Option<i64>,
    /// When the ingestor last reported, ms since the epoch.
    pub updated_at: i64,
    /// How far the history of the first start is; `null` once it is there.
    pub backfill: Option<Backfill>,
    /// Each symbol of the feed.
    pub symbols: Vec<SymbolFeed>,
}

/// What a feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FeedState {
    /// Trades arrive.
    Connected,
    /// The connection is lost and being made again.
    Reconnecting,
    /// Trades arrive and older ones are being fetched.
    Backfilling,
    /// The ingestor was stopped.
    Stopped,
    /// The ingestor has not reported for several seconds.
    Stale,
}

/// How far a back-fill is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Backfill {
    /// Requests done.
    pub done: i64,
    /// Requests that it takes.
    pub total: i64,
}

/// Whether the trades of one symbol arrive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SymbolFeed {
    /// Name of the market.
    pub symbol: String,
    /// Whether its trades arrive.
    pub state: SymbolFeedState,
    /// Exchange time of its last message, ms since the epoch.
    pub last_message: Option<i64>,
}

/// Whether the trades of a symbol arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SymbolFeedState {
    /// They do.
    Live,
    /// Nothing for a while, or the feed is not connected.
    Stale,
    /// Nothing yet since the feed started.
    Waiting,
    /// No feed follows the symbol now; what is stored of it can be read.
    Off,
}

/// Trades known to be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gaps {
    /// Ranges of ids that are still missing.
    pub open: i64,
    /// Trades in those ranges.
    pub missing_trades: i64,
    /// Trades that the exchange sent and that were refused.
    pub rejected_trades: i64,
}

/// How many rows a table has, estimated by the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TableRows {
    /// Name of the table.
    pub table: String,
    /// About so many rows.
    pub rows: i64,
}

/// The database behind the answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Database {
    /// What keeps the roll-ups.
    pub flavour: DatabaseFlavour,
    /// Version of the schema, as migrated by the aggregator.
    pub schema_version: i64,
}

/// What keeps the roll-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DatabaseFlavour {
    /// Tables of plain PostgreSQL.
    Plain,
    /// Hypertables and continuous aggregates of TimescaleDB.
    Timescale,
}
