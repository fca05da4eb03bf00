//! From events to receivers.

use std::collections::BTreeSet;

use api_types::{
    AlertEventKind::{Fired, Resolved},
    DeliveryState,
};
use serde_json::json;
use testkit::TestDb;

use super::{events, make, until_judged};
use crate::support::{
    Api, config,
    receiver::{Answer, Receiver},
    spread::Pair,
    until,
};

async fn api(db: &TestDb) -> Api {
    let mut config = config(db.url());
    config.alerts.api_webhooks_anywhere = true;
    let api = Api::with(config).await;
    api.until_ready().await;
    api
}

#[tokio::test]
async fn a_receiver_that_fails_gets_the_event_again_under_its_id_and_the_next_one_after_it() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let api = api(&db).await;
    let receiver = Receiver::start().await;
    receiver.answer(Answer::With(503));
    let hook = json!({"url": receiver.url, "secret": "0123456789abcdef"});
    let made = make(&api, &json!({"webhook": hook})).await;
    until_judged(&api, made.id, &pair).await;
    pair.breach(1.0).await;
    pair.calm().await;
    let first = receiver.until(2).await;
    assert!(first.iter().all(|one| one.event.kind == Fired));
    assert_eq!(first[0].body, first[1].body);
    let delivery = events(&api).await[0].delivery.clone().unwrap();
    assert_eq!(
        (delivery.state, delivery.http_status),
        (DeliveryState::Pending, Some(503))
    );

    receiver.answer(Answer::With(200));
    until("both are delivered", async || {
        let events = events(&api).await;
        let state = |event: &api_types::AlertEvent| event.delivery.as_ref().map(|d| d.state);
        events.len() == 2
            && events
                .iter()
                .all(|e| state(e) == Some(DeliveryState::Delivered))
    })
    .await;
    let received = receiver.received();
    let last = &received.last().unwrap().event;
    assert_eq!((last.kind, last.delivery.as_ref()), (Resolved, None));
    let attempts: Vec<&str> = received
        .iter()
        .map(|one| one.headers["x-spreadscope-attempt"].to_str().unwrap())
        .collect();
    assert_eq!(attempts[..2], ["1", "2"]);
    let signatures: BTreeSet<_> = received
        .iter()
        .map(|one| &one.headers["x-spreadscope-signature"])
        .map(|v| v.to_str().unwrap())
        .collect();
    assert!(
        signatures
            .iter()
            .all(|signature| signature.starts_with("t=") && signature.contains(",v1="))
    );
    // What is stored is what was sent.
    let stored: Vec<i64> = events(&api).await.iter().map(|event| event.id).collect();
    assert_eq!(receiver.events().into_keys().collect::<Vec<_>>(), stored);
}

#[tokio::test]
async fn a_receiver_on_this_machine_is_refused_unless_it_is_allowed() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let receiver = Receiver::start().await;
    let lax = api(&db).await;
    let made = make(&lax, &json!({"webhook": {"url": receiver.url}})).await;
    until_judged(&lax, made.id, &pair).await;
    lax.stop().await;
    // The rule is stored; a server that does not allow it does not send it all the same.
    let strict = Api::start(&db).await;
    pair.breach(1.0).await;
    until("it is given up", async || {
        let events = events(&strict).await;
        let delivery = events.first().and_then(|event| event.delivery.clone());
        delivery.is_some_and(|delivery| delivery.state == DeliveryState::Failed)
    })
    .await;
    assert!(receiver.received().is_empty());
}
