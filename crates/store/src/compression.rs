//! Columnar storage of old raw trades, on TimescaleDB.

use crate::{Flavour, Result, Store, time::from_ms};

/// Converts chunks of raw trades that end before `before_ms` to columnar storage and returns how
/// many. Late trades still find their way into them. Plain PostgreSQL has no such storage: 0.
///
/// # Errors
/// Only those of the database.
pub async fn compress_trades_before(store: &Store, before_ms: i64) -> Result<u32> {
    if store.flavour().await? == Flavour::Plain {
        return Ok(0);
    }
    let chunks: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks
         WHERE hypertable_name = 'trades' AND hypertable_schema = current_schema()
           AND range_end <= $1 AND NOT is_compressed
         ORDER BY range_end",
    )
    .bind(from_ms(before_ms))
    .fetch_all(store.write_pool())
    .await?;
    let mut converted = 0;
    for chunk in &chunks {
        // One transaction a chunk, as it is locked meanwhile.
        sqlx::query("SELECT compress_chunk($1::regclass, if_not_compressed => true)")
            .bind(chunk)
            .execute(store.write_pool())
            .await?;
        converted += 1;
    }
    Ok(converted)
}
