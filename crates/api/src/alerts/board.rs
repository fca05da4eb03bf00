//! What the evaluator writes: one at a time, events at once, everything else together once a second.

use std::{collections::HashMap, time::Duration};

use service::Backoff;
use store::{
    Lease, Result, Store, StoreError,
    alerts::{NewEvent, RuleDefinition, RuleState, states},
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, sleep_until},
};

const SAVE_PAUSE: Duration = Duration::from_secs(1);
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_MOST: Duration = Duration::from_secs(2);

/// Where rules stand that is not stored yet: without it a restart would evaluate some bars again, and come to the
/// same.
#[derive(Debug)]
pub(super) struct Board {
    store: Store,
    lease: Lease,
    unsaved: Mutex<HashMap<i64, RuleState>>,
}

impl Board {
    pub(super) fn new(store: Store, lease: Lease) -> Self {
        Self {
            store,
            lease,
            unsaved: Mutex::default(),
        }
    }

    /// Notes where a rule stands.
    pub(super) async fn note(&self, state: RuleState) {
        self.unsaved.lock().await.insert(state.rule_id, state);
    }

    /// Stores what a rule told with where it stands now, however long the database takes. `false`: the rule has been
    /// changed, and nothing is stored.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], and what no other attempt would mend.
    pub(super) async fn tell(
        &self,
        rule: &RuleDefinition,
        state: &RuleState,
        told: &[NewEvent],
    ) -> Result<bool> {
        // Held meanwhile, so that no older state is saved after this one.
        let mut unsaved = self.unsaved.lock().await;
        unsaved.remove(&state.rule_id);
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        loop {
            match states::advance(&self.store, &self.lease, rule, state, told).await {
                Err(error) if error.is_transient() => {
                    tracing::warn!(%error, rule = state.rule_id, "an alert could not be stored yet");
                    sleep(backoff.next_delay()).await;
                }
                stored => return stored,
            }
        }
    }

    /// Stores what is noted.
    ///
    /// # Errors
    /// Those of the store; then it is noted still.
    pub(super) async fn save(&self) -> Result<()> {
        let mut unsaved = self.unsaved.lock().await;
        let states: Vec<RuleState> = unsaved.values().cloned().collect();
        states::save(&self.store, &self.lease, &states).await?;
        unsaved.clear();
        Ok(())
    }

    /// Saves now and then, until the lease is lost.
    pub(super) async fn save_regularly(&self) -> StoreError {
        let mut next = Instant::now();
        loop {
            next += SAVE_PAUSE;
            sleep_until(next).await;
            match self.save().await {
                Err(error @ StoreError::LeaseLost(_)) => return error,
                Err(error) => tracing::debug!(%error, "states of alerts could not be saved"),
                Ok(()) => {}
            }
            next = next.max(Instant::now());
        }
    }
}
