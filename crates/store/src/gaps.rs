//! Trade ids that are missing, until they are filled. A bucket that an unfilled gap touches has
//! no trade-owned bar.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::{
    Result, Store, SymbolId,
    events::notify,
    notifications::changed_payloads,
    time::{from_ms, to_ms},
};

/// Missing ids, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGap {
    /// The symbol.
    pub symbol_id: SymbolId,
    /// First missing id.
    pub from_agg_id: i64,
    /// Last missing id, ≥ `from_agg_id`.
    pub to_agg_id: i64,
    /// Time of the trade before the gap.
    pub from_ms: i64,
    /// Time of the trade after it.
    pub to_ms: i64,
    /// A short word, as `reconnect` or `too_old`.
    pub reason: String,
}

/// A recorded gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Its key.
    pub gap_id: i64,
    /// What is missing.
    pub gap: NewGap,
    /// When it was recorded.
    pub detected_at_ms: i64,
    /// When it was filled; `None` while it is open.
    pub filled_at_ms: Option<i64>,
    /// Why it is not repaired; `None` while that is still to be tried. See [`give_up`].
    pub given_up: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    gap_id: i64,
    symbol_id: SymbolId,
    from_agg_id: i64,
    to_agg_id: i64,
    from_time: DateTime<Utc>,
    to_time: DateTime<Utc>,
    reason: String,
    detected_at: DateTime<Utc>,
    filled_at: Option<DateTime<Utc>>,
    given_up: Option<String>,
}

impl From<Row> for Gap {
    fn from(row: Row) -> Self {
        Self {
            gap_id: row.gap_id,
            gap: NewGap {
                symbol_id: row.symbol_id,
                from_agg_id: row.from_agg_id,
                to_agg_id: row.to_agg_id,
                from_ms: to_ms(row.from_time),
                to_ms: to_ms(row.to_time),
                reason: row.reason,
            },
            detected_at_ms: to_ms(row.detected_at),
            filled_at_ms: row.filled_at.map(to_ms),
            given_up: row.given_up,
        }
    }
}

/// Records gaps and returns their keys, in order. The same (symbol, first, last id) again returns
/// the key that is there.
///
/// # Errors
/// Only those of the database.
pub async fn record(store: &Store, gaps: &[NewGap]) -> Result<Vec<i64>> {
    let mut tx = store.write_pool().begin().await?;
    let mut keys = Vec::with_capacity(gaps.len());
    for gap in gaps {
        keys.push(
            sqlx::query_scalar(
                "INSERT INTO gaps (symbol_id, from_agg_id, to_agg_id, from_time, to_time, reason)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (symbol_id, from_agg_id, to_agg_id)
                     DO UPDATE SET reason = excluded.reason
                 RETURNING gap_id",
            )
            .bind(gap.symbol_id)
            .bind(gap.from_agg_id)
            .bind(gap.to_agg_id)
            .bind(from_ms(gap.from_ms))
            .bind(from_ms(gap.to_ms))
            .bind(&gap.reason)
            .fetch_one(&mut *tx)
            .await?,
        );
    }
    changed(&mut tx, gaps.iter().map(|gap| gap.symbol_id)).await?;
    tx.commit().await?;
    Ok(keys)
}

/// Open gaps, newest first.
///
/// # Errors
/// Only those of the database.
pub async fn unfilled(store: &Store) -> Result<Vec<Gap>> {
    let rows = sqlx::query_as::<_, Row>(
        "SELECT gap_id, symbol_id, from_agg_id, to_agg_id, from_time, to_time, reason, detected_at,
                filled_at, given_up
         FROM gaps WHERE filled_at IS NULL ORDER BY to_time DESC, gap_id DESC",
    )
    // An ingestor that starts goes on from here, and must not miss what it wrote last.
    .fetch_all(store.write_pool())
    .await?;
    Ok(rows.into_iter().map(Gap::from).collect())
}

/// How much is missing, in all open gaps together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct UnfilledSummary {
    /// Number of open gaps.
    pub gaps: i64,
    /// Number of trades that they lack.
    pub trades: i64,
}

