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
//! ends, however it ends. `TEST_FLAVOUR=timescale` runs the same tests on TimescaleDB. A test that stops or kills its
//! server has a [`TestServer`] of its own; one that only cuts it off puts a [`Proxy`] before it.

mod cluster;
mod copy;
mod database;
mod proxy;
mod server;
mod watchdog;

pub use cluster::{cluster, offers_timescaledb};
pub use copy::{copy_trades, copy_trades_to};
pub use database::{TableLock, TestDb, flavour};
pub use proxy::Proxy;
pub use server::TestServer;
pub use test_skips::say_skipped;
