//! The time as holder of the lease.

use std::time::{Duration, Instant};

use service::{Backoff, Health};
use store::{Lease, Result, Store, StoreError, leases};
use tokio_util::sync::CancellationToken;

use crate::{Config, cycle, meters};

/// A refresh under way at shutdown gets so long to end; what it has not done, the next start does.
const FINISH_PATIENCE: Duration = Duration::from_secs(4);
const RELEASE_PATIENCE: Duration = Duration::from_secs(1);

/// Works until `shutdown`, or until the lease is lost or the database fails.
///
/// # Errors
/// What the database said, when it was not transient.
pub(crate) async fn serve(
    store: &Store,
    lease: &Lease,
    config: &Config,
    health: &Health,
    shutdown: &CancellationToken,
) -> Result<()> {
    let renewal = renew(store, lease, config.lease_ttl());
    let work = work(store, lease, config, health, shutdown);
    let finish = async {
        shutdown.cancelled().await;
        tokio::time::sleep(FINISH_PATIENCE).await;
    };
    let result = tokio::select! {
        result = work => result,
        () = renewal => Err(StoreError::LeaseLost(lease.name.clone())),
        () = finish => {
            tracing::warn!(event = "refresh_abandoned", "a refresh did not end in time; the next start completes it");
            Ok(())
        }
    };
    if !matches!(result, Err(StoreError::LeaseLost(_))) {
        // A standby takes over at once.
        match tokio::time::timeout(RELEASE_PATIENCE, leases::release(store, lease)).await {
            Ok(Ok(())) => tracing::info!(event = "lease_released", epoch = lease.epoch),
            Ok(Err(error)) => tracing::debug!(event = "lease_not_released", %error),
            Err(_) => tracing::debug!(event = "lease_not_released", "the database did not answer"),
        }
    }
    result
}

/// Refreshes and keeps up until `shutdown`; a transient failure is retried here, so that the holder stays the holder.
async fn work(
    store: &Store,
    lease: &Lease,
    config: &Config,
    health: &Health,
    shutdown: &CancellationToken,
) -> Result<()> {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    let mut upkeep_at = Instant::now();
    while !shutdown.is_cancelled() {
        let round = async {
            let much_left = cycle::refresh(store, lease).await?;
            if Instant::now() >= upkeep_at {
                cycle::upkeep(store, lease, config).await?;
                upkeep_at = Instant::now() + config.upkeep_interval();
            }
            Ok(much_left)
        };
        let pause = match round.await {
            Ok(much_left) => {
                health.ready("refresh");
                backoff.reset();
                if much_left {
                    Duration::ZERO
                } else {
                    config.refresh_interval()
                }
            }
            Err(error @ (StoreError::LeaseLost(_) | StoreError::SchemaTooOld { .. })) => {
                return Err(error);
            }
            Err(error) => {
                meters::cycle_failed();
                health.not_ready("refresh", error.to_string());
                if error.is_transient() {
                    tracing::warn!(event = "cycle_failed", %error);
                } else {
                    tracing::error!(event = "cycle_failed", %error);
                }
                backoff.next_delay()
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

/// Renews three times per term. Returns when the lease is lost or may be, whatever the cycle is doing at that moment.
async fn renew(store: &Store, lease: &Lease, ttl: Duration) {
    let mut valid_until = Instant::now() + ttl;
    let mut pause = ttl / 3;
    loop {
        tokio::time::sleep(pause).await;
        let asked = Instant::now();
        // No answer is as good as none in time.
        let answer = tokio::time::timeout(ttl / 3, leases::renew(store, lease, ttl)).await;
        match answer {
            Ok(Ok(())) => {
                valid_until = asked + ttl;
                pause = ttl / 3;
                continue;
            }
            Ok(Err(error @ StoreError::LeaseLost(_))) => {
                tracing::warn!(event = "lease_lost", %error);
                break;
            }
            Ok(Err(error)) => tracing::warn!(event = "lease_not_renewed", %error),
            Err(_) => tracing::warn!(
                event = "lease_not_renewed",
                "the database did not answer in time"
            ),
        }
        pause = ttl / 10;
        if Instant::now() + pause >= valid_until {
            tracing::warn!(
                event = "lease_expired",
                "the database was away for longer than the lease lasts"
            );
            break;
        }
    }
    meters::lease_lost();
}