/// Counts what [`unfilled`] would return, without reading it.
///
/// # Errors
/// Only those of the database.
pub async fn unfilled_summary(store: &Store) -> Result<UnfilledSummary> {
    Ok(sqlx::query_as(
        "SELECT count(*) AS gaps,
                coalesce(sum(to_agg_id - from_agg_id + 1), 0)::bigint AS trades
         FROM gaps WHERE filled_at IS NULL",
    )
    .fetch_one(store.read_pool())
    .await?)
}

/// How many gaps there have ever been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Totals {
    /// Gaps that were recorded.
    pub recorded: i64,
    /// Those of them that are filled.
    pub filled: i64,
}

/// Counts all gaps, open or not.
///
/// # Errors
/// Only those of the database.
pub async fn totals(store: &Store) -> Result<Totals> {
    Ok(
        sqlx::query_as("SELECT count(*) AS recorded, count(filled_at) AS filled FROM gaps")
            .fetch_one(store.read_pool())
            .await?,
    )
}

/// Records that everything the gap lacked is stored now, or rejected.
///
/// # Errors
/// Only those of the database.
pub async fn mark_filled(store: &Store, gap_id: i64) -> Result<()> {
    let mut tx = store.write_pool().begin().await?;
    let filled: Option<SymbolId> = sqlx::query_scalar(
        "UPDATE gaps SET filled_at = now() WHERE gap_id = $1 AND filled_at IS NULL
         RETURNING symbol_id",
    )
    .bind(gap_id)
    .fetch_optional(&mut *tx)
    .await?;
    changed(&mut tx, filled).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells readers that the bars of these symbols are made of something else now.
async fn changed(
    transaction: &mut PgConnection,
    symbols: impl IntoIterator<Item = SymbolId>,
) -> Result<()> {
    let mut symbols: Vec<SymbolId> = symbols.into_iter().collect();
    symbols.sort_unstable();
    symbols.dedup();
    notify(transaction, &changed_payloads(&symbols)).await
}

/// What repair does next: the newest open gap of these symbols that is not given up, and before it in the
/// list, ascending, those of the same symbol that begin less than `reach` ids before its end, as one
/// request of that many trades brings all of them. Empty when there is nothing to do.
///
/// # Errors
/// Only those of the database.
pub async fn next_to_repair(store: &Store, symbols: &[SymbolId], reach: i64) -> Result<Vec<Gap>> {
    let symbols: Vec<i32> = symbols.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as::<_, Row>(
        "WITH newest AS (
             SELECT symbol_id, from_agg_id, to_agg_id FROM gaps
             WHERE filled_at IS NULL AND given_up IS NULL AND symbol_id = ANY ($1)
             ORDER BY to_time DESC, gap_id DESC LIMIT 1)
         SELECT g.gap_id, g.symbol_id, g.from_agg_id, g.to_agg_id, g.from_time, g.to_time, g.reason,
                g.detected_at, g.filled_at, g.given_up
         FROM gaps g JOIN newest n ON n.symbol_id = g.symbol_id
         WHERE g.filled_at IS NULL AND g.given_up IS NULL AND g.to_agg_id <= n.to_agg_id
           AND g.from_agg_id >= least(n.from_agg_id, n.to_agg_id - $2 + 1)
         ORDER BY g.from_agg_id, g.to_agg_id",
    )
    .bind(symbols)
    .bind(reach)
    .fetch_all(store.write_pool())
    .await?;
    Ok(rows.into_iter().map(Gap::from).collect())
}

