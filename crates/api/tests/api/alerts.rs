//! Alert rules, what they tell, and to whom.

mod evaluation;
mod export;
mod killed;
mod rules;
mod stream;
mod webhooks;

use api_types::{AlertEvent, AlertEventKind, AlertEventsResponse, AlertRule, AlertRuleResponse};
use serde_json::{Value, json};

use crate::support::{Api, spread::Pair, until};

/// A rule on the pair, with these fields besides.
fn rule(fields: &Value) -> Value {
    let mut body = json!({"name": "spread", "pair": Pair::spec()});
    if fields.get("kind").is_none() {
        // Further off than the noise of the pair ever is.
        body["threshold"] = json!(3.0);
    }
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn make(api: &Api, fields: &Value) -> AlertRule {
    let request = api.client.post(api.url("/api/v1/alerts/rules"));
    let answer = request.json(&rule(fields)).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 201, "{text}");
    serde_json::from_str::<AlertRuleResponse>(&text)
        .unwrap()
        .rule
}

async fn get(api: &Api, id: i64) -> AlertRule {
    let answer: AlertRuleResponse = api.json(&format!("/api/v1/alerts/rules/{id}")).await;
    answer.rule
}

/// All events, oldest first.
async fn events(api: &Api) -> Vec<AlertEvent> {
    let answer: AlertEventsResponse = api.json("/api/v1/alerts/events?limit=10000").await;
    answer.events.into_iter().rev().collect()
}

async fn kinds(api: &Api) -> Vec<(i64, AlertEventKind)> {
    let events = events(api).await;
    events
        .iter()
        .map(|event| (event.episode, event.kind))
        .collect()
}

/// Waits until the rule has judged the pair's last bar.
async fn until_judged(api: &Api, id: i64, pair: &Pair) -> AlertRule {
    let end_ms = pair.last_bar_ms() + 1_000;
    until("the last bar is judged", async || {
        get(api, id).await.status.value_time == Some(end_ms)
    })
    .await;
    get(api, id).await
}
