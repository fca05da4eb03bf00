//! From bars to events.

use api_types::{
    AlertEventKind::{Fired, Resolved},
    AlertReason, AlertState,
};
use serde_json::{Value, json};
use store::FeedState;
use testkit::TestDb;

use super::{events, get, kinds, make, rule, until_judged};
use crate::support::{Api, config, spread::Pair, until};

#[tokio::test]
async fn a_breach_is_told_once_and_so_is_its_end() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let api = Api::start(&db).await;
    let made = make(&api, &json!({})).await;
    until_judged(&api, made.id, &pair).await;
    assert_eq!(kinds(&api).await, []);

    pair.breach(1.0).await;
    let (bar_ms, judged) = (pair.last_bar_ms(), until_judged(&api, made.id, &pair).await);
    assert_eq!(judged.status.state, AlertState::Firing);
    let told = events(&api).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].kind, told[0].reason, told[0].episode),
        (Fired, AlertReason::Crossed, 1)
    );
    assert_eq!(
        (told[0].bar, told[0].time, told[0].level),
        (Some(bar_ms), bar_ms + 1_000, 3.0)
    );
    assert!(told[0].value.unwrap() >= 3.0);
    assert_eq!(told[0].value, judged.status.value);

    pair.calm().await;
    until_judged(&api, made.id, &pair).await;
    pair.breach(-1.0).await;
    until_judged(&api, made.id, &pair).await;
    assert_eq!(kinds(&api).await, [(1, Fired), (1, Resolved), (2, Fired)]);
}

#[tokio::test]
async fn bars_that_closed_while_nobody_evaluated_are_evaluated_afterwards() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let api = Api::start(&db).await;
    let made = make(&api, &json!({})).await;
    until_judged(&api, made.id, &pair).await;
    api.stop().await;

    // Two episodes, and one that lasts.
    for _ in 0..2 {
        pair.breach(1.0).await;
        pair.calm().await;
    }
    pair.breach(1.0).await;
    let api = Api::start(&db).await;
    until_judged(&api, made.id, &pair).await;
    let expected = [
        (1, Fired),
        (1, Resolved),
        (2, Fired),
        (2, Resolved),
        (3, Fired),
    ];
    assert_eq!(kinds(&api).await, expected);
    api.stop().await;
    let api = Api::start(&db).await;
    pair.calm().await;
    until_judged(&api, made.id, &pair).await;
    assert_eq!(kinds(&api).await.len(), 6);
}

#[tokio::test]
async fn a_short_breach_of_a_rule_with_a_duration_is_not_told() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let api = Api::start(&db).await;
    let made = make(&api, &json!({"duration": {"bars": 1}})).await;
    until_judged(&api, made.id, &pair).await;
    pair.breach(1.0).await;
    let judged = until_judged(&api, made.id, &pair).await;
    assert_eq!(judged.status.state, AlertState::Pending);
    pair.calm().await;
    until_judged(&api, made.id, &pair).await;
    assert_eq!(kinds(&api).await, []);
    pair.bars(&[5.0, 8.0]).await;
    let judged = until_judged(&api, made.id, &pair).await;
    assert_eq!(judged.status.state, AlertState::Firing);
    assert_eq!(kinds(&api).await, [(1, Fired)]);
}

#[tokio::test]
async fn a_rule_that_is_changed_switched_off_or_deleted_while_it_fires_tells_the_end() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let api = Api::start(&db).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(make(&api, &json!({})).await.id);
    }
    pair.breach(1.0).await;
    for &id in &ids {
        until("it fires", async || {
            get(&api, id).await.status.state == AlertState::Firing
        })
        .await;
    }
    let path = |id: i64| api.url(&format!("/api/v1/alerts/rules/{id}"));
    let put = async |id: i64, fields: Value| {
        let answer = api
            .client
            .put(path(id))
            .json(&rule(&fields))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    };
    put(ids[0], json!({"duration": {"bars": 5}})).await;
    put(ids[1], json!({"enabled": false})).await;
    assert_eq!(
        api.client
            .delete(path(ids[2]))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    until("all ends are told", async || events(&api).await.len() == 6).await;
    let mut ends: Vec<_> = events(&api)
        .await
        .split_off(3)
        .into_iter()
        .map(|e| (e.rule_id, e.kind, e.reason))
        .collect();
    ends.sort_by_key(|(id, ..)| *id);
    let reasons = [
        AlertReason::RuleChanged,
        AlertReason::RuleDisabled,
        AlertReason::RuleDeleted,
    ];
    let expected: Vec<_> = ids
        .iter()
        .zip(reasons)
        .map(|(&id, reason)| (id, Resolved, reason))
        .collect();
    assert_eq!(ends, expected);
    // The changed one goes on; the breach does not last for as long as it asks for now.
    pair.calm().await;
    until_judged(&api, ids[0], &pair).await;
    assert_eq!(events(&api).await.len(), 6);
}

