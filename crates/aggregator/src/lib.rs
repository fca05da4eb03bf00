//! Owner of the schema: migrates it, refreshes the roll-ups, drops and compresses old trades.
//!
//! Any number of aggregators may run on one database. Each migrates at its start (one does the work, the others wait
//! for it); then one of them holds the lease `aggregator` and works, and the others stand by to take over when its lease
//! runs out or is given back. The lease is checked by the database at every write of a cycle, so that a holder that
//! was asleep does no harm.
//!
//! | module | what |
//! | --- | --- |
//! | [`config`] | settings |
//! | [`server`] | the loop: migrate, become the holder, work, start again when the database was away |
//! | `tenure` | the time as holder: renewal beside the cycles |
//! | `cycle` | refresh, and now and then upkeep |
//! | `meters` | metrics |

pub mod config;
mod cycle;
mod meters;
pub mod server;
mod tenure;

use tokio_util::sync::CancellationToken;

pub use config::Config;
pub use server::{LEASE, Server};

/// Binds the operations server and runs until `shutdown`.
///
/// # Errors
/// When the address is taken or a setting makes no sense. A database that is away is waited for.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    Server::bind(config).await?.run(shutdown).await
}
