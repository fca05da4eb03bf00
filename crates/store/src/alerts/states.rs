//! Where rules stand, and the one transaction by which one moves.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{
    NewEvent, events, next_change,
    rules::{AlertRule, RuleDefinition},
    tell,
};
use crate::{
    Lease, Result, Store, Table, leases,
    time::{from_ms, to_ms},
};

/// Where a rule stands: all that an evaluator needs to go on from there.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleState {
    /// The rule.
    pub rule_id: i64,
    /// The revision of the rule that it belongs to.
    pub revision: i64,
    /// `normal`, `pending`, `firing` or `recovering`.
    pub state: String,
    /// Since when.
    pub since_ms: Option<i64>,
    /// Side of the breach: 1, -1, or 0 without one.
    pub side: i8,
    /// When the breach began.
    pub breach_since_ms: Option<i64>,
    /// No alert before.
    pub cooldown_until_ms: Option<i64>,
    /// Number of the last episode.
    pub episode: i64,
    /// The figure when it was last evaluated.
    pub value: Option<f64>,
    /// When that was.
    pub value_time_ms: Option<i64>,
    /// Start of the last closed bar that was evaluated.
    pub evaluated_ms: Option<i64>,
    /// Whether the rule waits for the feed.
    pub silenced: bool,
    /// Why it cannot be evaluated.
    pub problem: Option<String>,
}

impl RuleState {
    /// Of a rule that was never evaluated.
    #[must_use]
    pub fn new(rule_id: i64, revision: i64) -> Self {
        Self {
            rule_id,
            revision,
            state: "normal".to_owned(),
            since_ms: None,
            side: 0,
            breach_since_ms: None,
            cooldown_until_ms: None,
            episode: 0,
            value: None,
            value_time_ms: None,
            evaluated_ms: None,
            silenced: false,
            problem: None,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    rule_id: i64,
    revision: i64,
    state: String,
    since: Option<DateTime<Utc>>,
    side: i16,
    breach_since: Option<DateTime<Utc>>,
    cooldown_until: Option<DateTime<Utc>>,
    episode: i64,
    value: Option<f64>,
    value_time: Option<DateTime<Utc>>,
    evaluated: Option<DateTime<Utc>>,
    silenced: bool,
    problem: Option<String>,
    change_id: i64,
}

impl From<Row> for RuleState {
    fn from(row: Row) -> Self {
        Self {
            rule_id: row.rule_id,
            revision: row.revision,
            state: row.state,
            since_ms: row.since.map(to_ms),
            side: row.side.signum() as i8,
            breach_since_ms: row.breach_since.map(to_ms),
            cooldown_until_ms: row.cooldown_until.map(to_ms),
            episode: row.episode,
            value: row.value,
            value_time_ms: row.value_time.map(to_ms),
            evaluated_ms: row.evaluated.map(to_ms),
            silenced: row.silenced,
            problem: row.problem,
        }
    }
}

const COLUMNS: &str =
    "rule_id, revision, state, since, side, breach_since, cooldown_until, episode,
    value, value_time, evaluated, silenced, problem, change_id";

pub(super) async fn all(store: &Store) -> Result<HashMap<i64, RuleState>> {
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM alert_states"
    )))
    .fetch_all(store.write_pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.rule_id, row.into()))
        .collect())
}

pub(super) async fn of(store: &Store, rule_id: i64) -> Result<Option<RuleState>> {
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM alert_states WHERE rule_id = $1"
    )))
    .bind(rule_id)
    .fetch_optional(store.write_pool())
    .await?;
    Ok(row.map(Into::into))
}

/// The states that changed after this change, and the newest change. Changes are numbered in the order of
/// commits; 0 stands before all.
///
/// # Errors
/// Only those of the database.
pub async fn changed_after(store: &Store, change_id: i64) -> Result<(Vec<RuleState>, i64)> {
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM alert_states WHERE change_id > $1 ORDER BY rule_id"
    )))
    .bind(change_id)
    .fetch_all(store.write_pool())
    .await?;
    let newest = rows.iter().map(|row| row.change_id).max();
    Ok((
        rows.into_iter().map(Into::into).collect(),
        newest.unwrap_or(change_id),
    ))
}

/// The newest change and the newest event, at one moment; 0 before the first.
///
/// # Errors
/// Only those of the database.
pub async fn newest(store: &Store) -> Result<(i64, i64)> {
    Ok(sqlx::query_as(
        "SELECT (SELECT change_id FROM alert_changes),
             (SELECT coalesce(max(event_id), 0) FROM alert_events)",
    )
    .fetch_one(store.write_pool())
    .await?)
}

