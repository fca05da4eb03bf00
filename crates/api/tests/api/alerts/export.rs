//! Events as a file.

use std::time::Duration;

use serde_json::json;
use store::{
    alerts::{self, NewEvent, RuleDefinition, RuleState, rules, states},
    leases,
};
use testkit::TestDb;

use crate::support::Api;

/// More than two pages of a download.
const EVENTS: i64 = 4_500;

/// A rule of this name that has told so much.
async fn told(db: &TestDb, name: &str) {
    let definition = RuleDefinition {
        name: name.to_owned(),
        enabled: false,
        kind: "zThreshold".to_owned(),
        pair: json!({"y": "YUSDT", "x": "XUSDT"}),
        threshold: 2.0,
        exit: 0.5,
        over_bars: None,
        duration: alerts::Duration::Bars(0),
        cooldown_seconds: 0,
        evaluate_on: "close".to_owned(),
        webhook: None,
    };
    let rule = rules::insert(db.store(), &definition, 1).await.unwrap();
    let rule = rule.unwrap();
    let events: Vec<NewEvent> = (1..=EVENTS)
        .map(|episode| NewEvent {
            episode,
            kind: "fired".to_owned(),
            reason: "crossed".to_owned(),
            time_ms: 1_723_075_200_000 + episode,
            bar_ms: None,
            provisional: false,
            value: Some(-1.0 / episode as f64),
            level: 2.0,
        })
        .collect();
    let owner = "a server that has stopped";
    let lease = leases::acquire(db.store(), "alerts", owner, Duration::from_secs(60)).await;
    let lease = lease.unwrap().unwrap();
    let state = RuleState::new(rule.rule_id, rule.revision);
    let stored = states::advance(db.store(), &lease, &definition, &state, &events).await;
    assert!(stored.unwrap());
    leases::release(db.store(), &lease).await.unwrap();
}

#[tokio::test]
async fn all_events_are_downloaded_and_a_name_is_no_formula() {
    let db = TestDb::create().await.unwrap();
    told(&db, "=HYPERLINK(\"https://example.com\")").await;
    let api = Api::start(&db).await;
    let path = "/api/v1/alerts/events?format=csv";
    let answer = api.get(&format!("{path}&limit=1000000")).await;
    assert_eq!(answer.status(), 200);
    let name = answer.headers()["content-disposition"].to_str().unwrap();
    assert!(name.contains("alert-events.csv"), "{name}");
    let text = answer.text().await.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), EVENTS as usize + 1);
    let places: Vec<&str> = lines[0].split(',').collect();
    assert_eq!(
        places[..5],
        ["id", "ruleId", "ruleName", "ruleKind", "episode"]
    );
    let formula = "\"'=HYPERLINK(\"\"https://example.com\"\")\"";
    // Newest first, and none twice or left out between two pages.
    for (line, episode) in lines[1..].iter().zip((1..=EVENTS).rev()) {
        let value = -1.0 / episode as f64;
        assert!(
            line.contains(&format!(",{formula},zThreshold,{episode},fired,"))
                && line.contains(&format!(",false,{value},2,YUSDT,XUSDT,")),
            "{line}"
        );
    }
    let few = api
        .get(&format!("{path}&limit=3"))
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(few.lines().collect::<Vec<_>>(), lines[..4]);
    for query in ["format=csv&limit=1000001", "limit=10001"] {
        let problem = api.problem(&format!("/api/v1/alerts/events?{query}")).await;
        assert_eq!(
            (problem.status, problem.errors[0].field.as_str()),
            (400, "limit")
        );
    }
}
