//! kill -9 of the server around the moment at which an alert is told: it is neither repeated nor lost.
//!
//! The server is the real program in a process of its own. Whether it dies before it has stored an event, after
//! that and before it has sent it, or after it has sent it and before it knows, the next one goes on.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use store::alerts::{AlertEvent, events};
use testkit::TestDb;

use super::{make, until_judged};
use crate::support::{
    Api, config,
    receiver::{Answer, Receiver},
    spread::Pair,
    until,
};

/// Kills, in all; so many databases share them, side by side.
const KILLS: u64 = 100;
const WORLDS: u64 = 5;
const LEASE_MS: u64 = 400;

/// The server as a process; dropping it is kill -9.
struct Server(Child);

impl Server {
    fn start(db: &TestDb) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_api"))
            .env_clear()
            .env("DATABASE_URL", db.url())
            .env("API_BIND", "127.0.0.1:0")
            .env("API_ALERT_LEASE_MS", LEASE_MS.to_string())
            .env("API_WEBHOOKS_ANYWHERE", "true")
            .env("API_COALESCE_MS", "10")
            .env("API_DATABASE_WAIT_MS", "20000")
            .env("LOG_LEVEL", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGKILL, which nobody can handle.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test]
async fn an_alert_is_neither_repeated_nor_lost_by_a_hundred_kills() {
    let sent_twice = join_all((0..WORLDS).map(world)).await;
    // Otherwise no kill came between sending and knowing, and the test has shown less than it says.
    assert!(sent_twice.iter().sum::<usize>() > 0, "{sent_twice:?}");
}

/// So many kills, each around the moment of an event; how many deliveries came more than once.
async fn world(seed: u64) -> usize {
    let mut random = StdRng::seed_from_u64(seed);
    let db = TestDb::create().await.unwrap();
    let mut pair = Pair::new(&db).await;
    let receiver = Receiver::start().await;
    make_rule(&db, &pair, &receiver).await;

    let mut server = Server::start(&db);
    for kill in 0..KILLS / WORLDS {
        let known = receiver.received().len();
        let point = random.random_range(0..4);
        if point == 2 {
            receiver.answer(Answer::Silence);
        }
        // Each of these is one event.
        if kill % 2 == 0 {
            pair.breach(if kill % 4 == 0 { 1.0 } else { -1.0 }).await;
        } else {
            pair.calm().await;
        }
        let expected = usize::try_from(kill).unwrap() + 1;
        match point {
            // Anywhere: while it starts, reads, evaluates, stores.
            0 => pause(&mut random, 400).await,
            // Stored, and about to be sent.
            1 => stored(&db, expected).await,
            // Sent, and not answered.
            2 => drop(receiver.until(known + 1).await),
            // Answered, and about to be known.
            _ => {
                receiver.until(known + 1).await;
                pause(&mut random, 10).await;
            }
        }
        drop(server);
        receiver.answer(Answer::With(200));
        server = Server::start(&db);
    }

    let all = usize::try_from(KILLS / WORLDS).unwrap();
    stored(&db, all).await;
    let delivered = |event: &AlertEvent| {
        let delivery = event.delivery.as_ref();
        delivery.is_some_and(|delivery| delivery.state == "delivered")
    };
    until("everything is delivered", async || {
        all_events(&db).await.iter().all(delivered)
    })
    .await;
    check(&all_events(&db).await, &receiver, all)
}

/// By a server that stops before the first process starts.
async fn make_rule(db: &TestDb, pair: &Pair, receiver: &Receiver) {
    let mut settings = config(db.url());
    settings.alerts.api_webhooks_anywhere = true;
    let api = Api::with(settings).await;
    api.until_ready().await;
    let hook = json!({"url": receiver.url, "secret": "0123456789abcdef"});
    let made = make(&api, &json!({"webhook": hook})).await;
    until_judged(&api, made.id, pair).await;
    api.stop().await;
}

/// Oldest first.
async fn all_events(db: &TestDb) -> Vec<AlertEvent> {
    loop {
        match events::last(db.store(), 10_000).await {
            Ok(events) => return events,
            // Five worlds at once can keep a connection from coming free in time.
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
}

async fn pause(random: &mut StdRng, most_ms: u64) {
    tokio::time::sleep(Duration::from_millis(random.random_range(0..most_ms))).await;
}

async fn stored(db: &TestDb, count: usize) {
    until("the event is stored", async || {
        all_events(db).await.len() >= count
    })
    .await;
}

fn check(stored: &[AlertEvent], receiver: &Receiver, all: usize) -> usize {
    let told: Vec<_> = stored
        .iter()
        .map(|event| (event.told.episode, event.told.kind.as_str()))
        .collect();
    let expected: Vec<_> = (0..all)
        .map(|index| {
            let kind = if index % 2 == 0 { "fired" } else { "resolved" };
            (i64::try_from(index).unwrap() / 2 + 1, kind)
        })
        .collect();
    assert_eq!(told, expected);

    // Everything came, nothing else did, and what came again is the same to the byte.
    let received = receiver.received();
    let came: Vec<i64> = receiver.events().into_keys().collect();
    let ids: Vec<i64> = stored.iter().map(|event| event.event_id).collect();
    assert_eq!(came, ids);
    for one in &received {
        let first = received.iter().find(|other| other.event.id == one.event.id);
        assert_eq!(first.map(|first| &first.body), Some(&one.body));
    }
    received.len() - ids.len()
}
