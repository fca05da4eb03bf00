//! Refresh of the roll-ups: everything that changed since the last one, and nothing else.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use market::Interval;

use crate::{Lease, Result, Store, StoreError, time::to_ms};

/// How far one level of the roll-ups has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelState {
    /// The level.
    pub interval: Interval,
    /// Bars before this time are materialised; what lies after is computed on reading. `None`
    /// before the first refresh.
    pub watermark_ms: Option<i64>,
    /// No refresh starts before this time; `None` while nothing was dropped.
    pub retention_floor_ms: Option<i64>,
}

/// What a refresh cycle did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refreshed {
    /// How long it took.
    pub duration: Duration,
    /// Invalidations that are still to be refreshed: run again soon if there are many.
    pub pending: i64,
}

/// Refreshes all levels, finest first, under a lease if one is given. Its cost depends on what
/// changed since the last call, not on how much is stored. A backlog is worked off in steps, between
/// which the lease can be renewed.
///
/// Bars are right before it, too: it makes reading them cheap.
///
/// # Errors
/// [`StoreError::LeaseLost`] when the lease is gone: levels that were not refreshed yet stay as they are.
pub async fn run(store: &Store, lease: Option<&Lease>) -> Result<Refreshed> {
    let started = Instant::now();
    let end: Option<DateTime<Utc>> =
        sqlx::query_scalar("SELECT nullif(refresh_end(), '-infinity')")
            .fetch_one(store.write_pool())
            .await?;
    loop {
        // A procedure that commits between the levels has to be called outside a transaction and
        // alone in its statement.
        sqlx::query("CALL refresh_rollups($1, $2, $3)")
            .bind(lease.map(|lease| lease.name.as_str()))
            .bind(lease.map(|lease| lease.owner.as_str()))
            .bind(lease.map(|lease| lease.epoch))
            .execute(store.write_pool())
            .await
            .map_err(|error| lease_lost(error, lease))?;
        let behind: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM invalidations WHERE from_time < $1)")
                .bind(end)
                .fetch_one(store.write_pool())
                .await?;
        if !behind {
            break;
        }
    }
    let pending = sqlx::query_scalar("SELECT count(*) FROM invalidations")
        .fetch_one(store.write_pool())
        .await?;
    Ok(Refreshed {
        duration: started.elapsed(),
        pending,
    })
}

/// The procedure raises `SP001` when the lease is not held.
pub(crate) fn lease_lost(error: sqlx::Error, lease: Option<&Lease>) -> StoreError {
    match (&error, lease) {
        (sqlx::Error::Database(database), Some(lease))
            if database.code().as_deref() == Some("SP001") =>
        {
            StoreError::LeaseLost(lease.name.clone())
        }
        _ => error.into(),
    }
}

/// Level, watermark, retention floor.
type LevelRow = (String, Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// How far each level has come, finest first.
///
/// # Errors
/// Only those of the database.
pub async fn levels(store: &Store) -> Result<Vec<LevelState>> {
    let rows: Vec<LevelRow> = sqlx::query_as(
        "SELECT level, nullif(watermark, '-infinity'), retention_floor FROM rollup_levels
         WHERE level <> 'trades' ORDER BY ordinal",
    )
    .fetch_all(store.read_pool())
    .await?;
    rows.into_iter()
        .map(|(level, watermark, floor)| {
            Ok(LevelState {
                interval: level
                    .parse()
                    .map_err(|error: market::interval::UnknownInterval| {
                        StoreError::Corrupt(error.to_string())
                    })?,
                watermark_ms: watermark.map(to_ms),
                retention_floor_ms: floor.map(to_ms),
            })
        })
        .collect()
}
