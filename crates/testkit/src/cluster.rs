//! The throwaway cluster of this process.

use std::{env, process, time::SystemTime};

use anyhow::{Context, Result};
use pg_cluster::{Cluster, ClusterConfig};
use tokio::sync::OnceCell;

use crate::watchdog::Watchdog;

struct Throwaway {
    cluster: Cluster,
    _watchdog: Watchdog,
}

static CLUSTER: OnceCell<Throwaway> = OnceCell::const_new();

/// The cluster of this process, started by the first call.
///
/// # Errors
/// When no PostgreSQL is installed or it does not start; the message says what to do.
pub async fn cluster() -> Result<&'static Cluster> {
    let throwaway = CLUSTER.get_or_try_init(start).await?;
    Ok(&throwaway.cluster)
}

/// Whether tests can run on TimescaleDB here.
///
/// # Errors
/// As for [`cluster`].
pub async fn offers_timescaledb() -> Result<bool> {
    Ok(cluster().await?.offers_timescaledb())
}

async fn start() -> Result<Throwaway> {
    // Not tempfile's directory: it is closed to the account that the server of a root process runs as.
    let unique = SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(0, |time| time.subsec_nanos());
    let dir = env::temp_dir().join(format!("spreadscope-test-{}-{unique}", process::id()));
    let watchdog = Watchdog::start(&dir).context("start the watchdog of the test cluster")?;
    let cluster = Cluster::start(ClusterConfig {
        durable: false,
        shared_buffers_mb: 32,
        max_connections: 300,
        ..ClusterConfig::new(&dir)
    })
    .await
    .context("start a cluster for the tests")?;
    Ok(Throwaway {
        cluster,
        _watchdog: watchdog,
    })
}
