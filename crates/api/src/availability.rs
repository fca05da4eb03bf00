//! Whether the database can be used, found out once for the whole process on a connection of its own.
//!
//! What it says is for everybody, so the cause, which may name hosts and users, goes to the log alone.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use service::{Backoff, Health};
use store::{SCHEMA_VERSION, StoreError, probe::Probe};
use tokio::sync::watch;

use crate::problem::ApiError;

/// How often the database is asked whether it is still there.
const CHECK_PAUSE: Duration = Duration::from_millis(250);
/// The same while it is not.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(1);

/// What is known of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has not been asked yet.
    Unknown,
    /// It answers, and its schema has all that this version needs; a newer one only adds to it.
    Usable,
    /// It does not answer.
    Away,
    /// It answers, with a schema of this older version.
    SchemaTooOld(i64),
}

/// The verdict as it changes. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Availability(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    verdict: watch::Sender<Verdict>,
    answered: Mutex<Option<Instant>>,
    /// How long the database may take to answer, and a request waits for a connection.
    patience: Duration,
}

impl Availability {
    pub(crate) fn new(patience: Duration) -> Self {
        Self(Arc::new(Inner {
            verdict: watch::Sender::new(Verdict::Unknown),
            answered: Mutex::new(None),
            patience,
        }))
    }

    pub(crate) fn verdict(&self) -> Verdict {
        *self.0.verdict.borrow()
    }

    /// Waits until the database can be used, or it is known why not.
    ///
    /// # Errors
    /// With the reason.
    pub(crate) async fn known(&self) -> Result<(), String> {
        let mut verdict = self.0.verdict.subscribe();
        // The sender is part of this, so it is there.
        let _ = verdict
            .wait_for(|verdict| *verdict != Verdict::Unknown)
            .await;
        reason(self.verdict()).map_or(Ok(()), Err)
    }

    /// Waits until the database does not answer.
    pub(crate) async fn away(&self) {
        let mut verdict = self.0.verdict.subscribe();
        // The sender is part of this, so it is there.
        let _ = verdict.wait_for(|verdict| *verdict == Verdict::Away).await;
    }

    /// Whether it has answered while somebody waited in vain for one of its connections: then it is busy.
    pub(crate) fn answered_lately(&self) -> bool {
        self.0
            .answered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|at| at.elapsed() < self.0.patience.mul_f64(0.9))
    }

    /// Keeps the verdict, and `/health/ready`, true to the database. Never returns.
    pub(crate) async fn watch(self, mut probe: Probe, health: Health) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        let mut late = false;
        loop {
            let asked = probe.ask(self.0.patience).await;
            // One late answer is what a machine that is busy gives; queries under way are not worth nothing yet.
            let was_late =
                std::mem::replace(&mut late, matches!(asked, Err(StoreError::Timeout(_))));
            if late && !was_late {
                continue;
            }
            let verdict = match &asked {
                Ok(found) if *found < SCHEMA_VERSION => Verdict::SchemaTooOld(*found),
                Ok(_) => Verdict::Usable,
                Err(_) => Verdict::Away,
            };
            if asked.is_ok() {
                *self
                    .0
                    .answered
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            }
            let before = self.0.verdict.send_replace(verdict);
            if before != verdict {
                tell(before, verdict, asked.err());
            }
            match reason(verdict) {
                Some(reason) => health.not_ready("database", reason),
                None => health.ready("database"),
            }
            let pause = if verdict == Verdict::Away {
                backoff.next_delay()
            } else {
                backoff.reset();
                CHECK_PAUSE
            };
            tokio::time::sleep(pause).await;
        }
    }
}

/// Says in the log what has changed.
fn tell(before: Verdict, now: Verdict, cause: Option<StoreError>) {
    let wanted = SCHEMA_VERSION;
    match now {
        Verdict::Unknown => {}
        Verdict::Usable if before == Verdict::Unknown => {
            tracing::info!(event = "database_usable");
        }
        Verdict::Usable => tracing::info!(event = "database_back"),
        Verdict::Away => {
            let error = cause.map(|error| error.to_string()).unwrap_or_default();
            tracing::warn!(event = "database_away", error);
        }
        Verdict::SchemaTooOld(found) => {
            tracing::warn!(
                event = "schema_too_old",
                found,
                wanted,
                "waiting for the aggregator"
            );
        }
    }
}

/// What keeps the server from being ready.
fn reason(verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Usable => None,
        Verdict::Unknown => Some("it has not answered yet".to_owned()),
        Verdict::Away => Some("it does not answer".to_owned()),
        Verdict::SchemaTooOld(found) => Some(schema_detail(found)),
    }
}

/// What is wrong with a schema of that version, and what is to be done.
pub(crate) fn schema_detail(found: i64) -> String {
    format!(
        "its schema is at version {found}, {SCHEMA_VERSION} is needed: the aggregator migrates it"
    )
}

impl Verdict {
    /// Why a call cannot be answered now, if it cannot.
    pub(crate) fn refusal(self) -> Option<ApiError> {
        match self {
            Self::Unknown | Self::Usable => None,
            Self::Away => Some(ApiError::DatabaseAway("it does not answer".to_owned())),
            Self::SchemaTooOld(found) => Some(ApiError::SchemaTooOld(found)),
        }
    }
}
