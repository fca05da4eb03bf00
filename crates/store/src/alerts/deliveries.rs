//! What is to be sent to webhooks: claimed before it is sent, so that attempts are counted whatever
//! becomes of the sender, and settled after.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    Webhook,
    events::{self, AlertEvent},
};
use crate::{Lease, Result, Store, leases, time::to_ms};

/// How far a delivery is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryProgress {
    /// `pending`, `delivered` or `failed`.
    pub state: String,
    /// Attempts that were begun.
    pub attempts: i32,
    /// The next attempt, while it is pending.
    pub next_attempt_ms: Option<i64>,
    /// When it was delivered.
    pub delivered_at_ms: Option<i64>,
    /// Status of the last answer.
    pub http_status: Option<i32>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// An event to be sent now.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The event.
    pub event: AlertEvent,
    /// Where to.
    pub webhook: Webhook,
    /// Number of this attempt, from 1.
    pub attempt: i32,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered {
        /// Status of the answer.
        http_status: i32,
    },
    /// It was not, and is to be tried again after `pause`, or given up without one.
    Failed {
        /// Status of the answer, if there was one.
        http_status: Option<i32>,
        /// Why.
        error: String,
        /// When to try again.
        pause: Option<Duration>,
    },
}

/// Takes up to `limit` deliveries that are due, at most one of each rule and that its first, so that a receiver hears
/// of a rule's events in their order. Until it is settled, or for `hold`, nobody is given it again.
///
/// # Errors
/// [`StoreError::LeaseLost`](crate::StoreError::LeaseLost) when somebody else delivers now.
pub async fn claim(
    store: &Store,
    lease: &Lease,
    limit: u32,
    hold: Duration,
) -> Result<Vec<Delivery>> {
    let mut transaction = store.write_pool().begin().await?;
    leases::guard(&mut transaction, lease).await?;
    let claimed: Vec<(i64, String, Option<String>, i32)> = sqlx::query_as(
        "UPDATE alert_deliveries SET attempts = attempts + 1, next_attempt = clock_timestamp() + $2
         WHERE event_id IN (
             SELECT event_id FROM (
                 SELECT DISTINCT ON (rule_id) event_id, next_attempt FROM alert_deliveries
                 WHERE state = 'pending' ORDER BY rule_id, event_id) AS first
             WHERE next_attempt <= clock_timestamp() ORDER BY next_attempt LIMIT $1)
         RETURNING event_id, url, secret, attempts",
    )
    .bind(i64::from(limit))
    .bind(crate::time::interval(
        i64::try_from(hold.as_millis()).unwrap_or(i64::MAX),
    ))
    .fetch_all(&mut *transaction)
    .await?;
    let ids: Vec<i64> = claimed.iter().map(|(event_id, ..)| *event_id).collect();
    let rows: Vec<events::Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{} WHERE e.event_id = ANY($1)",
        events::SELECT
    )))
    .bind(ids)
    .fetch_all(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let mut known: std::collections::HashMap<i64, AlertEvent> = rows
        .into_iter()
        .map(AlertEvent::from)
        .map(|event| (event.event_id, event))
        .collect();
    Ok(claimed
        .into_iter()
        .filter_map(|(event_id, url, secret, attempt)| {
            Some(Delivery {
                event: known.remove(&event_id)?,
                webhook: Webhook { url, secret },
                attempt,
            })
        })
        .collect())
}

/// Makes everything that is pending due now: to be called by a new holder of the lease, as nobody settles what
/// the one before him had claimed.
///
/// # Errors
/// As for [`claim`].
pub async fn take_over(store: &Store, lease: &Lease) -> Result<()> {
    let mut transaction = store.write_pool().begin().await?;
    leases::guard(&mut transaction, lease).await?;
    sqlx::query(
        "UPDATE alert_deliveries SET next_attempt = clock_timestamp()
         WHERE state = 'pending' AND next_attempt > clock_timestamp()",
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// When the next delivery is due; `None` when there is none to come.
///
/// # Errors
/// Only those of the database.
pub async fn next_due_in(store: &Store) -> Result<Option<Duration>> {
    let due: Option<(DateTime<Utc>, DateTime<Utc>)> = sqlx::query_as(
        "SELECT next_attempt, clock_timestamp() FROM (
             SELECT DISTINCT ON (rule_id) next_attempt FROM alert_deliveries
             WHERE state = 'pending' ORDER BY rule_id, event_id) AS first
         ORDER BY next_attempt LIMIT 1",
    )
    .fetch_optional(store.write_pool())
    .await?;
    Ok(due.map(|(next, now)| {
        Duration::from_millis(u64::try_from(to_ms(next) - to_ms(now)).unwrap_or(0))
    }))
}

/// Records what became of an attempt. Once there is nothing more to send, the secret is forgotten.
///
/// # Errors
/// As for [`claim`]; then it is sent again by whoever claims it next.
pub async fn settle(store: &Store, lease: &Lease, event_id: i64, outcome: &Outcome) -> Result<()> {
    let mut transaction = store.write_pool().begin().await?;
    leases::guard(&mut transaction, lease).await?;
    let (state, http_status, error, pause) = match outcome {
        Outcome::Delivered { http_status } => ("delivered", Some(*http_status), None, None),
        Outcome::Failed {
            http_status,
            error,
            pause,
        } => {
            let state = if pause.is_some() { "pending" } else { "failed" };
            (state, *http_status, Some(error.as_str()), *pause)
        }
    };
    sqlx::query(
        "UPDATE alert_deliveries SET state = $2, http_status = $3, error = $4,
             next_attempt = clock_timestamp() + $5,
             delivered_at = CASE WHEN $2 = 'delivered' THEN clock_timestamp() END,
             secret = CASE WHEN $2 = 'pending' THEN secret END
         WHERE event_id = $1 AND state = 'pending'",
    )
    .bind(event_id)
    .bind(state)
    .bind(http_status)
    .bind(error)
    .bind(crate::time::interval(
        i64::try_from(pause.unwrap_or_default().as_millis()).unwrap_or(i64::MAX),
    ))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}
