//! The times in which this process holds a lease: waiting for one, keeping it, giving it back.

use std::time::Duration;

use service::Backoff;
use store::{Lease, Result, Store, StoreError, leases};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);
const RELEASE_PATIENCE: Duration = Duration::from_secs(1);

/// What is done by one process at a time, whichever holds the lease of this name.
#[derive(Debug)]
pub(crate) struct Tenure {
    store: Store,
    name: &'static str,
    /// Unique to this process and what it does.
    owner: String,
    /// How long the lease holds without renewal.
    term: Duration,
    backoff: Backoff,
}

impl Tenure {
    pub(crate) fn new(store: Store, name: &'static str, term: Duration) -> Self {
        Self {
            store,
            name,
            owner: format!("{}-{:016x}", std::process::id(), rand::random::<u64>()),
            term,
            backoff: Backoff::new(RETRY_FIRST, RETRY_MOST),
        }
    }

    /// Waits until nobody else holds the lease; `None` when the shutdown comes first.
    pub(crate) async fn begin(&mut self, shutdown: &CancellationToken) -> Option<Lease> {
        while !shutdown.is_cancelled() {
            let asked = leases::acquire(&self.store, self.name, &self.owner, self.term).await;
            let pause = match asked {
                Ok(Some(lease)) => {
                    self.backoff.reset();
                    return Some(lease);
                }
                Ok(None) => self.term / 4,
                Err(error) => {
                    tracing::debug!(%error, lease = self.name, "a lease could not be asked for");
                    self.backoff.next_delay()
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = sleep(pause) => {}
            }
        }
        None
    }

    /// Renews three times a term; returns when the lease is lost or may be.
    pub(crate) async fn until_lost(&self, lease: &Lease) {
        let mut valid_until = Instant::now() + self.term;
        let mut pause = self.term / 3;
        loop {
            sleep(pause).await;
            let asked = Instant::now();
            let left = valid_until.saturating_duration_since(asked);
            match tokio::time::timeout(left, leases::renew(&self.store, lease, self.term)).await {
                Ok(Ok(())) => {
                    valid_until = asked + self.term;
                    pause = self.term / 3;
                }
                Ok(Err(StoreError::LeaseLost(_))) | Err(_) => return,
                Ok(Err(error)) => {
                    tracing::debug!(%error, lease = self.name, "a lease could not be renewed yet");
                    pause = self.term / 10;
                }
            }
        }
    }

    /// Gives the lease back after a last write, so that another process need not wait until it expires.
    pub(crate) async fn give_back(&self, lease: &Lease, last: impl Future<Output = Result<()>>) {
        let give_back = async {
            last.await?;
            leases::release(&self.store, lease).await
        };
        match tokio::time::timeout(RELEASE_PATIENCE, give_back).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, lease = self.name, "a lease was not given back");
            }
            Err(_) => {
                tracing::debug!(
                    lease = self.name,
                    "the database did not take a lease back in time"
                );
            }
        }
    }
}
