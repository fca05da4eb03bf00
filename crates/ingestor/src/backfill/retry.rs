//! Doing a thing until it works, or until it cannot.

use std::time::Duration;

use service::Backoff;
use store::StoreError;

use super::Backfill;
use crate::{attempt::attempt, rest::RestError, venue::Venue};

/// Under which name the back-fill speaks to the user.
const ABOUT: &str = "back-fill";

/// Why something was given up.
#[derive(Debug, thiserror::Error)]
pub(super) enum GaveUp {
    /// The ingestor stops.
    #[error("the ingestor stops")]
    Stopped,
    /// The exchange refuses for good.
    #[error(transparent)]
    Rest(RestError),
}

impl<V: Venue> Backfill<V> {
    /// Asks the exchange again and again, at most `attempts` times if that is given.
    pub(super) async fn ask<T, F: Future<Output = Result<T, RestError>>>(
        &self,
        attempts: Option<u32>,
        mut call: impl FnMut() -> F,
    ) -> Result<T, GaveUp> {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(60));
        for attempt in 1.. {
            let called = tokio::select! {
                () = self.shutdown.cancelled() => return Err(GaveUp::Stopped),
                called = call() => called,
            };
            let error = match called {
                Ok(value) => {
                    self.shared.clear_note(ABOUT);
                    return Ok(value);
                }
                Err(error) => error,
            };
            if !error.is_transient() || attempts.is_some_and(|most| attempt >= most) {
                return Err(GaveUp::Rest(error));
            }
            self.shared.note(ABOUT, error.to_string());
            let wait = match error {
                RestError::Restricted { .. } => self.restricted_retry,
                // The budget itself waits for as long as the exchange said.
                RestError::Limited { .. } => Duration::ZERO,
                _ => backoff.next_delay(),
            };
            tracing::warn!(event = "rest_call_failed", %error, retry_in_ms = wait.as_millis());
            self.pause(wait).await?;
        }
        unreachable!("the loop ends by returning")
    }

    /// Does something with the database until it works.
    pub(super) async fn store<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        mut call: impl FnMut() -> F,
    ) -> Result<T, GaveUp> {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        loop {
            let stored = tokio::select! {
                () = self.late.cancelled() => return Err(GaveUp::Stopped),
                stored = attempt(call()) => stored,
            };
            match stored {
                Ok(value) => return Ok(value),
                Err(error) => {
                    let wait = backoff.next_delay();
                    tracing::warn!(event = "backfill_write_failed", %error, retry_in_ms = wait.as_millis());
                    self.pause(wait).await?;
                }
            }
        }
    }

    pub(super) async fn pause(&self, wait: Duration) -> Result<(), GaveUp> {
        tokio::select! {
            () = self.shutdown.cancelled() => Err(GaveUp::Stopped),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }
}
