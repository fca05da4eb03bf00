//! Sends what is stored to webhooks, until each delivery is taken or given up.

use std::{sync::Arc, time::Duration};

use rand::RngExt;
use service::Backoff;
use store::{
    Lease, Result, Store, StoreError,
    alerts::{Delivery, Outcome, deliveries},
};
use tokio::{task::JoinSet, time::sleep};

use super::{tell, webhook::Sender};
use crate::hub::signal::Signal;

/// Deliveries under way at once.
const MOST_AT_ONCE: usize = 8;
/// A delivery that was claimed and could not be settled is claimed again after so long: longer than an attempt
/// takes. Whoever takes over the lease does not wait for it.
const HOLD: Duration = Duration::from_secs(20);
/// Attempts, the first included. The last comes after about half an hour.
const MOST_ATTEMPTS: i32 = 8;
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MOST: Duration = Duration::from_secs(900);
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

pub(super) struct Deliverer {
    pub(super) store: Store,
    pub(super) lease: Lease,
    pub(super) sender: Sender,
    pub(super) signal: Arc<Signal>,
}

impl Deliverer {
    /// Sends for ever; returns when the lease is lost. What is under way when this is dropped is sent again by
    /// whoever comes next.
    pub(super) async fn run(self) -> StoreError {
        let mut under_way = JoinSet::new();
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        let mut taken_over = false;
        loop {
            if !taken_over {
                match deliveries::take_over(&self.store, &self.lease).await {
                    Ok(()) => taken_over = true,
                    Err(error @ StoreError::LeaseLost(_)) => return error,
                    Err(error) => tracing::debug!(%error, "deliveries could not be taken over yet"),
                }
            }
            match self.round(&mut under_way).await {
                Ok(()) => backoff.reset(),
                Err(error @ StoreError::LeaseLost(_)) => return error,
                Err(error) => {
                    tracing::warn!(%error, "deliveries could not be read");
                    sleep(backoff.next_delay()).await;
                }
            }
        }
    }

    async fn round(&self, under_way: &mut JoinSet<Result<()>>) -> Result<()> {
        self.signal.take();
        let room = MOST_AT_ONCE - under_way.len();
        if room > 0 {
            let limit = u32::try_from(room).unwrap_or(1);
            for delivery in deliveries::claim(&self.store, &self.lease, limit, HOLD).await? {
                let (store, lease) = (self.store.clone(), self.lease.clone());
                under_way.spawn(deliver(store, lease, self.sender.clone(), delivery));
            }
        }
        let due_in = deliveries::next_due_in(&self.store).await?;
        tokio::select! {
            Some(ended) = under_way.join_next() => ended.unwrap_or(Ok(())),
            () = self.signal.raised() => Ok(()),
            () = at(due_in), if under_way.len() < MOST_AT_ONCE => Ok(()),
        }
    }
}

async fn deliver(store: Store, lease: Lease, sender: Sender, delivery: Delivery) -> Result<()> {
    let (webhook, attempt) = (delivery.webhook, delivery.attempt);
    let mut event = tell::event(delivery.event)?;
    let event_id = event.id;
    // The same in every attempt.
    event.delivery = None;
    let sent = sender
        .send(&webhook.url, webhook.secret.as_deref(), &event, attempt)
        .await;
    let (outcome, label) = match sent {
        Ok(status) => (
            Outcome::Delivered {
                http_status: status.into(),
            },
            "delivered",
        ),
        Err(failure) => {
            let pause = (failure.again && attempt < MOST_ATTEMPTS).then(|| pause(attempt));
            let label = if pause.is_some() {
                "failed"
            } else {
                "given_up"
            };
            tracing::info!(event = event_id, attempt, error = %failure.error, "a webhook was not delivered");
            (
                Outcome::Failed {
                    http_status: failure.http_status.map(i32::from),
                    error: failure.error,
                    pause,
                },
                label,
            )
        }
    };
    metrics::counter!("api_alert_deliveries_total", "outcome" => label).increment(1);
    deliveries::settle(&store, &lease, event_id, &outcome).await
}

/// 1 s, 4 s, 16 s … after the first, second, third attempt, drawn between half and all of it.
fn pause(attempt: i32) -> Duration {
    let exponent = u32::try_from(attempt - 1).unwrap_or(0).min(8);
    let ceiling = PAUSE_FIRST
        .saturating_mul(4_u32.saturating_pow(exponent))
        .min(PAUSE_MOST);
    ceiling.mul_f64(rand::rng().random_range(0.5..=1.0))
}

async fn at(due_in: Option<Duration>) {
    match due_in {
        // Clocks are not alike to the millisecond.
        Some(pause) => sleep(pause + Duration::from_millis(5)).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_bounded_and_further_and_further_apart() {
        let ceilings = [1, 4, 16, 64, 256, 900, 900];
        for (attempt, ceiling) in (1..).zip(ceilings) {
            let pause = pause(attempt);
            let ceiling = Duration::from_secs(ceiling);
            assert!(
                pause <= ceiling && pause >= ceiling / 2,
                "{attempt}: {pause:?}"
            );
        }
        assert_eq!(ceilings.len() as i32 + 1, MOST_ATTEMPTS);
    }
}
