//! What the ingestor says of itself every second, one row a venue.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use market::{FeedMode, Venue};

use crate::{
    Result, Store, StoreError, SymbolId,
    events::notify,
    notifications,
    time::{from_ms, to_ms},
};

/// What the feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedState {
    /// Trades flow.
    Connected,
    /// The connection is down and being made again.
    Reconnecting,
    /// Klines or the current minute are being fetched; trades may flow already.
    Backfilling,
    /// The ingestor was stopped.
    Stopped,
}

impl FeedState {
    /// The name used in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Reconnecting => "reconnecting",
            Self::Backfilling => "backfilling",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for FeedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FeedState {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self> {
        [
            Self::Connected,
            Self::Reconnecting,
            Self::Backfilling,
            Self::Stopped,
        ]
        .into_iter()
        .find(|state| state.as_str() == name)
        .ok_or_else(|| StoreError::Corrupt(format!("unknown feed state `{name}`")))
    }
}

/// How far a back-fill is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfillProgress {
    /// Requests done.
    pub done: i32,
    /// Requests in all, as known so far.
    pub total: i32,
}

/// State of a feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedStatus {
    /// Whose feed.
    pub venue: Venue,
    /// Whether the numbers are real.
    pub mode: FeedMode,
    /// What the feed is doing.
    pub state: FeedState,
    /// A sentence for the user, empty when all is well.
    pub message: String,
    /// Greatest exchange time seen. Never goes back, also across restarts.
    pub watermark_ms: Option<i64>,
    /// Receive time minus exchange time of the newest frame; negative when clocks differ.
    pub lag_ms: Option<i64>,
    /// Exchange time of the last message of each symbol.
    pub last_message_ms: Vec<(SymbolId, i64)>,
    /// `None` when nothing is being back-filled.
    pub backfill: Option<BackfillProgress>,
}

/// A bar is closed when its end lies at least this long before the watermark.
pub const CLOSING_DELAY_MS: i64 = 1_000;

impl FeedStatus {
    /// Whether a bar that ends at `end_ms` will get no more trades, late ones aside.
    #[must_use]
    pub fn is_closed(&self, end_ms: i64) -> bool {
        self.watermark_ms
            .is_some_and(|watermark| end_ms <= watermark - CLOSING_DELAY_MS)
    }
}

/// A status with the time at which the database took it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredFeedStatus {
    /// As written.
    pub status: FeedStatus,
    /// Database time of the write.
    pub updated_at_ms: i64,
    /// Database time of this read, to tell the age without comparing clocks.
    pub read_at_ms: i64,
}

/// Writes the status of a venue's feed, and notifies readers.
///
/// # Errors
/// Only those of the database.
pub async fn write(store: &Store, status: &FeedStatus) -> Result<()> {
    sqlx::query(
        "INSERT INTO feed_status AS f (venue, mode, state, message, watermark, lag_ms, symbol_ids,
             last_messages, backfill_done, backfill_total, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())
         ON CONFLICT (venue) DO UPDATE SET
             mode = excluded.mode, state = excluded.state, message = excluded.message,
             watermark = greatest(f.watermark, excluded.watermark), lag_ms = excluded.lag_ms,
             symbol_ids = excluded.symbol_ids, last_messages = excluded.last_messages,
             backfill_done = excluded.backfill_done, backfill_total = excluded.backfill_total,
             updated_at = excluded.updated_at",
    )
    .bind(status.venue.as_str())
    .bind(status.mode.as_str())
    .bind(status.state.as_str())
    .bind(&status.message)
    .bind(status.watermark_ms.map(from_ms))
    .bind(status.lag_ms)
    .bind(
        status
            .last_message_ms
            .iter()
            .map(|(id, _)| id.0)
            .collect::<Vec<_>>(),
    )
    .bind(
        status
            .last_message_ms
            .iter()
            .map(|(_, ms)| from_ms(*ms))
            .collect::<Vec<_>>(),
    )
    .bind(status.backfill.map(|progress| progress.done))
    .bind(status.backfill.map(|progress| progress.total))
    .execute(store.write_pool())
    .await?;
    // Not one transaction: a lost hint is made up for a second later by the next report.
    notify(
        store.write_pool(),
        &notifications::feed_payloads(&[status.venue]),
    )
    .await
}

#[derive(sqlx::FromRow)]
struct Row {
    venue: String,
    mode: String,
    state: String,
    message: String,
    watermark: Option<DateTime<Utc>>,
    lag_ms: Option<i64>,
    symbol_ids: Vec<i32>,
    last_messages: Vec<DateTime<Utc>>,
    backfill_done: Option<i32>,
    backfill_total: Option<i32>,
    updated_at: DateTime<Utc>,
    read_at: DateTime<Utc>,
}

impl TryFrom<Row> for StoredFeedStatus {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        let corrupt = |error: &dyn fmt::Display| StoreError::Corrupt(error.to_string());
        Ok(Self {
            status: FeedStatus {
                venue: row.venue.parse().map_err(|error| corrupt(&error))?,
                mode: row.mode.parse().map_err(|error| corrupt(&error))?,
                state: row.state.parse()?,
                message: row.message,
                watermark_ms: row.watermark.map(to_ms),
                lag_ms: row.lag_ms,
                last_message_ms: row
                    .symbol_ids
                    .into_iter()
                    .map(SymbolId)
                    .zip(row.last_messages.into_iter().map(to_ms))
                    .collect(),
                backfill: row
                    .backfill_done
                    .zip(row.backfill_total)
                    .map(|(done, total)| BackfillProgress { done, total }),
            },
            updated_at_ms: to_ms(row.updated_at),
            read_at_ms: to_ms(row.read_at),
        })
    }
}

/// The status of every venue that ever had a feed.
///
/// # Errors
/// Only those of the database; [`StoreError::Corrupt`] when a newer version wrote the row.
pub async fn read(store: &Store) -> Result<Vec<StoredFeedStatus>> {
    sqlx::query_as::<_, Row>(
        "SELECT venue, mode, state, message, watermark, lag_ms, symbol_ids, last_messages,
                backfill_done, backfill_total, updated_at, clock_timestamp() AS read_at
         FROM feed_status ORDER BY venue",
    )
    .fetch_all(store.read_pool())
    .await?
    .into_iter()
    .map(StoredFeedStatus::try_from)
    .collect()
}
