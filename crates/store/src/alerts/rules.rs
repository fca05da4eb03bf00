//! Rules, as people make them.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{RULES_LOCK, lock, states, tell};
use crate::{Result, Store, StoreError, Table, alerts::RuleState, time::to_ms};

/// What a rule says. Words and ranges have been checked by the API.
#[derive(Clone, PartialEq)]
pub struct RuleDefinition {
    /// What people call it.
    pub name: String,
    /// Whether it is evaluated.
    pub enabled: bool,
    /// Which figure it watches.
    pub kind: String,
    /// Parameters of pair analytics by name: an object.
    pub pair: Value,
    /// A figure at or beyond it is a breach.
    pub threshold: f64,
    /// A figure at or within it ends the episode.
    pub exit: f64,
    /// Against the figure of so many bars ago.
    pub over_bars: Option<i32>,
    /// How long a breach must last.
    pub duration: Duration,
    /// No alert so long after the end of the last one.
    pub cooldown_seconds: i32,
    /// `close` or `provisional`.
    pub evaluate_on: String,
    /// Where events are sent.
    pub webhook: Option<Webhook>,
}

/// How long a breach must last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duration {
    /// Bars of the pair's interval.
    Bars(i32),
    /// Seconds.
    Seconds(i32),
}

/// Where events are sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The receiver.
    pub url: String,
    /// Key of the signature.
    pub secret: Option<String>,
}

/// Neither the URL, which may hold a token, nor the secret is for logs.
impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook")
            .field("signed", &self.secret.is_some())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RuleDefinition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleDefinition")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("pair", &self.pair)
            .finish_non_exhaustive()
    }
}

/// A stored rule with where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRule {
    /// Its key; never used again.
    pub rule_id: i64,
    /// Grows with every change.
    pub revision: i64,
    /// What it says.
    pub definition: RuleDefinition,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it was changed last.
    pub updated_at_ms: i64,
    /// Whether it is deleted, and only its end is still to be told.
    pub deleted: bool,
    /// Where it stands; `None` before its first evaluation.
    pub state: Option<RuleState>,
}

#[derive(sqlx::FromRow)]
struct Row {
    rule_id: i64,
    revision: i64,
    name: String,
    enabled: bool,
    kind: String,
    pair: Value,
    threshold: f64,
    exit_level: f64,
    over_bars: Option<i32>,
    duration_bars: Option<i32>,
    duration_seconds: Option<i32>,
    cooldown_seconds: i32,
    evaluate_on: String,
    webhook_url: Option<String>,
    webhook_secret: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for AlertRule {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        let duration = match (row.duration_bars, row.duration_seconds) {
            (Some(bars), None) => Duration::Bars(bars),
            (None, Some(seconds)) => Duration::Seconds(seconds),
            _ => {
                let rule_id = row.rule_id;
                return Err(StoreError::Corrupt(format!(
                    "alert rule {rule_id} lacks a duration"
                )));
            }
        };
        let secret = row.webhook_secret;
        Ok(Self {
            rule_id: row.rule_id,
            revision: row.revision,
            definition: RuleDefinition {
                name: row.name,
                enabled: row.enabled,
                kind: row.kind,
                pair: row.pair,
                threshold: row.threshold,
                exit: row.exit_level,
                over_bars: row.over_bars,
                duration,
                cooldown_seconds: row.cooldown_seconds,
                evaluate_on: row.evaluate_on,
                webhook: row.webhook_url.map(|url| Webhook { url, secret }),
            },
            created_at_ms: to_ms(row.created_at),
            updated_at_ms: to_ms(row.updated_at),
            deleted: row.deleted_at.is_some(),
            state: None,
        })
    }
}

const COLUMNS: &str =
    "rule_id, revision, name, enabled, kind, pair, threshold, exit_level, over_bars,
    duration_bars, duration_seconds, cooldown_seconds, evaluate_on, webhook_url, webhook_secret,
    created_at, updated_at, deleted_at";

/// All rules, ascending in id; with `deleted` also those of which only the end is still to be told. Read from
/// the primary, as whoever has made a rule looks for it.
///
/// # Errors
/// Only those of the database.
pub async fn list(store: &Store, deleted: bool) -> Result<Vec<AlertRule>> {
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM alert_rules WHERE deleted_at IS NULL OR $1 ORDER BY rule_id"
    )))
    .bind(deleted)
    .fetch_all(store.write_pool())
    .await?;
    let mut known = states::all(store).await?;
    rows.into_iter()
        .map(|row| {
            let mut rule = AlertRule::try_from(row)?;
            rule.state = known.remove(&rule.rule_id);
            Ok(rule)
        })
        .collect()
}

