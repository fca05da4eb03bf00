//! Rules as people make, change and delete them.

use api_types::{AlertKind, AlertRulesResponse, AlertState};
use serde_json::{Value, json};
use testkit::TestDb;

use super::{get, make, rule};
use crate::support::{Api, config, problem, spread::Pair};

async fn send(api: &Api, method: &str, path: &str, body: &Value) -> reqwest::Response {
    let request = api.client.request(method.parse().unwrap(), api.url(path));
    request.json(body).send().await.unwrap()
}

#[tokio::test]
async fn a_rule_is_answered_with_all_its_defaults_and_without_its_secret() {
    let db = TestDb::create().await.unwrap();
    let _pair = Pair::new(&db).await;
    let api = Api::start(&db).await;
    let hook = json!({"url": "https://example.com/hook", "secret": "0123456789abcdef"});
    let answer = send(
        &api,
        "POST",
        "/api/v1/alerts/rules",
        &rule(&json!({"webhook": hook})),
    )
    .await;
    assert_eq!(answer.status(), 201);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let text = answer.text().await.unwrap();
    assert!(!text.contains("0123456789abcdef"), "{text}");
    let made: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(made["rule"]["pair"]["y"], "simulated:YUSDT");
    assert_eq!(made["rule"]["pair"]["fit"], "walk_forward");
    assert_eq!(
        made["rule"]["webhook"],
        json!({"url": "https://example.com/hook", "signed": true})
    );

    let found: Value = api.json(&location).await;
    assert_eq!(found["rule"]["pair"], made["rule"]["pair"]);
    let list: AlertRulesResponse = api.json("/api/v1/alerts/rules").await;
    assert_eq!((list.rules.len(), list.max_rules), (1, 200));

    // As it is answered, with what only the answer has left out, it can be given again.
    let mut again = made["rule"].clone();
    for name in ["id", "createdAt", "updatedAt", "status"] {
        again.as_object_mut().unwrap().remove(name);
    }
    again["webhook"].as_object_mut().unwrap().remove("signed");
    again["threshold"] = json!(2.5);
    let answer = send(&api, "PUT", &location, &again).await;
    assert_eq!(answer.status(), 200);
    let id = list.rules[0].id;
    let changed = get(&api, id).await;
    assert_eq!(changed.threshold, 2.5);
    assert!(
        changed.webhook.unwrap().signed,
        "the secret stays with its URL"
    );

    let deleted = send(&api, "DELETE", &location, &Value::Null).await;
    assert_eq!(deleted.status(), 200);
    assert_eq!(
        api.problem(&location).await.kind,
        "urn:spreadscope:problem:unknown-alert-rule"
    );
    for method in ["PUT", "DELETE"] {
        assert_eq!(
            problem(send(&api, method, &location, &again).await)
                .await
                .status,
            404
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_rule_is_told_at_once_and_nothing_is_stored() {
    let db = TestDb::create().await.unwrap();
    let _pair = Pair::new(&db).await;
    let api = Api::start(&db).await;
    let wrong = json!({
        "threshold": -1, "colour": "red", "pair": {"y": "YUSDT", "window": 2},
        "webhook": {"url": "https://169.254.169.254/latest"},
    });
    let told = problem(send(&api, "POST", "/api/v1/alerts/rules", &rule(&wrong)).await).await;
    assert_eq!(told.status, 400);
    let fields: Vec<&str> = told
        .errors
        .iter()
        .map(|error| error.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "colour",
            "threshold",
            "webhook.url",
            "pair.x",
            "pair.window"
        ]
    );

    let mut unknown = rule(&json!({}));
    unknown["pair"]["x"] = json!("NOSUCH");
    let told = problem(send(&api, "POST", "/api/v1/alerts/rules", &unknown).await).await;
    assert_eq!((told.status, told.detail.contains("NOSUCH")), (404, true));

    let request = api.client.post(api.url("/api/v1/alerts/rules"));
    assert_eq!(
        problem(request.body("{}").send().await.unwrap())
            .await
            .status,
        415
    );
    let request = api.client.post(api.url("/api/v1/alerts/rules"));
    let broken = request.header("content-type", "application/json").body("{");
    assert_eq!(problem(broken.send().await.unwrap()).await.status, 400);
    for path in [
        "/api/v1/alerts/rules/0",
        "/api/v1/alerts/rules/x",
        "/api/v1/alerts/rules?x=1",
        "/api/v1/alerts/events?limit=0",
        "/api/v1/alerts/events?kind=told",
        "/api/v1/alerts/events?startTime=2&endTime=1",
    ] {
        assert_eq!(api.problem(path).await.status, 400, "{path}");
    }
    let list: AlertRulesResponse = api.json("/api/v1/alerts/rules").await;
    assert_eq!(list.rules, []);
}

#[tokio::test]
async fn there_are_no_more_rules_than_there_may_be() {
    let db = TestDb::create().await.unwrap();
    let _pair = Pair::new(&db).await;
    let mut config = config(db.url());
    config.alerts.api_max_alert_rules = 2;
    let api = Api::with(config).await;
    api.until_ready().await;
    let stale = make(&api, &json!({"kind": "feedStale"})).await;
    assert_eq!(
        (stale.kind, stale.threshold, stale.status.state),
        (AlertKind::FeedStale, 30.0, AlertState::Normal)
    );
    make(&api, &json!({"enabled": false})).await;
    let told = problem(send(&api, "POST", "/api/v1/alerts/rules", &rule(&json!({}))).await).await;
    assert_eq!(
        (told.status, told.kind.as_str()),
        (409, "urn:spreadscope:problem:too-many-alert-rules")
    );
}
