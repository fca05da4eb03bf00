//! What rules told.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::{deliveries::DeliveryProgress, rules::RuleDefinition};
use crate::{
    Result, Store,
    time::{from_ms, to_ms},
};

/// Something to tell, before it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Number of the episode within the rule.
    pub episode: i64,
    /// `fired` or `resolved`.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// When it happened.
    pub time_ms: i64,
    /// Start of the bar that decided.
    pub bar_ms: Option<i64>,
    /// Whether that bar was open.
    pub provisional: bool,
    /// The figure.
    pub value: Option<f64>,
    /// The level that was crossed.
    pub level: f64,
}

/// A stored event.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertEvent {
    /// Its key, which grows in the order of commits.
    pub event_id: i64,
    /// The rule.
    pub rule_id: i64,
    /// What people called it.
    pub rule_name: String,
    /// Which figure it watched.
    pub rule_kind: String,
    /// Parameters of pair analytics by name.
    pub pair: Value,
    /// What it tells.
    pub told: NewEvent,
    /// When it was stored.
    pub stored_at_ms: i64,
    /// How far its delivery is; `None` without webhook.
    pub delivery: Option<DeliveryProgress>,
}

/// Which events to read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventFilter {
    /// Of this rule alone.
    pub rule_id: Option<i64>,
    /// Of this kind alone.
    pub kind: Option<String>,
    /// That happened at or after.
    pub from_ms: Option<i64>,
    /// That happened at or before.
    pub to_ms: Option<i64>,
    /// With a smaller key.
    pub before_id: Option<i64>,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    event_id: i64,
    rule_id: i64,
    rule_name: String,
    rule_kind: String,
    pair: Value,
    episode: i64,
    kind: String,
    reason: String,
    time: DateTime<Utc>,
    bar: Option<DateTime<Utc>>,
    provisional: bool,
    value: Option<f64>,
    level: f64,
    stored_at: DateTime<Utc>,
    delivery_state: Option<String>,
    attempts: Option<i32>,
    next_attempt: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
    http_status: Option<i32>,
    error: Option<String>,
}

impl From<Row> for AlertEvent {
    fn from(row: Row) -> Self {
        Self {
            event_id: row.event_id,
            rule_id: row.rule_id,
            rule_name: row.rule_name,
            rule_kind: row.rule_kind,
            pair: row.pair,
            told: NewEvent {
                episode: row.episode,
                kind: row.kind,
                reason: row.reason,
                time_ms: to_ms(row.time),
                bar_ms: row.bar.map(to_ms),
                provisional: row.provisional,
                value: row.value,
                level: row.level,
            },
            stored_at_ms: to_ms(row.stored_at),
            delivery: row.delivery_state.map(|state| DeliveryProgress {
                next_attempt_ms: row.next_attempt.filter(|_| state == "pending").map(to_ms),
                state,
                attempts: row.attempts.unwrap_or_default(),
                delivered_at_ms: row.delivered_at.map(to_ms),
                http_status: row.http_status,
                error: row.error,
            }),
        }
    }
}

pub(super) const SELECT: &str = "SELECT e.event_id, e.rule_id, e.rule_name, e.rule_kind, e.pair, e.episode, e.kind, e.reason,
        e.time, e.bar, e.provisional, e.value, e.level, e.stored_at, d.state AS delivery_state, d.attempts,
        d.next_attempt, d.delivered_at, d.http_status, d.error
    FROM alert_events e LEFT JOIN alert_deliveries d USING (event_id)";

/// Events, newest first.
///
/// # Errors
/// Only those of the database.
pub async fn newest(store: &Store, filter: &EventFilter, limit: u32) -> Result<Vec<AlertEvent>> {
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT}
         WHERE ($1::bigint IS NULL OR e.rule_id = $1) AND ($2::text IS NULL OR e.kind = $2)
           AND ($3::timestamptz IS NULL OR e.time >= $3) AND ($4::timestamptz IS NULL OR e.time <= $4)
           AND ($5::bigint IS NULL OR e.event_id < $5)
         ORDER BY e.event_id DESC LIMIT $6"
    )))
    .bind(filter.rule_id)
    .bind(filter.kind.as_deref())
    .bind(filter.from_ms.map(from_ms))
    .bind(filter.to_ms.map(from_ms))
    .bind(filter.before_id)
    .bind(i64::from(limit))
    .fetch_all(store.read_pool())
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Events with a greater key, ascending. Read from the primary, as they are read when they are heard of.
///
/// # Errors
/// Only those of the database.
pub async fn after(store: &Store, event_id: i64, limit: u32) -> Result<Vec<AlertEvent>> {
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE e.event_id > $1 ORDER BY e.event_id LIMIT $2"
    )))
    .bind(event_id)
    .bind(i64::from(limit))
    .fetch_all(store.write_pool())
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The newest events, ascending. Read from the primary.
///
/// # Errors
/// Only those of the database.
pub async fn last(store: &Store, limit: u32) -> Result<Vec<AlertEvent>> {
    let mut rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} ORDER BY e.event_id DESC LIMIT $1"
    )))
    .bind(i64::from(limit))
    .fetch_all(store.write_pool())
    .await?;
    rows.reverse();
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Stores an event and, if the rule has a webhook, its delivery.
pub(super) async fn insert(
    transaction: &mut PgConnection,
    rule: &RuleDefinition,
    rule_id: i64,
    event: &NewEvent,
) -> Result<()> {
    let event_id: Option<i64> = sqlx::query_scalar(
        "INSERT INTO alert_events (rule_id, rule_name, rule_kind, pair, episode, kind, reason, time, bar,
             provisional, value, level)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (rule_id, episode, kind) DO NOTHING
         RETURNING event_id",
    )
    .bind(rule_id)
    .bind(&rule.name)
    .bind(&rule.kind)
    .bind(&rule.pair)
    .bind(event.episode)
    .bind(&event.kind)
    .bind(&event.reason)
    .bind(from_ms(event.time_ms))
    .bind(event.bar_ms.map(from_ms))
    .bind(event.provisional)
    .bind(event.value)
    .bind(event.level)
    .fetch_optional(&mut *transaction)
    .await?;
    if let (Some(event_id), Some(webhook)) = (event_id, &rule.webhook) {
        sqlx::query(
            "INSERT INTO alert_deliveries (event_id, rule_id, url, secret) VALUES ($1, $2, $3, $4)",
        )
        .bind(event_id)
        .bind(rule_id)
        .bind(&webhook.url)
        .bind(webhook.secret.as_deref())
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}