/// Closes a gap if all that it lacked is stored, or rejected, by now: another ingestor on the same symbols may
/// have heard it. Says whether it is closed.
///
/// # Errors
/// Only those of the database.
pub async fn close_if_stored(store: &Store, gap_id: i64) -> Result<bool> {
    let mut tx = store.write_pool().begin().await?;
    // The times of the neighbours spare a look into every chunk.
    let filled: Option<SymbolId> = sqlx::query_scalar(
        "UPDATE gaps g SET filled_at = now() WHERE gap_id = $1 AND filled_at IS NULL
           AND to_agg_id - from_agg_id + 1 = (
             SELECT count(*) FROM (
                 SELECT agg_id FROM trades t
                 WHERE t.symbol_id = g.symbol_id AND t.agg_id BETWEEN g.from_agg_id AND g.to_agg_id
                   AND t.time BETWEEN g.from_time AND g.to_time
                 UNION
                 SELECT agg_id FROM rejects r
                 WHERE r.symbol_id = g.symbol_id AND r.agg_id BETWEEN g.from_agg_id AND g.to_agg_id) known)
         RETURNING symbol_id",
    )
    .bind(gap_id)
    .fetch_optional(&mut *tx)
    .await?;
    changed(&mut tx, filled).await?;
    tx.commit().await?;
    Ok(filled.is_some())
}

/// Records that a gap will not be repaired, with the reason in a word. It stays open.
///
/// # Errors
/// Only those of the database.
pub async fn give_up(store: &Store, gap_id: i64, reason: &str) -> Result<()> {
    sqlx::query("UPDATE gaps SET given_up = $2 WHERE gap_id = $1 AND filled_at IS NULL")
        .bind(gap_id)
        .bind(reason)
        .execute(store.write_pool())
        .await?;
    Ok(())
}

/// Cuts the ids before `from_agg_id` off an open gap into a gap of their own that is given up: the
/// exchange goes on after them.
///
/// # Errors
/// Only those of the database.
pub async fn give_up_before(
    store: &Store,
    gap_id: i64,
    from_agg_id: i64,
    reason: &str,
) -> Result<()> {
    let mut tx = store.write_pool().begin().await?;
    sqlx::query(
        "INSERT INTO gaps AS g (symbol_id, from_agg_id, to_agg_id, from_time, to_time, detected_at,
                reason, given_up)
         SELECT symbol_id, from_agg_id, $2 - 1, from_time, to_time, detected_at, reason, $3
         FROM gaps WHERE gap_id = $1 AND filled_at IS NULL AND from_agg_id < $2 AND to_agg_id >= $2
         ON CONFLICT (symbol_id, from_agg_id, to_agg_id)
             DO UPDATE SET given_up = excluded.given_up, filled_at = NULL",
    )
    .bind(gap_id)
    .bind(from_agg_id)
    .bind(reason)
    .execute(&mut *tx)
    .await?;
    shrink(&mut tx, gap_id, from_agg_id, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes an open gap smaller after a part of it was filled: its first missing id and the time of
/// the trade before that.
///
/// # Errors
/// Only those of the database.
pub async fn advance(store: &Store, gap_id: i64, from_agg_id: i64, time_ms: i64) -> Result<()> {
    let mut tx = store.write_pool().begin().await?;
    shrink(&mut tx, gap_id, from_agg_id, Some(time_ms)).await?;
    tx.commit().await?;
    Ok(())
}

/// What is left of a gap may be another gap already, found before a crash: then that one stands for it.
async fn shrink(
    transaction: &mut PgConnection,
    gap_id: i64,
    from_agg_id: i64,
    time_ms: Option<i64>,
) -> Result<()> {
    sqlx::query(
        "WITH twin AS (
             SELECT FROM gaps g JOIN gaps o
                 ON o.symbol_id = g.symbol_id AND o.to_agg_id = g.to_agg_id AND o.gap_id <> g.gap_id
             WHERE g.gap_id = $1 AND o.from_agg_id = $2)
         UPDATE gaps SET
             filled_at = CASE WHEN EXISTS (SELECT FROM twin) THEN now() END,
             from_agg_id = CASE WHEN EXISTS (SELECT FROM twin) THEN from_agg_id ELSE $2 END,
             from_time = CASE WHEN EXISTS (SELECT FROM twin) THEN from_time
                              ELSE coalesce(least($3, to_time), from_time) END
         WHERE gap_id = $1 AND filled_at IS NULL AND from_agg_id < $2 AND to_agg_id >= $2",
    )
    .bind(gap_id)
    .bind(from_agg_id)
    .bind(time_ms.map(from_ms))
    .execute(transaction)
    .await?;
    Ok(())
}
