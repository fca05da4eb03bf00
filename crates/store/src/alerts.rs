//! Alert rules, where each stands, what they told, and the deliveries of it.
//!
//! Rules are written by whoever serves the API ([`rules`]). States, events and deliveries are written by
//! one evaluator at a time, under a lease that every one of its transactions checks ([`states`], [`events`],
//! [`deliveries`]): what is told, where the rule stands after it, and that it is to be delivered, commit
//! together or not at all.
//!
//! Words (`kind`, `state`, …) are those of the API, which parses them; the schema allows no others.

pub mod deliveries;
pub mod events;
pub mod rules;
pub mod states;

pub use deliveries::{Delivery, DeliveryProgress, Outcome};
pub use events::{AlertEvent, EventFilter, NewEvent};
pub use rules::{AlertRule, Duration, RuleDefinition, Webhook};
pub use states::RuleState;

use sqlx::PgConnection;

use crate::{
    Result,
    events::notify,
    notifications::{Table, table_payloads},
};

/// Key of the advisory lock under which rules are counted and made.
const RULES_LOCK: i64 = 0x5350_5245_4144_0042;
/// Waits for the lock, which ends with the transaction.
async fn lock(transaction: &mut PgConnection, key: i64) -> Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(key)
        .execute(transaction)
        .await?;
    Ok(())
}

/// Number of this transaction among those that write states and events. Until it commits no other is given
/// one, so that these numbers, and ids of events, grow in the order of commits.
async fn next_change(transaction: &mut PgConnection) -> Result<i64> {
    Ok(
        sqlx::query_scalar(
            "UPDATE alert_changes SET change_id = change_id + 1 RETURNING change_id",
        )
        .fetch_one(transaction)
        .await?,
    )
}

/// Tells every process, when the transaction commits, that there is something to read.
async fn tell(transaction: &mut PgConnection, tables: &[Table]) -> Result<()> {
    notify(transaction, &table_payloads(tables)).await
}
