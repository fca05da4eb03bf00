//! The write path: COPY straight into the table; where a row is there already, once more by way
//! of a staging table.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use market::Trade;
use sqlx::{Connection, PgConnection};

use super::{TradeBatch, Written, copy::encode, late::touched_ranges};
use crate::{
    Result, Store, StoreError, SymbolId, TradeNotice,
    notifications::{CHANNEL, trade_payloads},
    rejects::{self, Reject},
    time::{from_ms, to_ms},
};

/// The lock is taken shared by writers, exclusively by whoever moves the retention floor, so that no
/// trade lands below a floor that moved between the look at it and the commit.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock_shared(x'5350524541440002'::bigint)";

/// Times a batch is tried again at once after a deadlock or a serialization failure.
const CONFLICT_RETRIES: u32 = 3;

const COPY_TRADES: &str = "COPY trades (symbol_id, agg_id, time, price, qty, fills, buyer_is_maker)
                           FROM STDIN (FORMAT binary)";
const COPY_STAGING: &str = "COPY trades_staging (symbol_id, agg_id, time, price, qty, fills,
                            buyer_is_maker) FROM STDIN (FORMAT binary)";

/// Stores the trades that are not stored yet, moves the cursors on, and notifies readers, in one
/// transaction: all of it happens or nothing.
///
/// Writing a batch again changes nothing. Any number of writers may write the same symbols. Trades
/// older than the retention floor, and such as no exchange can have made, become rejects.
///
/// # Errors
/// [`StoreError::Unavailable`] and other transient ones: nothing was stored, write the same batch
/// again. (If the connection broke during the commit, it may have been stored: writing again is
/// right in either case.)
pub async fn write_batch(store: &Store, batch: &TradeBatch) -> Result<Written> {
    if batch.is_empty() {
        return Ok(Written::default());
    }
    let mut rows = batch.rows().to_vec();
    // One order for all writers: unsorted, two of them deadlock.
    rows.sort_by_key(|(symbol_id, trade)| (*symbol_id, trade.agg_id));
    rows.dedup_by_key(|(symbol_id, trade)| (*symbol_id, trade.agg_id));
    let repeated = (batch.len() - rows.len()) as u64;
    #[cfg(feature = "leak")]
    super::leak::lose_some(&mut rows);
    let mut rejects = Vec::new();
    rows.retain(|(symbol_id, trade)| {
        let possible = is_possible(trade);
        if !possible {
            rejects.push(reject(*symbol_id, trade, rejects::IMPOSSIBLE));
        }
        possible
    });

    let mut connection = store.write_pool().acquire().await?;
    let mut way = Way::Copy;
    let mut conflicts = 0;
    loop {
        match write_once(&mut connection, &rows, &rejects, way).await {
            Ok(inserted) => {
                return Ok(Written {
                    inserted,
                    duplicates: repeated + rows.len() as u64 - inserted,
                    rejected: rejects.len() as u64,
                });
            }
            // Duplicates are rare, so the fast way is tried without them in mind.
            Err(WriteError::Duplicate) if way == Way::Copy => {
                metrics::counter!("store_copy_conflicts_total").increment(1);
                way = Way::Staging;
            }
            Err(WriteError::BelowFloor(floor_ms)) => rows.retain(|(symbol_id, trade)| {
                let kept = trade.time_ms >= floor_ms;
                if !kept {
                    rejects.push(reject(*symbol_id, trade, rejects::BELOW_FLOOR));
                }
                kept
            }),
            Err(WriteError::Store(StoreError::Conflict(error))) if conflicts < CONFLICT_RETRIES => {
                tracing::debug!(event = "write_conflict", %error);
                conflicts += 1;
            }
            Err(WriteError::Store(error)) => return Err(error),
            // The staging path raises no conflict on trades: it is another constraint's.
            Err(WriteError::Duplicate) => {
                return Err(StoreError::Corrupt(
                    "a conflict where none is possible".to_owned(),
                ));
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Copy,
    Staging,
}

/// Why a transaction was rolled back.
enum WriteError {
    /// A trade is there already.
    Duplicate,
    /// A trade is older than this.
    BelowFloor(i64),
    Store(StoreError),
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.code().as_deref() == Some("23505") => {
                Self::Duplicate
            }
            _ => Self::Store(error.into()),
        }
    }
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Five round trips, however many rows there are. Returns how many were new.
async fn write_once(
    connection: &mut PgConnection,
    rows: &[(SymbolId, Trade)],
    rejects: &[Reject],
    way: Way,
) -> Result<u64, WriteError> {
    let mut tx = connection.begin_with(BEGIN).await?;
    rejects::insert(&mut tx, rejects).await?;
    let staged: Vec<(SymbolId, Trade)>;
    let inserted = match way {
        Way::Copy => {
            copy(&mut tx, COPY_TRADES, rows).await?;
            rows
        }
        Way::Staging => {
            staged = insert_by_staging(&mut tx, rows).await?;
            &staged
        }
    };
    let floor_ms = finish(&mut tx, rows, inserted).await?;
    if rows.iter().any(|(_, trade)| trade.time_ms < floor_ms) {
        tx.rollback().await?;
        return Err(WriteError::BelowFloor(floor_ms));
    }
    tx.commit().await?;
    Ok(inserted.len() as u64)
}

async fn copy(
    connection: &mut PgConnection,
    statement: &str,
    rows: &[(SymbolId, Trade)],
) -> Result<(), WriteError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut copy = connection.copy_in_raw(statement).await?;
    copy.send(encode(rows)).await?;
    copy.finish().await?;
    Ok(())
}

/// Inserts what is not there yet and returns it.
async fn insert_by_staging(
    connection: &mut PgConnection,
    rows: &[(SymbolId, Trade)],
) -> Result<Vec<(SymbolId, Trade)>, WriteError> {
    sqlx::query(
        "CREATE TEMPORARY TABLE IF NOT EXISTS trades_staging (
             symbol_id int, agg_id bigint, time timestamptz, price float8, qty float8, fills int,
             buyer_is_maker boolean) ON COMMIT DELETE ROWS",
    )
    .execute(&mut *connection)
    .await?;
    copy(connection, COPY_STAGING, rows).await?;
    let new: Vec<(SymbolId, i64)> = sqlx::query_as(
        "INSERT INTO trades (symbol_id, agg_id, time, price, qty, fills, buyer_is_maker)
         SELECT symbol_id, agg_id, time, price, qty, fills, buyer_is_maker FROM trades_staging
         ORDER BY symbol_id, agg_id
         ON CONFLICT (symbol_id, agg_id, time) DO NOTHING
         RETURNING symbol_id, agg_id",
    )
    .fetch_all(connection)
    .await?;
    let new: HashSet<(SymbolId, i64)> = new.into_iter().collect();
    Ok(rows
        .iter()
        .copied()
        .filter(|(id, trade)| new.contains(&(*id, trade.agg_id)))
        .collect())
}

