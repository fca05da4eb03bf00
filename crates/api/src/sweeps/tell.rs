//! From what is stored of a sweep to what is sent.

use api_types::{ScanState, Sweep};
use store::{
    StoreError,
    jobs::{Job, JobState},
};

/// A sweep as it is told.
///
/// # Errors
/// [`StoreError::Corrupt`] when another version wrote what this one cannot read.
pub(crate) fn sweep(job: Job) -> Result<Sweep, StoreError> {
    let corrupt = |error: serde_json::Error| {
        StoreError::Corrupt(format!("job {} is no sweep: {error}", job.job_id))
    };
    Ok(Sweep {
        id: job.job_id,
        state: match job.state {
            JobState::Queued => ScanState::Queued,
            JobState::Running => ScanState::Running,
            JobState::Done => ScanState::Done,
            JobState::Failed => ScanState::Failed,
        },
        done: job.progress.done.unsigned_abs(),
        total: job.progress.total.unsigned_abs(),
        request: serde_json::from_value(job.params).map_err(corrupt)?,
        created_at: job.created_at_ms,
        started_at: job.started_at_ms,
        ended_at: job.ended_at_ms,
        result: job
            .result
            .map(serde_json::from_value)
            .transpose()
            .map_err(corrupt)?,
        error: job.error,
    })
}
