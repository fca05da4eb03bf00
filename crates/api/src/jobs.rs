//! Work in the background, done by one process at a time: whoever holds the lease. What a job does is its kind's
//! business ([`scans`](crate::scans), [`sweeps`](crate::sweeps)); here is what all kinds have in common: the queue, the reports of progress, that a
//! job which is deleted stops, and that one whose process ended is begun again.

use std::{sync::Arc, time::Duration};

use analytics::Progress;
use serde::Serialize;
use service::Backoff;
use store::{
    Lease, Store, StoreError, Table,
    jobs::{self, Job, JobProgress, LEASE, Outcome},
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{app::Shared, problem::ApiError, scans, sweeps, tenure::Tenure};

const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MOST: Duration = Duration::from_secs(5);
/// How often it is said how far a job is, and looked whether it is still wanted.
const REPORT_PAUSE: Duration = Duration::from_millis(250);
/// The queue is looked at again after so long, should a notification be lost.
const LOOK_PAUSE: Duration = Duration::from_secs(10);

/// Asks for a job, with parameters that were checked.
///
/// # Errors
/// [`ApiError::TooManyJobs`], and those of the database.
pub(crate) async fn enqueue(
    shared: &Shared,
    kind: &str,
    params: &impl Serialize,
) -> Result<Job, ApiError> {
    let params = serde_json::to_value(params).map_err(|e| ApiError::Internal(e.to_string()))?;
    let most = shared.max_jobs;
    let job = jobs::insert(&shared.store, kind, &params, most).await?;
    job.ok_or(ApiError::TooManyJobs(most))
}

/// Does jobs, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Runner {
    pub(crate) shared: Shared,
    /// How long the lease holds without renewal.
    pub(crate) term: Duration,
}

/// What a job is done with.
#[derive(Debug)]
pub(crate) struct Task<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) lease: &'a Lease,
    pub(crate) job: &'a Job,
    /// To be moved on by the work, and cancelled when the job is not wanted any more.
    pub(crate) progress: Arc<Progress>,
}

/// Why a job has no result.
#[derive(Debug)]
pub(crate) enum JobError {
    /// People are told so.
    Told(String),
    /// It is to be tried again, or the lease is lost.
    Store(StoreError),
    /// It is to be tried again.
    Later(ApiError),
}

impl JobError {
    /// As whoever waits for it is told.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Told(why) => why.clone(),
            Self::Store(error) => error.to_string(),
            Self::Later(error) => error.in_words(),
        }
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ApiError> for JobError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::DatabaseAway(_)
            | ApiError::DatabaseBusy(_)
            | ApiError::QueryTimeout
            | ApiError::Busy => Self::Later(error),
            told => Self::Told(told.in_words()),
        }
    }
}

/// Whoever leaves a computation leaves no threads behind that go on with it.
struct CancelOnDrop(Arc<Progress>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Runner {
    /// Does jobs whenever no other process does, until the shutdown.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let store = &self.shared.store;
        let mut tenure = Tenure::new(store.clone(), LEASE, self.term);
        while let Some(lease) = tenure.begin(&shutdown).await {
            tracing::info!(epoch = lease.epoch, "doing jobs");
            let lost = tokio::select! {
                () = shutdown.cancelled() => false,
                () = tenure.until_lost(&lease) => true,
                error = Box::pin(self.work(&lease)) => {
                    tracing::warn!(%error, epoch = lease.epoch, "jobs are not done here any more");
                    true
                }
            };
            if !lost {
                tenure.give_back(&lease, async { Ok(()) }).await;
            }
        }
    }

    /// Does one job after the other, until the lease is lost.
    async fn work(&self, lease: &Lease) -> StoreError {
        let store = &self.shared.store;
        let signal = self.shared.hub.pulse().signal_for_table(Table::Jobs);
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        loop {
            signal.take();
            let done = match jobs::take_next(store, lease).await {
                Ok(Some(job)) => self.execute(lease, &job).await,
                Ok(None) => {
                    tokio::select! {
                        () = signal.raised() => {}
                        () = sleep(LOOK_PAUSE) => {}
                    }
                    Ok(())
                }
                Err(error) => Err(error),
            };
            match done {
                Ok(()) => backoff.reset(),
                Err(error @ StoreError::LeaseLost(_)) => return error,
                Err(error) => {
                    tracing::warn!(%error, "jobs could not be read or stored");
                    sleep(backoff.next_delay()).await;
                }
            }
        }
    }

    /// Does a job to its end, however long the database is away.
    async fn execute(&self, lease: &Lease, job: &Job) -> Result<(), StoreError> {
        let store = &self.shared.store;
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        loop {
            let progress = Arc::new(Progress::default());
            let _cancel = CancelOnDrop(progress.clone());
            let task = Task {
                shared: &self.shared,
                lease,
                job,
                progress: progress.clone(),
            };
            let ended = tokio::select! {
                ended = run(task) => ended,
                unwanted = report(store, lease, job.job_id, &progress) => return unwanted,
            };
            match ended {
                Ok(()) => {
                    metrics::counter!("api_jobs_total", "kind" => job.kind.clone(), "outcome" => "done")
                        .increment(1);
                    return Ok(());
                }
                Err(JobError::Told(why)) => {
                    tracing::info!(job = job.job_id, kind = job.kind, why, "a job failed");
                    metrics::counter!("api_jobs_total", "kind" => job.kind.clone(), "outcome" => "failed")
                        .increment(1);
                    match jobs::finish(store, lease, job.job_id, &Outcome::Failed(why)).await {
                        Ok(_) => return Ok(()),
                        Err(error) if !error.is_transient() => return Err(error),
                        Err(error) => tracing::debug!(%error, "the end of a job is not stored yet"),
                    }
                }
                Err(JobError::Store(error)) if !error.is_transient() => match error {
                    StoreError::LeaseLost(_) => return Err(error),
                    defect => {
                        tracing::error!(error = %defect, job = job.job_id, "a job failed");
                        let why =
                            "something went wrong here; the server's log says what".to_owned();
                        jobs::finish(store, lease, job.job_id, &Outcome::Failed(why)).await?;
                        return Ok(());
                    }
                },
                Err(JobError::Store(error)) => {
                    tracing::warn!(%error, job = job.job_id, "a job is to be done again");
                }
                Err(JobError::Later(error)) => {
                    tracing::warn!(%error, job = job.job_id, "a job is to be done again");
                }
            }
            sleep(backoff.next_delay()).await;
        }
    }
}

async fn run(task: Task<'_>) -> Result<(), JobError> {
    match task.job.kind.as_str() {
        jobs::scans::KIND => scans::run(task).await,
        sweeps::KIND => sweeps::run(task).await,
        other => Err(JobError::Told(format!(
            "this version of the server does not know what a {other} is"
        ))),
    }
}

/// Says how far a job is until it is not wanted any more, or the lease is lost.
async fn report(
    store: &Store,
    lease: &Lease,
    job_id: i64,
    progress: &Progress,
) -> Result<(), StoreError> {
    let count = |units: usize| i64::try_from(units).unwrap_or(i64::MAX);
    loop {
        sleep(REPORT_PAUSE).await;
        let now = JobProgress {
            done: count(progress.done()),
            total: count(progress.total()),
        };
        match jobs::report(store, lease, job_id, now).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, job = job_id, "how far a job is could not be said");
            }
            Err(error) => return Err(error),
        }
    }
}