/// The rule of this id, unless it is deleted.
///
/// # Errors
/// Only those of the database.
pub async fn get(store: &Store, rule_id: i64) -> Result<Option<AlertRule>> {
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM alert_rules WHERE rule_id = $1 AND deleted_at IS NULL"
    )))
    .bind(rule_id)
    .fetch_optional(store.write_pool())
    .await?;
    match row {
        None => Ok(None),
        Some(row) => Ok(Some(with_state(store, row).await?)),
    }
}

async fn with_state(store: &Store, row: Row) -> Result<AlertRule> {
    let mut rule = AlertRule::try_from(row)?;
    rule.state = states::of(store, rule.rule_id).await?;
    Ok(rule)
}

/// Makes a rule. `None` when there are `most` already.
///
/// # Errors
/// Only those of the database.
pub async fn insert(
    store: &Store,
    definition: &RuleDefinition,
    most: u32,
) -> Result<Option<AlertRule>> {
    let mut transaction = store.write_pool().begin().await?;
    // Two that are made at once would both find room for one.
    lock(&mut transaction, RULES_LOCK).await?;
    let (bars, seconds) = parts(definition.duration);
    let (url, secret) = webhook(definition);
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "INSERT INTO alert_rules (name, enabled, kind, pair, threshold, exit_level, over_bars, duration_bars,
             duration_seconds, cooldown_seconds, evaluate_on, webhook_url, webhook_secret)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
         WHERE (SELECT count(*) FROM alert_rules WHERE deleted_at IS NULL) < $14
         RETURNING {COLUMNS}"
    )))
    .bind(&definition.name)
    .bind(definition.enabled)
    .bind(&definition.kind)
    .bind(&definition.pair)
    .bind(definition.threshold)
    .bind(definition.exit)
    .bind(definition.over_bars)
    .bind(bars)
    .bind(seconds)
    .bind(definition.cooldown_seconds)
    .bind(&definition.evaluate_on)
    .bind(url)
    .bind(secret)
    .bind(i64::from(most))
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = row else { return Ok(None) };
    tell(&mut transaction, &[Table::AlertRules]).await?;
    transaction.commit().await?;
    Ok(Some(row.try_into()?))
}

/// Puts another definition in the place of a rule's. A webhook without secret keeps the one of before as long as the
/// URL is the same. `None` when there is no such rule.
///
/// # Errors
/// Only those of the database.
pub async fn update(
    store: &Store,
    rule_id: i64,
    definition: &RuleDefinition,
) -> Result<Option<AlertRule>> {
    let mut transaction = store.write_pool().begin().await?;
    let (bars, seconds) = parts(definition.duration);
    let (url, secret) = webhook(definition);
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "UPDATE alert_rules SET revision = revision + 1, name = $2, enabled = $3, kind = $4, pair = $5,
             threshold = $6, exit_level = $7, over_bars = $8, duration_bars = $9, duration_seconds = $10,
             cooldown_seconds = $11, evaluate_on = $12, webhook_url = $13,
             webhook_secret = coalesce($14, CASE WHEN webhook_url = $13 THEN webhook_secret END),
             updated_at = clock_timestamp()
         WHERE rule_id = $1 AND deleted_at IS NULL
         RETURNING {COLUMNS}"
    )))
    .bind(rule_id)
    .bind(&definition.name)
    .bind(definition.enabled)
    .bind(&definition.kind)
    .bind(&definition.pair)
    .bind(definition.threshold)
    .bind(definition.exit)
    .bind(definition.over_bars)
    .bind(bars)
    .bind(seconds)
    .bind(definition.cooldown_seconds)
    .bind(&definition.evaluate_on)
    .bind(url)
    .bind(secret)
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = row else { return Ok(None) };
    tell(&mut transaction, &[Table::AlertRules]).await?;
    transaction.commit().await?;
    Ok(Some(with_state(store, row).await?))
}

/// Deletes a rule; what it was. Its events stay. `None` when there is no such rule.
///
/// # Errors
/// Only those of the database.
pub async fn delete(store: &Store, rule_id: i64) -> Result<Option<AlertRule>> {
    let mut transaction = store.write_pool().begin().await?;
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "UPDATE alert_rules SET revision = revision + 1, deleted_at = clock_timestamp()
         WHERE rule_id = $1 AND deleted_at IS NULL
         RETURNING {COLUMNS}"
    )))
    .bind(rule_id)
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = row else { return Ok(None) };
    tell(&mut transaction, &[Table::AlertRules]).await?;
    transaction.commit().await?;
    Ok(Some(with_state(store, row).await?))
}

const fn parts(duration: Duration) -> (Option<i32>, Option<i32>) {
    match duration {
        Duration::Bars(bars) => (Some(bars), None),
        Duration::Seconds(seconds) => (None, Some(seconds)),
    }
}

fn webhook(definition: &RuleDefinition) -> (Option<&str>, Option<&str>) {
    match &definition.webhook {
        Some(webhook) => (Some(&webhook.url), webhook.secret.as_deref()),
        None => (None, None),
    }
}
