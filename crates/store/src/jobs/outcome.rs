//! The end of a job.

use serde_json::Value;
use sqlx::PgConnection;

use super::tell;
use crate::{Lease, Result, Store, leases};

/// What came of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A result.
    Done {
        /// What is kept of it.
        result: Value,
        /// Units that there were: a report on its way may be older than the end.
        units: i64,
    },
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
    let (state, result, error, units) = match outcome {
        Outcome::Done { result, units } => ("done", Some(result), None, Some(*units)),
        Outcome::Failed(error) => ("failed", None, Some(error), None),
    };
    let finished = sqlx::query(
        "UPDATE jobs SET state = $3, result = $4, error = $5, ended_at = clock_timestamp(),
             progress = coalesce($6, progress), total = coalesce($6, total)
         WHERE job_id = $1 AND state = 'running' AND lease_epoch = $2",
    )
    .bind(job_id)
    .bind(lease.epoch)
    .bind(state)
    .bind(result)
    .bind(error)
    .bind(units)
    .execute(&mut *transaction)
    .await?;
    if finished.rows_affected() == 0 {
        return Ok(false);
    }
    tell(transaction).await?;
    Ok(true)
}