#[tokio::test]
async fn while_the_feed_is_stale_z_rules_wait_and_nothing_is_lost() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let api = Api::start(&db).await;
    let z = make(&api, &json!({})).await;
    let stale = make(&api, &json!({"kind": "feedStale", "threshold": 5})).await;
    until_judged(&api, z.id, &pair).await;
    pair.feed(FeedState::Reconnecting).await;
    until("it is silenced", async || {
        get(&api, z.id).await.status.silenced
    })
    .await;
    pair.breach(1.0).await;
    // Simulated time stands still, so the feed has been silent for years of this machine's time.
    until("the other is told", async || {
        get(&api, stale.id).await.status.state == AlertState::Firing
    })
    .await;
    assert!(
        events(&api)
            .await
            .iter()
            .all(|event| event.rule_id == stale.id)
    );
    pair.feed(FeedState::Connected).await;
    let judged = until_judged(&api, z.id, &pair).await;
    assert!(!judged.status.silenced);
    let of_z: Vec<_> = events(&api)
        .await
        .into_iter()
        .filter(|event| event.rule_id == z.id)
        .collect();
    assert_eq!(of_z.len(), 1);
    assert_eq!(of_z[0].kind, Fired);
}

#[tokio::test]
async fn a_hedge_ratio_that_moves_and_cointegration_that_is_lost_are_told() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let api = Api::start(&db).await;
    let mut short = Pair::spec();
    short["lookback"] = json!(30);
    let drift = json!({"kind": "hedgeRatioDrift", "over": 10, "threshold": 0.02, "pair": short});
    let drift = make(&api, &drift).await;
    let lost = json!({"kind": "cointegrationLost", "threshold": 0.2, "pair": short});
    let lost = make(&api, &lost).await;
    for id in [drift.id, lost.id] {
        until_judged(&api, id, &pair).await;
    }
    assert_eq!(kinds(&api).await, []);
    // A spread that runs away from the line, ever faster.
    let away: Vec<f64> = (1..=25).map(|t| f64::from(t * t) / 4.0).collect();
    pair.bars(&away).await;
    for id in [drift.id, lost.id] {
        until_judged(&api, id, &pair).await;
        let told = events(&api).await;
        let of_it: Vec<_> = told.iter().filter(|event| event.rule_id == id).collect();
        assert_eq!(
            of_it.first().map(|event| event.kind),
            Some(Fired),
            "{told:?}"
        );
        assert!(of_it[0].value.unwrap() >= of_it[0].level);
    }
}

#[tokio::test]
async fn on_the_provisional_point_a_breach_is_told_before_its_bar_is_closed() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let api = Api::start(&db).await;
    let made = make(&api, &json!({"evaluateOn": "provisional"})).await;
    until_judged(&api, made.id, &pair).await;
    pair.open_bar(5.0).await;
    until("it is told", async || !events(&api).await.is_empty()).await;
    let told = events(&api).await;
    assert_eq!((told[0].kind, told[0].provisional), (Fired, true));
    assert!(told[0].time <= told[0].bar.unwrap() + 1_000);
    // Once it is closed it is no other breach.
    pair.close_bar().await;
    until_judged(&api, made.id, &pair).await;
    assert_eq!(kinds(&api).await, [(1, Fired)]);
}

#[tokio::test]
async fn of_two_servers_one_evaluates_and_the_other_goes_on_when_it_stops() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let mut settings = config(db.url());
    settings.alerts.api_alert_lease_ms = 2_000;
    let (one, other) = (Api::with(settings.clone()).await, Api::with(settings).await);
    one.until_ready().await;
    other.until_ready().await;
    let made = make(&one, &json!({})).await;
    until_judged(&other, made.id, &pair).await;
    pair.breach(1.0).await;
    until_judged(&other, made.id, &pair).await;
    one.stop().await;
    pair.calm().await;
    until_judged(&other, made.id, &pair).await;
    assert_eq!(kinds(&other).await, [(1, Fired), (1, Resolved)]);
}
