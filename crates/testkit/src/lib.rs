//! A PostgreSQL database of its own for every test, on every flavour the machine offers.
//!
//! ```no_run
//! # async fn test() -> anyhow::Result<()> {
//! let db = testkit::TestDb::create().await?;
//! let symbols = store::symbols::list(db.store()).await?;
//! assert!(symbols.is_empty());
//! # Ok(()) }
//! ```
//!
//! Each test process has a throwaway cluster, started with its first test and removed when the process
//! ends, however it ends. `TEST_FLAVOUR=timescale` runs the same tests on TimescaleDB.

mod cluster;
mod database;
mod watchdog;

pub use cluster::{cluster, offers_timescaledb};
pub use database::{TableLock, TestDb, flavour};
pub use test_skips::say_skipped;