/// Cursors for all trades that were written, invalidations and notifications for those that are
/// new: one statement, so that it costs one round trip. Returns the retention floor.
async fn finish(
    connection: &mut PgConnection,
    written: &[(SymbolId, Trade)],
    inserted: &[(SymbolId, Trade)],
) -> Result<i64, WriteError> {
    let newest: Vec<&(SymbolId, Trade)> = written
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(<[(SymbolId, Trade)]>::last)
        .collect();
    let ranges = touched_ranges(inserted);
    let symbol_lists: Vec<String> = ranges
        .iter()
        .map(|range| array(&range.symbol_ids))
        .collect();
    let floor: Option<DateTime<Utc>> = sqlx::query_scalar(
        "WITH cursors AS (
             INSERT INTO feed_cursor AS c (symbol_id, last_agg_id, last_time, last_price)
             SELECT * FROM unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::float8[])
             ON CONFLICT (symbol_id) DO UPDATE SET
                 last_agg_id = excluded.last_agg_id, last_time = excluded.last_time,
                 last_price = excluded.last_price
             WHERE c.last_agg_id < excluded.last_agg_id)
         , touched AS (
             INSERT INTO invalidations (symbol_ids, from_time, to_time)
             SELECT s::int[], f, t FROM unnest($5::text[], $6::timestamptz[], $7::timestamptz[])
                 AS r (s, f, t))
         SELECT (SELECT retention_floor FROM rollup_levels WHERE level = 'trades')
         FROM (SELECT count(pg_notify($8, payload)) FROM unnest($9::text[]) AS payload) sent",
    )
    .bind(newest.iter().map(|(id, _)| id.0).collect::<Vec<_>>())
    .bind(
        newest
            .iter()
            .map(|(_, trade)| trade.agg_id)
            .collect::<Vec<_>>(),
    )
    .bind(
        newest
            .iter()
            .map(|(_, trade)| from_ms(trade.time_ms))
            .collect::<Vec<_>>(),
    )
    .bind(
        newest
            .iter()
            .map(|(_, trade)| trade.price)
            .collect::<Vec<_>>(),
    )
    .bind(symbol_lists)
    .bind(
        ranges
            .iter()
            .map(|range| from_ms(range.from_ms))
            .collect::<Vec<_>>(),
    )
    .bind(
        ranges
            .iter()
            .map(|range| from_ms(range.to_ms))
            .collect::<Vec<_>>(),
    )
    .bind(CHANNEL)
    .bind(trade_payloads(&notices(inserted)))
    .fetch_one(connection)
    .await?;
    Ok(floor.map_or(i64::MIN, to_ms))
}

/// An array literal: rows of several lengths do not fit into one two-dimensional array.
fn array(ids: &[i32]) -> String {
    let ids: Vec<String> = ids.iter().map(i32::to_string).collect();
    format!("{{{}}}", ids.join(","))
}

fn notices(inserted: &[(SymbolId, Trade)]) -> Vec<TradeNotice> {
    inserted
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|rows| {
            let (symbol_id, last) = rows.last()?;
            Some(TradeNotice {
                symbol_id: *symbol_id,
                min_time_ms: rows.iter().map(|(_, trade)| trade.time_ms).min()?,
                last_agg_id: last.agg_id,
                last_time_ms: last.time_ms,
                last_price: last.price,
            })
        })
        .collect()
}

/// A defence of the tables; whoever parses the exchange's frames rejects these with the raw frame.
fn is_possible(trade: &Trade) -> bool {
    let positive = |value: f64| value.is_finite() && value > 0.0;
    positive(trade.price) && positive(trade.qty) && trade.fills >= 1
}

fn reject(symbol_id: SymbolId, trade: &Trade, reason: &str) -> Reject {
    Reject {
        symbol_id: Some(symbol_id),
        agg_id: Some(trade.agg_id),
        time_ms: Some(trade.time_ms),
        reason: reason.to_owned(),
        raw: format!("{trade:?}"),
    }
}
