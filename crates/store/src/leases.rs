//! One holder at a time, on database time, with fencing.
//!
//! A holder renews well before `ttl` runs out and guards what it writes with [`guard`]: a holder
//! that was asleep, and whose lease has gone to another, then writes nothing.

use std::time::Duration;

use sqlx::{PgConnection, postgres::types::PgInterval};

use crate::{Result, Store, StoreError};

/// Proof of having been the holder at some time; only the database knows whether it still holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is held, as `aggregator`.
    pub name: String,
    /// Who holds it: unique to the process instance.
    pub owner: String,
    /// Grows with every new holder.
    pub epoch: i64,
}

/// Takes the lease if nobody holds it (any more). `None` means that another one does.
///
/// # Errors
/// Only those of the database.
pub async fn acquire(
    store: &Store,
    name: &str,
    owner: &str,
    ttl: Duration,
) -> Result<Option<Lease>> {
    let epoch: Option<i64> = sqlx::query_scalar(
        "INSERT INTO leases AS l (name, owner, epoch, expires_at)
         VALUES ($1, $2, 1, clock_timestamp() + $3)
         ON CONFLICT (name) DO UPDATE SET
             owner = excluded.owner, epoch = l.epoch + 1, expires_at = clock_timestamp() + $3
         WHERE l.expires_at <= clock_timestamp()
         RETURNING epoch",
    )
    .bind(name)
    .bind(owner)
    .bind(interval(ttl))
    .fetch_optional(store.write_pool())
    .await?;
    Ok(epoch.map(|epoch| Lease {
        name: name.to_owned(),
        owner: owner.to_owned(),
        epoch,
    }))
}

/// Holds the lease for another `ttl` from now.
///
/// # Errors
/// [`StoreError::LeaseLost`] when it has expired or gone to another.
pub async fn renew(store: &Store, lease: &Lease, ttl: Duration) -> Result<()> {
    let renewed = sqlx::query(
        "UPDATE leases SET expires_at = clock_timestamp() + $4
         WHERE name = $1 AND owner = $2 AND epoch = $3 AND expires_at > clock_timestamp()",
    )
    .bind(&lease.name)
    .bind(&lease.owner)
    .bind(lease.epoch)
    .bind(interval(ttl))
    .execute(store.write_pool())
    .await?;
    held(renewed.rows_affected(), lease)
}

/// Gives the lease back at once, so that another need not wait until it expires. The epoch stays.
///
/// # Errors
/// Only those of the database.
pub async fn release(store: &Store, lease: &Lease) -> Result<()> {
    sqlx::query(
        "UPDATE leases SET expires_at = '-infinity'
         WHERE name = $1 AND owner = $2 AND epoch = $3",
    )
    .bind(&lease.name)
    .bind(&lease.owner)
    .bind(lease.epoch)
    .execute(store.write_pool())
    .await?;
    Ok(())
}

/// Makes the transaction's writes those of the holder: nobody can take the lease before it ends.
///
/// # Errors
/// [`StoreError::LeaseLost`]: roll back.
pub async fn guard(transaction: &mut PgConnection, lease: &Lease) -> Result<()> {
    let found = sqlx::query(
        "SELECT FROM leases
         WHERE name = $1 AND owner = $2 AND epoch = $3 AND expires_at > clock_timestamp() FOR SHARE",
    )
    .bind(&lease.name)
    .bind(&lease.owner)
    .bind(lease.epoch)
    .execute(transaction)
    .await?;
    held(found.rows_affected(), lease)
}

fn held(rows: u64, lease: &Lease) -> Result<()> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::LeaseLost(lease.name.clone()))
    }
}

fn interval(ttl: Duration) -> PgInterval {
    crate::time::interval(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX))
}
