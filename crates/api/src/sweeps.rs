//! Backtests over a grid of parameters: read, done as a job, told.

pub(crate) mod read;
mod run;
pub(crate) mod tell;

pub(crate) use run::run;

/// What such jobs are called.
pub(crate) const KIND: &str = "sweep";
