//! The throwaway cluster of this process.

use anyhow::Result;
use pg_cluster::Cluster;
use tokio::sync::OnceCell;

use crate::TestServer;

static SERVER: OnceCell<TestServer> = OnceCell::const_new();

/// The cluster of this process, started by the first call.
///
/// # Errors
/// When no PostgreSQL is installed or it does not start; the message says what to do.
pub async fn cluster() -> Result<&'static Cluster> {
    SERVER.get_or_try_init(TestServer::start).await?.cluster()
}

/// Whether tests can run on TimescaleDB here.
///
/// # Errors
/// As for [`cluster`].
pub async fn offers_timescaledb() -> Result<bool> {
    Ok(cluster().await?.offers_timescaledb())
}
