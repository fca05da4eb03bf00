//! The time as holder of the lease.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use service::{Backoff, Health};
use store::{Lease, Result, Store, StoreError, leases};
use tokio_util::sync::CancellationToken;

use crate::{Config, cycle, meters};

/// A refresh under way at shutdown gets so long to end; what it has not done, the next start does.
const FINISH_PATIENCE: Duration = Duration::from_secs(4);
const RELEASE_PATIENCE: Duration = Duration::from_secs(1);
const LONGEST_TERM: Duration = Duration::from_secs(600);

/// How long the lease holds without renewal.
///
/// A refresh locks the lease while it works on a level, so that nobody takes it meanwhile; not even we can renew it. After
/// a back-fill a level may take longer than a term. The term therefore doubles when it was too short, until a
/// refresh has come through.
#[derive(Debug)]
pub(crate) struct Term {
    usual: Duration,
    now_ms: AtomicU64,
}

impl Term {
    pub(crate) fn new(usual: Duration) -> Self {
        let term = Self {
            usual,
            now_ms: AtomicU64::new(0),
        };
        term.set(usual);
        term
    }

    pub(crate) fn get(&self) -> Duration {
        Duration::from_millis(self.now_ms.load(Ordering::Relaxed))
    }

    pub(crate) const fn usual(&self) -> Duration {
        self.usual
    }

    pub(crate) fn double(&self) {
        self.set((self.get() * 2).min(LONGEST_TERM).max(self.usual));
    }

    fn reset(&self) {
        self.set(self.usual);
    }

    fn set(&self, to: Duration) {
        self.now_ms.store(
            u64::try_from(to.as_millis()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }
}

/// What a holder works with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Office<'a> {
    pub(crate) store: &'a Store,
    pub(crate) lease: &'a Lease,
    pub(crate) term: &'a Term,
    pub(crate) config: &'a Config,
    pub(crate) health: &'a Health,
    pub(crate) shutdown: &'a CancellationToken,
}

impl Office<'_> {
    /// Works until the shutdown, or until the lease is lost.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or [`StoreError::SchemaTooOld`] when the schema has gone.
    pub(crate) async fn serve(self) -> Result<()> {
        let finish = async {
            self.shutdown.cancelled().await;
            tokio::time::sleep(FINISH_PATIENCE).await;
        };
        let result = tokio::select! {
            result = self.work() => result,
            () = self.renew() => Err(StoreError::LeaseLost(self.lease.name.clone())),
            () = finish => {
                tracing::warn!(event = "refresh_abandoned", "a refresh did not end in time; the next start completes it");
                Ok(())
            }
        };
        if let Err(error @ StoreError::LeaseLost(_)) = &result {
            tracing::warn!(event = "lease_lost", epoch = self.lease.epoch, %error);
            meters::lease_lost();
        } else {
            self.release().await;
        }
        result
    }

    /// Refreshes and keeps up until the shutdown; a transient failure is retried here, so that the holder stays the holder.
    async fn work(self) -> Result<()> {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let mut upkeep_at = Instant::now();
        while !self.shutdown.is_cancelled() {
            let pause = match self.round(&mut upkeep_at).await {
                Ok(much_left) => {
                    self.term.reset();
                    self.health.ready("refresh");
                    backoff.reset();
                    if much_left {
                        Duration::ZERO
                    } else {
                        self.config.refresh_interval()
                    }
                }
                Err(error @ (StoreError::LeaseLost(_) | StoreError::SchemaTooOld { .. })) => {
                    return Err(error);
                }
                Err(error) => {
                    meters::cycle_failed();
                    self.health.not_ready("refresh", error.to_string());
                    if error.is_transient() {
                        tracing::warn!(event = "cycle_failed", %error);
                    } else {
                        tracing::error!(event = "cycle_failed", %error);
                    }
                    backoff.next_delay()
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        Ok(())
    }

    async fn round(self, upkeep_at: &mut Instant) -> Result<bool> {
        let much_left = cycle::refresh(self.store, self.lease).await?;
        if Instant::now() >= *upkeep_at {
            cycle::upkeep(self.store, self.lease, self.config).await?;
            *upkeep_at = Instant::now() + self.config.upkeep_interval();
        }
        Ok(much_left)
    }

    /// Renews three times a term. Returns when the lease is lost or may be, whatever the cycle is doing at that moment.
    async fn renew(self) {
        let mut term = self.term.get();
        let mut valid_until = Instant::now() + term;
        let mut pause = term / 3;
        loop {
            tokio::time::sleep(pause).await;
            term = self.term.get();
            let asked = Instant::now();
            let left = valid_until.saturating_duration_since(asked);
            match tokio::time::timeout(left, leases::renew(self.store, self.lease, term)).await {
                Ok(Ok(())) => {
                    valid_until = asked + term;
                    pause = term / 3;
                }
                Ok(Err(StoreError::LeaseLost(_))) => return,
                Ok(Err(error)) => {
                    tracing::warn!(event = "lease_not_renewed", %error);
                    pause = term / 10;
                    if Instant::now() + pause >= valid_until {
                        return;
                    }
                }
                // A level that takes long, or a database that does not answer.
                Err(_) => return,
            }
        }
    }

    /// A standby takes over at once instead of at the end of the term.
    async fn release(self) {
        match tokio::time::timeout(RELEASE_PATIENCE, leases::release(self.store, self.lease)).await
        {
            Ok(Ok(())) => tracing::info!(event = "lease_released", epoch = self.lease.epoch),
            Ok(Err(error)) => tracing::debug!(event = "lease_not_released", %error),
            Err(_) => tracing::debug!(event = "lease_not_released", "the database did not answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_that_is_too_short_doubles_up_to_a_bound_until_a_refresh_comes_through() {
        let term = Term::new(Duration::from_secs(10));
        term.double();
        assert_eq!(term.get(), Duration::from_secs(20));
        for _ in 0..20 {
            term.double();
        }
        assert_eq!(term.get(), LONGEST_TERM);
        term.reset();
        assert_eq!(term.get(), Duration::from_secs(10));
    }
}