/// Stores what a rule told together with where it stands now, and the deliveries. An event that is there
/// already, by rule, episode and kind, is not stored again.
///
/// Nothing is stored when the rule has been changed since: its revision is not that of `state`. Then the
/// answer is `false`, and the caller reads the rules again.
///
/// # Errors
/// [`StoreError::LeaseLost`](crate::StoreError::LeaseLost) when somebody else evaluates now, and those of the
/// database: then nothing is stored.
pub async fn advance(
    store: &Store,
    lease: &Lease,
    rule: &RuleDefinition,
    state: &RuleState,
    told: &[NewEvent],
) -> Result<bool> {
    let mut transaction = store.write_pool().begin().await?;
    leases::guard(&mut transaction, lease).await?;
    let change_id = next_change(&mut transaction).await?;
    // Held until the commit, so that nobody changes the rule meanwhile.
    let revision: Option<i64> =
        sqlx::query_scalar("SELECT revision FROM alert_rules WHERE rule_id = $1 FOR SHARE")
            .bind(state.rule_id)
            .fetch_optional(&mut *transaction)
            .await?;
    if revision != Some(state.revision) {
        return Ok(false);
    }
    write(&mut transaction, std::slice::from_ref(state), change_id).await?;
    for event in told {
        events::insert(&mut transaction, rule, state.rule_id, event).await?;
    }
    tell(&mut transaction, &[Table::Alerts]).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Stores where rules stand that have told nothing. Rules that were changed since are left out.
///
/// # Errors
/// As for [`advance`].
pub async fn save(store: &Store, lease: &Lease, states: &[RuleState]) -> Result<()> {
    if states.is_empty() {
        return Ok(());
    }
    let mut transaction = store.write_pool().begin().await?;
    leases::guard(&mut transaction, lease).await?;
    let change_id = next_change(&mut transaction).await?;
    write(&mut transaction, states, change_id).await?;
    tell(&mut transaction, &[Table::Alerts]).await?;
    transaction.commit().await?;
    Ok(())
}

/// Removes a deleted rule, once the end of what it told is stored.
///
/// # Errors
/// As for [`advance`].
pub async fn remove(
    store: &Store,
    lease: &Lease,
    rule: &AlertRule,
    end: Option<&NewEvent>,
) -> Result<()> {
    let mut transaction = store.write_pool().begin().await?;
    leases::guard(&mut transaction, lease).await?;
    next_change(&mut transaction).await?;
    if let Some(event) = end {
        events::insert(&mut transaction, &rule.definition, rule.rule_id, event).await?;
    }
    sqlx::query("DELETE FROM alert_rules WHERE rule_id = $1 AND deleted_at IS NOT NULL")
        .bind(rule.rule_id)
        .execute(&mut *transaction)
        .await?;
    tell(&mut transaction, &[Table::AlertRules, Table::Alerts]).await?;
    transaction.commit().await?;
    Ok(())
}

async fn write(transaction: &mut PgConnection, states: &[RuleState], change_id: i64) -> Result<()> {
    let times = |of: fn(&RuleState) -> Option<i64>| -> Vec<Option<DateTime<Utc>>> {
        states.iter().map(|state| of(state).map(from_ms)).collect()
    };
    sqlx::query(
        "INSERT INTO alert_states AS s (rule_id, revision, state, since, side, breach_since, cooldown_until,
             episode, value, value_time, evaluated, silenced, problem, change_id)
         SELECT new.*, $14
         FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::smallint[],
             $6::timestamptz[], $7::timestamptz[], $8::bigint[], $9::float8[], $10::timestamptz[],
             $11::timestamptz[], $12::boolean[], $13::text[])
             AS new (rule_id, revision, state, since, side, breach_since, cooldown_until, episode, value,
                 value_time, evaluated, silenced, problem)
         JOIN alert_rules r USING (rule_id, revision)
         ON CONFLICT (rule_id) DO UPDATE SET
             revision = excluded.revision, state = excluded.state, since = excluded.since, side = excluded.side,
             breach_since = excluded.breach_since, cooldown_until = excluded.cooldown_until,
             episode = excluded.episode, value = excluded.value, value_time = excluded.value_time,
             evaluated = excluded.evaluated, silenced = excluded.silenced, problem = excluded.problem,
             change_id = excluded.change_id",
    )
    .bind(states.iter().map(|s| s.rule_id).collect::<Vec<_>>())
    .bind(states.iter().map(|s| s.revision).collect::<Vec<_>>())
    .bind(states.iter().map(|s| s.state.as_str()).collect::<Vec<_>>())
    .bind(times(|s| s.since_ms))
    .bind(states.iter().map(|s| i16::from(s.side)).collect::<Vec<_>>())
    .bind(times(|s| s.breach_since_ms))
    .bind(times(|s| s.cooldown_until_ms))
    .bind(states.iter().map(|s| s.episode).collect::<Vec<_>>())
    .bind(states.iter().map(|s| s.value).collect::<Vec<_>>())
    .bind(times(|s| s.value_time_ms))
    .bind(times(|s| s.evaluated_ms))
    .bind(states.iter().map(|s| s.silenced).collect::<Vec<_>>())
    .bind(states.iter().map(|s| s.problem.as_deref()).collect::<Vec<_>>())
    .bind(change_id)
    .execute(transaction)
    .await?;
    Ok(())
}
