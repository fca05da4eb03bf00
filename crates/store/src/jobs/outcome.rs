//! The end of a job.

use serde_json::Value;
use sqlx::PgConnection;

use super::tell;
use crate::{Lease, Result, Store, leases};

/// What came of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A result.
    Done(Value),
    /// None, for this reason, which people are told.
    Failed(String),
}

/// Stores what came of a job. `false`: it is deleted, and nothing is stored.
///
/// # Errors
/// [`LeaseLost`](crate::StoreError::LeaseLost), and those of the database.
pub async fn finish(store: &Store, lease: &Lease, job_id: i64, outcome: &Outcome) -> Result<bool> {
    let mut tx = store.write_pool().begin().await?;
    if !finish_on(&mut tx, lease, job_id, outcome).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// As [`finish`], in a transaction that stores more; on `false` it is to be rolled back.
pub(super) async fn finish_on(
    transaction: &mut PgConnection,
    lease: &Lease,
    job_id: i64,
    outcome: &Outcome,
) -> Result<bool> {
    leases::guard(transaction, lease).await?;
    let (state, result, error) = match outcome {
        Outcome::Done(result) => ("done", Some(result), None),
        Outcome::Failed(error) => ("failed", None, Some(error)),
    };
    let finished = sqlx::query(
        "UPDATE jobs SET state = $3, result = $4, error = $5, ended_at = clock_timestamp(),
             progress = CASE WHEN $3 = 'done' THEN total ELSE progress END
         WHERE job_id = $1 AND state = 'running' AND lease_epoch = $2",
    )
    .bind(job_id)
    .bind(lease.epoch)
    .bind(state)
    .bind(result)
    .bind(error)
    .execute(&mut *transaction)
    .await?;
    if finished.rows_affected() == 0 {
        return Ok(false);
    }
    tell(transaction).await?;
    Ok(true)
}
