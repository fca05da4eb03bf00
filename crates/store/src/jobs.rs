//! Work in the background that somebody asked for: scans, parameter sweeps.
//!
//! Jobs are made, listed and deleted by whoever serves the API ([`insert`], [`list`], [`get`], [`delete`]). They are
//! done by one process at a time, under the lease [`LEASE`], which every write of that process checks
//! ([`take_next`], [`report`], [`finish`]). A job that a former holder of the lease began is begun again by the next
//! one, at most [`MOST_ATTEMPTS`] times: one that takes its process with it does not do so for ever. To delete a job is
//! to cancel it: whoever does it hears so by its next report.
//!
//! Of what a job is about only its kind knows ([`scans`]): here parameters and result are JSON.

mod outcome;
pub mod scans;
mod work;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use crate::{
    Result, Store,
    events::notify,
    notifications::{Table, table_payloads},
    time::to_ms,
};

pub use outcome::{Outcome, finish};
pub use work::{report, take_next};

/// Name of the lease of the process that does jobs.
pub const LEASE: &str = "jobs";
/// A job is begun at most so often.
pub const MOST_ATTEMPTS: i32 = 3;
/// Jobs of a kind that are kept after their end; older ones are deleted when another is made.
pub const MOST_KEPT: i64 = 50;

/// How far a job is, in units of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobProgress {
    /// Units that are done.
    pub done: i64,
    /// Units that there are; 0 before that is known.
    pub total: i64,
}

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum JobState {
    /// It waits.
    Queued,
    /// It is being done, or was when its process ended.
    Running,
    /// It has a result.
    Done,
    /// It has an error.
    Failed,
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its key; never used again.
    pub job_id: i64,
    /// What it is: `scan`, …
    pub kind: String,
    /// What was asked for.
    pub params: Value,
    /// Where it is in its life.
    pub state: JobState,
    /// How far it is.
    pub progress: JobProgress,
    /// Epoch of the lease under which it runs or ran; 0 before.
    pub lease_epoch: i64,
    /// How often it was begun.
    pub attempts: i32,
    /// What came of it, once it is done.
    pub result: Option<Value>,
    /// Why it failed, for people.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at_ms: i64,
    /// When it was begun last.
    pub started_at_ms: Option<i64>,
    /// When it was done or failed.
    pub ended_at_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    job_id: i64,
    kind: String,
    params: Value,
    state: JobState,
    progress: i64,
    total: i64,
    lease_epoch: i64,
    attempts: i32,
    result: Option<Value>,
    error: Option<String>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<Row> for Job {
    fn from(row: Row) -> Self {
        Self {
            job_id: row.job_id,
            kind: row.kind,
            params: row.params,
            state: row.state,
            progress: JobProgress {
                done: row.progress,
                total: row.total,
            },
            lease_epoch: row.lease_epoch,
            attempts: row.attempts,
            result: row.result,
            error: row.error,
            created_at_ms: to_ms(row.created_at),
            started_at_ms: row.started_at.map(to_ms),
            ended_at_ms: row.ended_at.map(to_ms),
        }
    }
}

const COLUMNS: &str =
    "job_id, kind, params, state, progress, total, lease_epoch, attempts, result, error,
    created_at, started_at, ended_at";

/// Asks for a job. `None` when `most` of any kind wait or run already. Of those of this kind that have ended the oldest
/// are deleted, so that [`MOST_KEPT`] stay.
///
/// # Errors
/// Only those of the database.
pub async fn insert(store: &Store, kind: &str, params: &Value, most: u32) -> Result<Option<Job>> {
    let mut tx = store.write_pool().begin().await?;
    // Two that are asked for at once would both find room for one.
    sqlx::query("LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE")
        .execute(&mut *tx)
        .await?;
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "INSERT INTO jobs (kind, params)
         SELECT $1, $2
         WHERE (SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')) < $3
         RETURNING {COLUMNS}"
    )))
    .bind(kind)
    .bind(params)
    .bind(i64::from(most))
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    sqlx::query(
        "DELETE FROM jobs WHERE job_id IN (
             SELECT job_id FROM jobs WHERE kind = $1 AND state IN ('done', 'failed')
             ORDER BY job_id DESC OFFSET $2)",
    )
    .bind(kind)
    .bind(MOST_KEPT)
    .execute(&mut *tx)
    .await?;
    tell(&mut tx).await?;
    tx.commit().await?;
    Ok(Some(row.into()))
}

/// The jobs of a kind, newest first. Read from the primary, as whoever has asked for one looks for it.
///
/// # Errors
/// Only those of the database.
pub async fn list(store: &Store, kind: &str) -> Result<Vec<Job>> {
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM jobs WHERE kind = $1 ORDER BY job_id DESC"
    )))
    .bind(kind)
    .fetch_all(store.write_pool())
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The job of a kind with this id. Read from the primary.
///
/// # Errors
/// Only those of the database.
pub async fn get(store: &Store, kind: &str, job_id: i64) -> Result<Option<Job>> {
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM jobs WHERE kind = $1 AND job_id = $2"
    )))
    .bind(kind)
    .bind(job_id)
    .fetch_optional(store.write_pool())
    .await?;
    Ok(row.map(Into::into))
}

/// Deletes a job with its result, and so cancels it if it has not ended; what it was. `None` when there is no such job.
///
/// # Errors
/// Only those of the database.
pub async fn delete(store: &Store, kind: &str, job_id: i64) -> Result<Option<Job>> {
    let mut tx = store.write_pool().begin().await?;
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "DELETE FROM jobs WHERE kind = $1 AND job_id = $2 RETURNING {COLUMNS}"
    )))
    .bind(kind)
    .bind(job_id)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    tell(&mut tx).await?;
    tx.commit().await?;
    Ok(Some(row.into()))
}

/// Tells every process, when the transaction commits, that a job is not what it was.
async fn tell(transaction: &mut PgConnection) -> Result<()> {
    notify(transaction, &table_payloads(&[Table::Jobs])).await
}
