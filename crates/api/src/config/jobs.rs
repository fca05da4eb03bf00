//! Settings of work in the background.

use clap::Args;

/// Settings of work in the background.
#[derive(Debug, Clone, Args)]
pub struct JobArgs {
    /// Most scans and other jobs that may wait or run at once; further ones are refused.
    #[arg(long, env = "API_MAX_JOBS", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub api_max_jobs: u32,

    /// Another server goes on with jobs so long after the one that did them was last heard of, milliseconds.
    #[arg(long, env = "API_JOB_LEASE_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(200..=600_000))]
    pub api_job_lease_ms: u64,
}

impl Default for JobArgs {
    fn default() -> Self {
        Self {
            api_max_jobs: 16,
            api_job_lease_ms: 10_000,
        }
    }
}
