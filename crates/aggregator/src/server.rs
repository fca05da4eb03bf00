//! The loop around everything: migrate, become the holder, work.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use service::{Backoff, Health, ops};
use store::{
    Lease, Result, Store, StoreError, leases,
    roles::{self, Login},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Config, meters,
    tenure::{Office, Term},
};

/// Name of the lease under which an aggregator works.
pub const LEASE: &str = "aggregator";

/// Between two attempts to reach the database.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// An aggregator with its operations server bound, not working yet.
#[derive(Debug)]
pub struct Server {
    config: Config,
    logins: Vec<Login>,
    store: Store,
    listener: Option<TcpListener>,
    health: Health,
}

impl Server {
    /// Binds the operations server, if there is to be one. The database need not be there.
    ///
    /// # Errors
    /// When the address is taken, or when the database URL makes no sense.
    pub async fn bind(config: Config) -> anyhow::Result<Self> {
        let logins = config.logins()?;
        let store = Store::connect_lazy(&config.urls()?, &config.pools())
            .context("cannot use --database-url (DATABASE_URL)")?;
        let listener = match config.ops_bind {
            Some(address) => Some(TcpListener::bind(address).await.with_context(|| {
                format!("cannot serve metrics on {address}: choose another address with --ops-bind or OPS_BIND")
            })?),
            None => None,
        };
        let health = Health::default();
        health.not_ready("database", "not reached yet");
        Ok(Self {
            config,
            logins,
            store,
            listener,
            health,
        })
    }

    /// The address of the operations server, none without one.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.listener
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
    }

    /// What it is not ready for and why. A standby is ready.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Works until `shutdown`; a refresh under way then gets four seconds to end.
    ///
    /// # Errors
    /// When the operations server fails.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let Self {
            config,
            logins,
            store,
            listener,
            health,
        } = self;
        meters::describe();
        let work = async {
            work(&store, &config, &logins, &health, &shutdown).await;
            Ok(())
        };
        let serve = async {
            match listener {
                Some(listener) => ops::serve(listener, health.clone(), shutdown.clone())
                    .await
                    .context("the operations server failed"),
                None => Ok(()),
            }
        };
        tokio::try_join!(work, serve)?;
        // A connection that is still waited for must not hold the process.
        if tokio::time::timeout(Duration::from_secs(1), store.close())
            .await
            .is_err()
        {
            tracing::debug!(event = "connections_abandoned");
        }
        tracing::info!(event = "stopped");
        Ok(())
    }
}

async fn work(
    store: &Store,
    config: &Config,
    logins: &[Login],
    health: &Health,
    shutdown: &CancellationToken,
) {
    let owner = owner();
    let term = Term::new(config.lease_ttl());
    let mut backoff = Backoff::new(Duration::from_millis(100), LONGEST_PAUSE);
    while !shutdown.is_cancelled() {
        let began = Instant::now();
        let candidate = Candidate {
            store,
            config,
            logins,
            health,
            owner: &owner,
            term: &term,
            shutdown,
        };
        let Err(error) = candidate.one_tenure().await else {
            continue;
        };
        if began.elapsed() > LONGEST_PAUSE {
            backoff.reset();
        }
        match &error {
            StoreError::LeaseLost(_) => term.double(),
            error if error.is_transient() => {
                health.not_ready("database", error.to_string());
                tracing::warn!(event = "database_away", %error);
            }
            error => {
                health.not_ready("database", error.to_string());
                tracing::error!(event = "database_failed", %error);
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(backoff.next_delay()) => {}
        }
    }
}

/// Who wants to become the holder, and what it then works with.
struct Candidate<'a> {
    store: &'a Store,
    config: &'a Config,
    logins: &'a [Login],
    health: &'a Health,
    owner: &'a str,
    term: &'a Term,
    shutdown: &'a CancellationToken,
}

impl Candidate<'_> {
    /// From the migration to the end of the lease.
    async fn one_tenure(&self) -> Result<()> {
        let lease = tokio::select! {
            () = self.shutdown.cancelled() => return Ok(()),
            lease = self.become_holder() => lease?,
        };
        tracing::info!(
            event = "lease_acquired",
            epoch = lease.epoch,
            owner = self.owner
        );
        meters::lease_held(true);
        let result = Office {
            store: self.store,
            lease: &lease,
            term: self.term,
            config: self.config,
            health: self.health,
            shutdown: self.shutdown,
        }
        .serve()
        .await;
        meters::lease_held(false);
        result
    }

    async fn become_holder(&self) -> Result<Lease> {
        let flavour = self.store.migrate().await?;
        roles::let_log_in(self.store, self.logins).await?;
        self.health.ready("database");
        tracing::info!(event = "schema_ready", version = store::SCHEMA_VERSION, %flavour);
        let mut standing_by = false;
        loop {
            if let Some(lease) =
                leases::acquire(self.store, LEASE, self.owner, self.term.get()).await?
            {
                return Ok(lease);
            }
            if !standing_by {
                standing_by = true;
                tracing::info!(event = "standing_by", "another aggregator is at work");
            }
            tokio::time::sleep(self.term.usual() / 5).await;
        }
    }
}

/// Unique to this run: a lease is never taken for that of an earlier process, nor of another in this one.
fn owner() -> String {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let started_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    format!("{}:{}:{started_ms}:{run}", host.trim(), std::process::id())
}
