//! Idempotent bulk write and reads of raw trades.

mod copy;
mod late;
#[cfg(feature = "leak")]
mod leak;
mod write;

use chrono::{DateTime, Utc};
use market::Trade;

use crate::{Result, Store, SymbolId, time::to_ms};

pub use write::write_batch;

/// Trades of any number of symbols, to be written together.
///
/// They may be pushed in any order and more than once; [`write_batch`] sorts them.
#[derive(Debug, Clone, Default)]
pub struct TradeBatch {
    rows: Vec<(SymbolId, Trade)>,
}

impl TradeBatch {
    /// An empty batch.
    #[must_use]
    pub const fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// An empty batch with room for this many trades.
    #[must_use]
    pub fn with_capacity(trades: usize) -> Self {
        Self {
            rows: Vec::with_capacity(trades),
        }
    }

    /// Adds a trade.
    pub fn push(&mut self, symbol_id: SymbolId, trade: Trade) {
        self.rows.push((symbol_id, trade));
    }

    /// How many trades there are, duplicates included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// The trades in the order in which they were pushed.
    #[must_use]
    pub fn rows(&self) -> &[(SymbolId, Trade)] {
        &self.rows
    }
}

impl FromIterator<(SymbolId, Trade)> for TradeBatch {
    fn from_iter<I: IntoIterator<Item = (SymbolId, Trade)>>(rows: I) -> Self {
        Self {
            rows: rows.into_iter().collect(),
        }
    }
}

/// What became of a batch: every trade of it is counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Stored now.
    pub inserted: u64,
    /// Already there, or twice in the batch.
    pub duplicates: u64,
    /// Refused and recorded in `rejects`: older than the retention floor, or no possible trade.
    pub rejected: u64,
}

#[derive(sqlx::FromRow)]
struct Row {
    agg_id: i64,
    time: DateTime<Utc>,
    price: f64,
    qty: f64,
    fills: i32,
    buyer_is_maker: bool,
}

impl From<Row> for Trade {
    fn from(row: Row) -> Self {
        Self {
            agg_id: row.agg_id,
            time_ms: to_ms(row.time),
            price: row.price,
            qty: row.qty,
            fills: row.fills,
            buyer_is_maker: row.buyer_is_maker,
        }
    }
}

/// Trades of a symbol with `agg_id ≥ from_id`, ascending, at most `limit`.
///
/// # Errors
/// Only those of the database.
pub async fn read(
    store: &Store,
    symbol_id: SymbolId,
    from_id: i64,
    limit: u32,
) -> Result<Vec<Trade>> {
    let rows = sqlx::query_as::<_, Row>(
        "SELECT agg_id, time, price, qty, fills, buyer_is_maker FROM trades
         WHERE symbol_id = $1 AND agg_id >= $2 ORDER BY agg_id LIMIT $3",
    )
    .bind(symbol_id)
    .bind(from_id)
    .bind(i64::from(limit))
    .fetch_all(store.read_pool())
    .await?;
    Ok(rows.into_iter().map(Trade::from).collect())
}

/// The newest trades of a symbol, ascending, at most `limit`.
///
/// # Errors
/// Only those of the database.
pub async fn read_newest(store: &Store, symbol_id: SymbolId, limit: u32) -> Result<Vec<Trade>> {
    let mut rows = sqlx::query_as::<_, Row>(
        "SELECT agg_id, time, price, qty, fills, buyer_is_maker FROM trades
         WHERE symbol_id = $1 ORDER BY time DESC, agg_id DESC LIMIT $2",
    )
    .bind(symbol_id)
    .bind(i64::from(limit))
    .fetch_all(store.read_pool())
    .await?;
    rows.reverse();
    Ok(rows.into_iter().map(Trade::from).collect())
}

/// How many trades are stored, as the planner estimates it (exact counting reads everything).
///
/// # Errors
/// Only those of the database.
pub async fn approximate_count(store: &Store) -> Result<i64> {
    // Chunks of a hypertable are its children, so both flavours are counted by one query.
    Ok(sqlx::query_scalar(
        "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c
         WHERE c.oid = 'trades'::regclass
            OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'trades'::regclass)",
    )
    .fetch_one(store.read_pool())
    .await?)
}
