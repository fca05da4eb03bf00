//! What every service of the project does the same way.
//!
//! A service is a library `run(config, shutdown)` and a thin `main.rs` that parses settings, sets up logs and calls it.
//!
//! | module | what |
//! | --- | --- |
//! | [`logs`] | one tracing set-up, text or JSON |
//! | [`shutdown`] | SIGTERM and Ctrl-C as a [`CancellationToken`](tokio_util::sync::CancellationToken) |
//! | [`backoff`] | exponential, bounded, with jitter |
//! | [`metrics`] | the process's Prometheus registry |
//! | [`health`] | readiness with reasons |
//! | [`password`] | passwords from files |
//! | [`ops`] | the small HTTP server for `/metrics` and `/health/*` |

pub mod backoff;
pub mod health;
pub mod logs;
pub mod metrics;
pub mod ops;
pub mod password;
pub mod shutdown;

pub use backoff::Backoff;
pub use health::Health;
