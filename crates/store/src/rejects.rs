//! What the exchange sent and was not stored as a trade, with the reason. An id that stands here
//! counts as accounted for.

use chrono::{DateTime, Utc};

use crate::{
    Result, Store, SymbolId,
    time::{from_ms, to_ms},
};

/// Longest part of a raw frame that is kept, in bytes.
pub const MAX_RAW_BYTES: usize = 4_096;

/// Reason of trades that are older than the retention floor.
pub const BELOW_FLOOR: &str = "below_retention_floor";
/// Reason of trades with a price, quantity or number of fills that no trade can have.
pub const IMPOSSIBLE: &str = "impossible_value";

/// Something that was not stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Reject {
    /// `None` when the frame does not say.
    pub symbol_id: Option<SymbolId>,
    /// `None` when the frame does not say.
    pub agg_id: Option<i64>,
    /// `None` when the frame does not say.
    pub time_ms: Option<i64>,
    /// A short word that metrics count by, as `zero_price`.
    pub reason: String,
    /// The frame, or what was made of it; cut at [`MAX_RAW_BYTES`].
    pub raw: String,
}

/// Records what was not stored. Writing the same (symbol, id, reason) again changes nothing.
///
/// # Errors
/// Only those of the database.
pub async fn record(store: &Store, rejects: &[Reject]) -> Result<()> {
    let mut connection = store.write_pool().acquire().await?;
    insert(&mut connection, rejects).await
}

pub(crate) async fn insert(connection: &mut sqlx::PgConnection, rejects: &[Reject]) -> Result<()> {
    if rejects.is_empty() {
        return Ok(());
    }
    // One order for all writers: unsorted, two of them deadlock.
    let mut rejects: Vec<&Reject> = rejects.iter().collect();
    rejects.sort_by_key(|r| (r.symbol_id, r.agg_id));
    sqlx::query(
        "INSERT INTO rejects (symbol_id, agg_id, time, reason, raw)
         SELECT * FROM unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[])
         ON CONFLICT DO NOTHING",
    )
    .bind(
        rejects
            .iter()
            .map(|r| r.symbol_id.map(|id| id.0))
            .collect::<Vec<_>>(),
    )
    .bind(rejects.iter().map(|r| r.agg_id).collect::<Vec<_>>())
    .bind(
        rejects
            .iter()
            .map(|r| r.time_ms.map(from_ms))
            .collect::<Vec<_>>(),
    )
    .bind(
        rejects
            .iter()
            .map(|r| r.reason.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(rejects.iter().map(|r| storable(&r.raw)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Cut at a character's edge; PostgreSQL's text cannot hold NUL.
fn storable(raw: &str) -> String {
    raw[..raw.floor_char_boundary(MAX_RAW_BYTES)].replace('\0', "\u{fffd}")
}

#[derive(sqlx::FromRow)]
struct Row {
    symbol_id: Option<SymbolId>,
    agg_id: Option<i64>,
    time: Option<DateTime<Utc>>,
    reason: String,
    raw: String,
}

/// The newest rejects, newest first.
///
/// # Errors
/// Only those of the database.
pub async fn newest(store: &Store, limit: u32) -> Result<Vec<Reject>> {
    let rows = sqlx::query_as::<_, Row>(
        "SELECT symbol_id, agg_id, time, reason, raw FROM rejects ORDER BY reject_id DESC LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(store.read_pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Reject {
            symbol_id: row.symbol_id,
            agg_id: row.agg_id,
            time_ms: row.time.map(to_ms),
            reason: row.reason,
            raw: row.raw,
        })
        .collect())
}

/// Rejected ids of these symbols above the newest trade that is stored: accounted for, though no cursor
/// says so. Read from the primary, as a writer goes on from here.
///
/// # Errors
/// Only those of the database.
pub async fn above_cursors(store: &Store, symbol_ids: &[SymbolId]) -> Result<Vec<(SymbolId, i64)>> {
    Ok(sqlx::query_as(
        "SELECT DISTINCT r.symbol_id, r.agg_id FROM rejects r LEFT JOIN feed_cursor c USING (symbol_id)
         WHERE r.symbol_id = ANY ($1) AND r.agg_id > coalesce(c.last_agg_id, -1)
         ORDER BY r.symbol_id, r.agg_id",
    )
    .bind(symbol_ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .fetch_all(store.write_pool())
    .await?)
}

/// Ids of a symbol in `from_agg_id..=to_agg_id` that were rejected, ascending. Read from the primary, as a writer
/// leaves them out.
///
/// # Errors
/// Only those of the database.
pub async fn within(
    store: &Store,
    symbol_id: SymbolId,
    from_agg_id: i64,
    to_agg_id: i64,
) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(
        "SELECT DISTINCT agg_id FROM rejects
         WHERE symbol_id = $1 AND agg_id BETWEEN $2 AND $3 ORDER BY agg_id",
    )
    .bind(symbol_id)
    .bind(from_agg_id)
    .bind(to_agg_id)
    .fetch_all(store.write_pool())
    .await?)
}

/// Number of rejects by reason.
///
/// # Errors
/// Only those of the database.
pub async fn counts(store: &Store) -> Result<Vec<(String, i64)>> {
    Ok(
        sqlx::query_as("SELECT reason, count(*) FROM rejects GROUP BY reason ORDER BY reason")
            .fetch_all(store.read_pool())
            .await?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_frames_are_cut_at_a_character_and_lose_their_nul_bytes() {
        assert_eq!(storable("a\0b"), "a\u{fffd}b");
        let long = "€".repeat(MAX_RAW_BYTES);
        let cut = storable(&long);
        assert!(cut.len() <= MAX_RAW_BYTES && cut.len() > MAX_RAW_BYTES - 3);
    }
}
