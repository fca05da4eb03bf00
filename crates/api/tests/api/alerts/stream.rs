//! The topic `alerts`: each stored event once, whichever server a client is on.

use api_types::{AlertState, AlertsData, EventKind, StreamEvent};
use serde_json::json;
use testkit::TestDb;

use super::{events, make, until_judged};
use crate::support::{Api, events::Events, spread::Pair};

async fn next(events: &mut Events) -> (EventKind, AlertsData) {
    events
        .find(|event| match event {
            StreamEvent::Alerts { kind, data, .. } => Some((kind, *data)),
            _ => None,
        })
        .await
}

/// Reads on until this event has come; the ids of all that came.
async fn ids_until(stream: &mut Events, last: i64) -> Vec<i64> {
    let mut ids = Vec::new();
    while ids.last() != Some(&last) {
        let (kind, data) = next(stream).await;
        assert_eq!(kind, EventKind::Update);
        ids.extend(data.events.iter().map(|event| event.id));
    }
    ids
}

#[tokio::test]
async fn a_client_hears_of_every_event_once_also_when_it_comes_back_elsewhere() {
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let (one, other) = (Api::start(&db).await, Api::start(&db).await);
    let made = make(&one, &json!({})).await;
    until_judged(&one, made.id, &pair).await;
    pair.breach(1.0).await;
    until_judged(&one, made.id, &pair).await;

    let mut stream = Events::open(&one, "status,alerts").await;
    let (kind, snapshot) = next(&mut stream).await;
    assert_eq!(
        (kind, snapshot.states.len(), snapshot.events.len()),
        (EventKind::Snapshot, 1, 1)
    );
    assert_eq!(snapshot.states[0].state, AlertState::Firing);

    pair.calm().await;
    until_judged(&one, made.id, &pair).await;
    let stored: Vec<i64> = events(&one).await.iter().map(|event| event.id).collect();
    assert_eq!(ids_until(&mut stream, stored[1]).await, stored[1..]);
    let position = stream.last_id.clone();
    drop(stream);

    pair.breach(1.0).await;
    pair.calm().await;
    until_judged(&one, made.id, &pair).await;
    let stored: Vec<i64> = events(&one).await.iter().map(|event| event.id).collect();
    assert_eq!(stored.len(), 4);
    let mut stream = Events::open_from(&other, "status,alerts", position.as_deref()).await;
    assert_eq!(ids_until(&mut stream, stored[3]).await, stored[2..]);
    pair.breach(-1.0).await;
    until_judged(&one, made.id, &pair).await;
    let last = events(&one).await.last().unwrap().id;
    assert_eq!(ids_until(&mut stream, last).await, [last]);
}

#[tokio::test]
async fn rules_that_are_made_and_deleted_are_told() {
    let db = TestDb::create().await.unwrap();
    let _pair = Pair::new(&db).await;
    let api = Api::start(&db).await;
    let mut stream = Events::open(&api, "alerts").await;
    let (kind, snapshot) = next(&mut stream).await;
    assert_eq!((kind, snapshot.states), (EventKind::Snapshot, Vec::new()));
    let made = make(&api, &json!({})).await;
    while !next(&mut stream).await.1.rules_changed {}
    loop {
        let (_, data) = next(&mut stream).await;
        if data.states.iter().any(|state| state.rule_id == made.id) {
            break;
        }
    }
    let path = api.url(&format!("/api/v1/alerts/rules/{}", made.id));
    assert_eq!(api.client.delete(path).send().await.unwrap().status(), 200);
    loop {
        let (_, data) = next(&mut stream).await;
        if data.removed == [made.id] {
            break;
        }
    }
}
