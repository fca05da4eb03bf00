//! The newest trade of each symbol, committed together with the trades themselves, so that
//! nobody searches hundreds of chunks for it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::{Result, Store, SymbolId, time::to_ms};

/// Where the feed of a symbol stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cursor {
    /// Highest trade id that was written. What lies below is stored, or in `gaps` or `rejects`.
    pub last_agg_id: i64,
    /// Time of that trade.
    pub last_time_ms: i64,
    /// Its price.
    pub last_price: f64,
}

#[derive(sqlx::FromRow)]
struct Row {
    symbol_id: SymbolId,
    last_agg_id: i64,
    last_time: DateTime<Utc>,
    last_price: f64,
}

/// The cursors of these symbols; those that never had a trade are left out. Read from the
/// primary, as a writer goes on from here.
///
/// # Errors
/// Only those of the database.
pub async fn load(store: &Store, symbol_ids: &[SymbolId]) -> Result<HashMap<SymbolId, Cursor>> {
    let rows = sqlx::query_as::<_, Row>(
        "SELECT symbol_id, last_agg_id, last_time, last_price FROM feed_cursor
         WHERE symbol_id = ANY($1)",
    )
    .bind(symbol_ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .fetch_all(store.write_pool())
    .await?;
    Ok(rows.into_iter().map(Row::into_entry).collect())
}

/// The cursors of all symbols.
///
/// # Errors
/// Only those of the database.
pub async fn load_all(store: &Store) -> Result<HashMap<SymbolId, Cursor>> {
    let rows = sqlx::query_as::<_, Row>(
        "SELECT symbol_id, last_agg_id, last_time, last_price FROM feed_cursor",
    )
    .fetch_all(store.write_pool())
    .await?;
    Ok(rows.into_iter().map(Row::into_entry).collect())
}

impl Row {
    fn into_entry(self) -> (SymbolId, Cursor) {
        (
            self.symbol_id,
            Cursor {
                last_agg_id: self.last_agg_id,
                last_time_ms: to_ms(self.last_time),
                last_price: self.last_price,
            },
        )
    }
}
