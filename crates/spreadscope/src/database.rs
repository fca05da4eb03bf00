//! The private cluster, or the server that was named.

use std::time::Duration;

use anyhow::Context;
use pg_cluster::{Cluster, ClusterConfig};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::CommonArgs,
    place::Place,
    stop::{DATABASE_PATIENCE, Stop},
};

/// The name of a cluster's main database.
pub(crate) const MAIN_DATABASE: &str = "spreadscope";
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// Where the data is kept.
#[derive(Debug)]
pub(crate) enum Database {
    /// In a cluster that ends with us.
    Private { cluster: Cluster, url: String },
    /// On a server that is none of our business.
    Named { url: String },
}

impl Database {
    /// Starts the cluster in `place`, with the database `name` in it.
    pub(crate) async fn start(
        place: &Place,
        name: &str,
        common: &CommonArgs,
    ) -> anyhow::Result<Self> {
        let mut config = ClusterConfig::new(place.dir().join("postgres"));
        config.bin_dir.clone_from(&common.pg_bin_dir);
        config.stop_patience = DATABASE_PATIENCE;
        config.timescaledb = !common.no_timescaledb;
        let cluster = Cluster::start(config)
            .await
            .context("cannot start the database")?;
        cluster
            .create_database(name)
            .await
            .context("cannot create the database")?;
        let url = cluster.database_url(name);
        Ok(Self::Private { cluster, url })
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Private { url, .. } | Self::Named { url } => url,
        }
    }

    /// Starts the server again whenever it ends by itself. The services meanwhile wait for it as for any other.
    pub(crate) async fn keep_alive(&self, stop: &CancellationToken) {
        let Self::Private { cluster, .. } = self else {
            return stop.cancelled().await;
        };
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(WATCH_EVERY) => {}
            }
            if let Err(error) = cluster.revive().await {
                tracing::error!(event = "database_not_revived", %error);
            }
        }
    }

    /// Shuts a private cluster down, at once if that is forced.
    pub(crate) async fn stop(&self, stop: &Stop) -> anyhow::Result<()> {
        let Self::Private { cluster, .. } = self else {
            return Ok(());
        };
        let orderly = cluster.stop();
        tokio::pin!(orderly);
        let stopped = tokio::select! {
            stopped = &mut orderly => stopped,
            () = stop.forced.cancelled() => {
                cluster.hurry().await;
                orderly.await
            }
        };
        stopped.context("cannot stop the database")
    }
}
