//! What the process does that holds the lease.

use super::{COLUMNS, Job, JobProgress, MOST_ATTEMPTS, Row, tell};
use crate::{Lease, Result, Store, leases};

/// Begins the oldest job that waits, or that a former holder of the lease began. `None` when there is none. One that was
/// begun [`MOST_ATTEMPTS`] times without coming to an end fails instead.
///
/// # Errors
/// [`LeaseLost`](crate::StoreError::LeaseLost), and those of the database.
pub async fn take_next(store: &Store, lease: &Lease) -> Result<Option<Job>> {
    let mut tx = store.write_pool().begin().await?;
    leases::guard(&mut tx, lease).await?;
    let given_up = sqlx::query(
        "UPDATE jobs SET state = 'failed', ended_at = clock_timestamp(),
             error = 'it was begun ' || attempts || ' times, and each time the server ended before it did'
         WHERE state = 'running' AND lease_epoch < $1 AND attempts >= $2",
    )
    .bind(lease.epoch)
    .bind(MOST_ATTEMPTS)
    .execute(&mut *tx)
    .await?;
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "UPDATE jobs SET state = 'running', lease_epoch = $1, attempts = attempts + 1,
             started_at = clock_timestamp(), progress = 0, total = 0
         WHERE job_id = (SELECT job_id FROM jobs
                         WHERE state = 'queued' OR (state = 'running' AND lease_epoch < $1)
                         ORDER BY job_id LIMIT 1)
         RETURNING {COLUMNS}"
    )))
    .bind(lease.epoch)
    .fetch_optional(&mut *tx)
    .await?;
    if row.is_some() || given_up.rows_affected() > 0 {
        tell(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(row.map(Into::into))
}

/// Says how far a job is. `false`: it is deleted, and there is no more to do.
///
/// # Errors
/// [`LeaseLost`](crate::StoreError::LeaseLost), and those of the database.
pub async fn report(
    store: &Store,
    lease: &Lease,
    job_id: i64,
    progress: JobProgress,
) -> Result<bool> {
    let mut tx = store.write_pool().begin().await?;
    leases::guard(&mut tx, lease).await?;
    let changed: Option<bool> = sqlx::query_scalar(
        "UPDATE jobs j SET progress = $3, total = $4
         FROM (SELECT job_id, (progress, total) <> ($3, $4) AS changed FROM jobs WHERE job_id = $1) was
         WHERE j.job_id = was.job_id AND j.state = 'running' AND j.lease_epoch = $2
         RETURNING was.changed",
    )
    .bind(job_id)
    .bind(lease.epoch)
    .bind(progress.done)
    .bind(progress.total)
    .fetch_optional(&mut *tx)
    .await?;
    if changed == Some(true) {
        tell(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(changed.is_some())
}
