//! Dropping old raw trades, never the bars made of them.

use chrono::{DateTime, Utc};
use market::Interval;

use crate::{
    Lease, Result, Store,
    refresh::lease_lost,
    time::{from_ms, to_ms},
};

/// What a call of [`drop_trades_before`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// Trades before this time are gone, and later writes of such trades are refused. A day edge,
    /// at or before the time asked for; `None` while nothing was ever dropped.
    pub floor_ms: Option<i64>,
}

/// Drops raw trades older than `before_ms`, by whole UTC days, and only as far as every level of
/// the roll-ups is materialised and nothing is waiting to be refreshed. Bars stay.
///
/// # Errors
/// [`StoreError::LeaseLost`](crate::StoreError::LeaseLost) when the lease is gone.
pub async fn drop_trades_before(
    store: &Store,
    before_ms: i64,
    lease: Option<&Lease>,
) -> Result<Dropped> {
    let before_ms = Interval::D1.bucket_of(before_ms);
    sqlx::query("CALL drop_trades($1, $2, $3, $4)")
        .bind(from_ms(before_ms))
        .bind(lease.map(|lease| lease.name.as_str()))
        .bind(lease.map(|lease| lease.owner.as_str()))
        .bind(lease.map(|lease| lease.epoch))
        .execute(store.write_pool())
        .await
        .map_err(|error| lease_lost(error, lease))?;
    Ok(Dropped {
        floor_ms: floor_ms(store).await?,
    })
}

/// Trades before this time are refused; `None` while nothing was ever dropped.
///
/// # Errors
/// Only those of the database.
pub async fn floor_ms(store: &Store) -> Result<Option<i64>> {
    let floor: Option<DateTime<Utc>> =
        sqlx::query_scalar("SELECT retention_floor FROM rollup_levels WHERE level = 'trades'")
            .fetch_one(store.write_pool())
            .await?;
    Ok(floor.map(to_ms))
}
