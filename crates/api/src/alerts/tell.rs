//! From what is stored of alerts to what is sent.

use api_types::{
    AlertDelivery, AlertDuration, AlertEvent, AlertRule, AlertRuleStatus, AlertState, PairObject,
    Webhook,
};
use serde_json::Value;
use store::{
    Result, StoreError,
    alerts::{self as stored, RuleState},
};

use super::machine::Standing;

fn word<T: std::str::FromStr>(text: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| StoreError::Corrupt(error.to_string()))
}

fn pair(value: Value) -> Result<PairObject> {
    serde_json::from_value(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

pub(crate) fn rule(rule: stored::AlertRule) -> Result<AlertRule> {
    let status = status(
        &rule
            .state
            .unwrap_or_else(|| RuleState::new(rule.rule_id, rule.revision)),
    )?;
    let definition = rule.definition;
    let count = |number: i32| number.unsigned_abs();
    Ok(AlertRule {
        id: rule.rule_id,
        name: definition.name,
        enabled: definition.enabled,
        kind: word(&definition.kind)?,
        pair: pair(definition.pair)?,
        threshold: definition.threshold,
        exit: definition.exit,
        over: definition.over_bars.map(count),
        duration: match definition.duration {
            stored::Duration::Bars(bars) => AlertDuration::Bars(count(bars)),
            stored::Duration::Seconds(seconds) => AlertDuration::Seconds(count(seconds)),
        },
        cooldown_seconds: count(definition.cooldown_seconds),
        evaluate_on: word(&definition.evaluate_on)?,
        webhook: definition.webhook.map(|webhook| Webhook {
            url: webhook.url,
            signed: webhook.secret.is_some(),
        }),
        created_at: rule.created_at_ms,
        updated_at: rule.updated_at_ms,
        status,
    })
}

pub(crate) fn status(state: &RuleState) -> Result<AlertRuleStatus> {
    Ok(AlertRuleStatus {
        rule_id: state.rule_id,
        state: word(&state.state)?,
        since: state.since_ms,
        value: state.value,
        value_time: state.value_time_ms,
        episode: state.episode,
        cooldown_until: state.cooldown_until_ms,
        silenced: state.silenced,
        problem: state.problem.clone(),
    })
}

pub(crate) fn event(event: stored::AlertEvent) -> Result<AlertEvent> {
    let told = event.told;
    let delivery = event.delivery.map(|delivery| {
        Ok::<_, StoreError>(AlertDelivery {
            state: word(&delivery.state)?,
            attempts: delivery.attempts.unsigned_abs(),
            next_attempt: delivery.next_attempt_ms,
            delivered_at: delivery.delivered_at_ms,
            http_status: delivery
                .http_status
                .and_then(|status| u16::try_from(status).ok()),
            error: delivery.error,
        })
    });
    Ok(AlertEvent {
        id: event.event_id,
        rule_id: event.rule_id,
        rule_name: event.rule_name,
        rule_kind: word(&event.rule_kind)?,
        episode: told.episode,
        kind: word(&told.kind)?,
        reason: word(&told.reason)?,
        time: told.time_ms,
        bar: told.bar_ms,
        provisional: told.provisional,
        value: told.value,
        level: told.level,
        pair: pair(event.pair)?,
        stored_at: event.stored_at_ms,
        delivery: delivery.transpose()?,
    })
}

/// Where a rule stands, from what is stored of it.
pub(super) fn standing(state: &RuleState) -> Result<Standing> {
    Ok(Standing {
        state: word::<AlertState>(&state.state)?,
        since_ms: state.since_ms,
        side: api_types::Side::of_sign(state.side),
        breach_since_ms: state.breach_since_ms,
        cooldown_until_ms: state.cooldown_until_ms,
        episode: state.episode,
    })
}

/// Puts where a rule stands into what is stored of it.
pub(super) fn put_standing(state: &mut RuleState, standing: &Standing) {
    state.state = standing.state.to_string();
    state.since_ms = standing.since_ms;
    state.side = standing.side.map_or(0, api_types::Side::sign);
    state.breach_since_ms = standing.breach_since_ms;
    state.cooldown_until_ms = standing.cooldown_until_ms;
    state.episode = standing.episode;
}
