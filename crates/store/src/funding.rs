//! Funding rates of perpetual contracts: what longs paid to shorts, and from when to when that is known.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::{
    Result, Store, SymbolId,
    history::Coverage,
    time::{from_ms, to_ms},
};

/// A payment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FundingRate {
    /// When, milliseconds since the epoch.
    pub time_ms: i64,
    /// Share of the notional; negative where shorts paid.
    pub rate: f64,
}

/// Stores rates, and that with them all payments in `covered` are known, its ends included. Rates that are there already
/// are replaced; stretches that touch become one. A stretch without length covers nothing.
///
/// # Errors
/// Only those of the database; nothing is stored then.
pub async fn write(
    store: &Store,
    symbol_id: SymbolId,
    rates: &[FundingRate],
    covered: Coverage,
) -> Result<()> {
    let mut tx = store.write_pool().begin().await?;
    // One writer a symbol at a time: stretches are merged by reading what is there.
    sqlx::query("SELECT FROM symbols WHERE symbol_id = $1 FOR NO KEY UPDATE")
        .bind(symbol_id)
        .execute(&mut *tx)
        .await?;
    let times = rates.iter().map(|one| from_ms(one.time_ms));
    sqlx::query(
        "INSERT INTO funding_rates (symbol_id, time, rate)
         SELECT $1, * FROM unnest($2::timestamptz[], $3::float8[])
         ON CONFLICT (symbol_id, time) DO UPDATE SET rate = excluded.rate",
    )
    .bind(symbol_id)
    .bind(times.collect::<Vec<_>>())
    .bind(rates.iter().map(|one| one.rate).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    if covered.from_ms < covered.to_ms {
        sqlx::query(
            "WITH touching AS (
                 DELETE FROM funding_coverage
                 WHERE symbol_id = $1 AND from_time <= $3 AND to_time >= $2
                 RETURNING from_time, to_time)
             INSERT INTO funding_coverage (symbol_id, from_time, to_time)
             SELECT $1, least($2, min(from_time)), greatest($3, max(to_time)) FROM touching",
        )
        .bind(symbol_id)
        .bind(from_ms(covered.from_ms))
        .bind(from_ms(covered.to_ms))
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Stretches of which all payments are known, ascending; for whoever writes them.
///
/// # Errors
/// Only those of the database.
pub async fn coverage(store: &Store, symbol_id: SymbolId) -> Result<Vec<Coverage>> {
    stretches(store.write_pool(), symbol_id).await
}

/// What a reader knows of the payments of a symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Payments, ascending in time.
    pub rates: Vec<FundingRate>,
    /// Stretches of which all payments are known, ascending; of all times.
    pub covered: Vec<Coverage>,
}

/// Payments in `[first_ms, last_ms]`, and which ones are known at all.
///
/// # Errors
/// Only those of the database.
pub async fn read(
    store: &Store,
    symbol_id: SymbolId,
    first_ms: i64,
    last_ms: i64,
) -> Result<Known> {
    // Before the rates: what is covered now is in what is read after.
    let covered = stretches(store.read_pool(), symbol_id).await?;
    let rows: Vec<(DateTime<Utc>, f64)> = sqlx::query_as(
        "SELECT time, rate FROM funding_rates
         WHERE symbol_id = $1 AND time BETWEEN $2 AND $3 ORDER BY time",
    )
    .bind(symbol_id)
    .bind(from_ms(first_ms))
    .bind(from_ms(last_ms))
    .fetch_all(store.read_pool())
    .await?;
    let rate = |(time, rate)| FundingRate {
        time_ms: to_ms(time),
        rate,
    };
    Ok(Known {
        rates: rows.into_iter().map(rate).collect(),
        covered,
    })
}

async fn stretches(pool: &PgPool, symbol_id: SymbolId) -> Result<Vec<Coverage>> {
    let rows: Vec<(DateTime<Utc>, DateTime<Utc>)> = sqlx::query_as(
        "SELECT from_time, to_time FROM funding_coverage WHERE symbol_id = $1 ORDER BY from_time",
    )
    .bind(symbol_id)
    .fetch_all(pool)
    .await?;
    let stretch = |(from, to)| Coverage {
        from_ms: to_ms(from),
        to_ms: to_ms(to),
    };
    Ok(rows.into_iter().map(stretch).collect())
}
