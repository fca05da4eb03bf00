//! A throwaway cluster: a server, its directory, and whoever removes both.

use std::{
    env, process,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use pg_cluster::{Cluster, ClusterConfig};

use crate::watchdog::Watchdog;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Backends of a killed server notice within a second or so.
const DEATH_PATIENCE: Duration = Duration::from_secs(30);

/// A cluster of a test's own, which it may stop, kill and start again. It goes with the test process.
#[derive(Debug)]
pub struct TestServer {
    config: ClusterConfig,
    /// None while it is stopped.
    cluster: Option<Cluster>,
    _watchdog: Watchdog,
}

impl TestServer {
    /// A running server without databases.
    ///
    /// # Errors
    /// When no PostgreSQL is installed or it does not start; the message says what to do.
    pub async fn start() -> Result<Self> {
        // Not tempfile's directory: it is closed to the account that the server of a root process runs as.
        let unique = SystemTime::UNIX_EPOCH
            .elapsed()
            .map_or(0, |time| time.subsec_nanos());
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("spreadscope-test-{}-{number}-{unique}", process::id());
        let dir = env::temp_dir().join(name);
        let watchdog = Watchdog::start(&dir).context("start the watchdog of a test cluster")?;
        let config = ClusterConfig {
            durable: false,
            shared_buffers_mb: 32,
            max_connections: 300,
            ..ClusterConfig::new(&dir)
        };
        let cluster = start(&config).await?;
        Ok(Self {
            config,
            cluster: Some(cluster),
            _watchdog: watchdog,
        })
    }

    /// The running cluster.
    ///
    /// # Errors
    /// While it is stopped.
    pub fn cluster(&self) -> Result<&Cluster> {
        self.cluster.as_ref().context("the server is stopped")
    }

    /// Stops it in good order.
    ///
    /// # Errors
    /// When it does not obey.
    pub async fn stop(&mut self) -> Result<()> {
        if let Some(cluster) = self.cluster.take() {
            cluster.stop().await?;
        }
        Ok(())
    }

    /// kill -9 of the server.
    ///
    /// # Errors
    /// When it runs no more, or outlives that.
    pub async fn kill(&mut self) -> Result<()> {
        let cluster = self.cluster()?;
        let pid = cluster
            .server_pid()
            .context("the server is stopped")?
            .to_string();
        let killed = Command::new("kill").args(["-KILL", &pid]).status()?;
        ensure!(killed.success(), "the server cannot be killed");
        tokio::time::timeout(DEATH_PATIENCE, async {
            while cluster.is_running() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .context("the server outlives kill -9")
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill), on what it had stored.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> Result<()> {
        match &self.cluster {
            Some(cluster) => {
                cluster.revive().await?;
            }
            None => self.cluster = Some(start(&self.config).await?),
        }
        Ok(())
    }
}

async fn start(config: &ClusterConfig) -> Result<Cluster> {
    Cluster::start(config.clone())
        .await
        .context("start a cluster for the tests")
}
