//! `GET /api/v1/stream`: snapshot, updates, resumption, end.

use api_types::{EndReason, EventKind, FeedState, StreamEvent, Tick};
use testkit::TestDb;

use crate::support::{
    Api,
    events::Events,
    market::{Market, START_MS},
};

async fn market() -> (TestDb, Market, Api) {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    market.trade(&[(1, 0.0, 100.0), (2, 61.0, 101.0)]).await;
    market.report(61.0).await;
    let api = Api::start(&db).await;
    (db, market, api)
}

async fn tick(events: &mut Events, passes: impl Fn(&Tick) -> bool) -> Tick {
    events
        .find(|event| match event {
            StreamEvent::Ticks { data, .. } if passes(&data) => Some(data),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn bars_come_as_a_snapshot_and_then_as_they_change() {
    let (_db, market, api) = market().await;
    let mut events = Events::open(&api, "bars:btcusdt:1m").await;
    let first = events.next().await.unwrap();
    assert_eq!(first.topic(), Some("bars:BTCUSDT:1m"));
    let StreamEvent::Bars { kind, data, .. } = first else {
        panic!("{first:?}")
    };
    assert_eq!(kind, EventKind::Snapshot);
    assert_eq!(data.bars.time, [START_MS, START_MS + 60_000]);
    assert_eq!(data.bars.closed, [true, false]);

    market.trade(&[(3, 62.0, 105.0)]).await;
    let (kind, rows) = events.bars().await;
    assert_eq!(
        (kind, rows.len()),
        (EventKind::Update, 1),
        "only what changed is sent"
    );
    assert_eq!(
        (rows[0].time, rows[0].close, rows[0].closed),
        (START_MS + 60_000, 105.0, false)
    );

    market.trade(&[(4, 125.0, 106.0)]).await;
    let new = events.bar(|row| row.time == START_MS + 120_000).await;
    assert_eq!((new.open, new.closed), (106.0, false));
}

#[tokio::test]
async fn a_bar_closes_when_time_goes_on_though_its_symbol_is_not_traded() {
    let (db, _market, api) = market().await;
    let other = Market::new(&db, "ETHUSDT").await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1m").await;
    events.bars().await;
    // Not yet: a bar closes a second after its end.
    other.trade(&[(1, 120.5, 50.0)]).await;
    other.trade(&[(2, 121.0, 50.0)]).await;
    let (kind, rows) = events.bars().await;
    assert_eq!(kind, EventKind::Update);
    assert_eq!((rows[0].time, rows[0].closed), (START_MS + 60_000, true));
}

#[tokio::test]
async fn ticks_carry_the_last_price_with_its_time_and_the_volume_of_the_day() {
    let (_db, market, api) = market().await;
    let mut events = Events::open(&api, "ticks:BTCUSDT").await;
    let first = tick(&mut events, |_| true).await;
    assert_eq!((first.price, first.agg_id), (Some(101.0), Some(2)));
    assert_eq!(first.volume_24h, Some(2.0));
    market.trade(&[(3, 62.0, 99.5)]).await;
    let next = tick(&mut events, |tick| tick.agg_id == Some(3)).await;
    assert_eq!(
        (next.price, next.time),
        (Some(99.5), Some(START_MS + 62_000))
    );
    tick(&mut events, |tick| tick.volume_24h == Some(3.0)).await;
}

#[tokio::test]
async fn one_stream_carries_all_topics_of_a_page() {
    let (db, _market, api) = market().await;
    Market::new(&db, "ETHUSDT").await;
    let topics = [
        "status",
        "ticks:BTCUSDT",
        "ticks:ETHUSDT",
        "bars:BTCUSDT:1m",
        "bars:simulated:BTCUSDT:1s",
        "bars:ETHUSDT:1d",
    ];
    let mut events = Events::open(&api, &topics.join(",")).await;
    let mut missing: Vec<_> = topics.to_vec();
    while !missing.is_empty() {
        let event = events.next().await.unwrap();
        missing.retain(|topic| event.topic() != Some(topic));
    }
}

#[tokio::test]
async fn the_status_is_sent_when_the_feed_reports() {
    let (_db, market, api) = market().await;
    let mut events = Events::open(&api, "status").await;
    let mut state = async |wanted: FeedState| {
        events
            .find(|event| match event {
                StreamEvent::Status { data, .. } => data
                    .feeds
                    .first()
                    .filter(|feed| feed.state == wanted)
                    .map(|_| ()),
                _ => None,
            })
            .await;
    };
    state(FeedState::Connected).await;
    market.report_as(store::FeedState::Reconnecting, 61.0).await;
    state(FeedState::Reconnecting).await;
}

#[tokio::test]
async fn a_client_that_comes_back_to_another_process_is_sent_what_it_missed() {
    let (db, market, api) = market().await;
    let topics = "bars:BTCUSDT:1m,bars:BTCUSDT:1s";
    let mut events = Events::open(&api, topics).await;
    events.bars().await;
    events.bars().await;
    let last_id = events.last_id.clone().unwrap();
    drop(events);
    api.stop().await;

    market.trade(&[(3, 63.0, 107.0), (4, 200.0, 108.0)]).await;
    let other = Api::start(&db).await;
    let mut events = Events::open_from(&other, topics, Some(&last_id)).await;
    for _ in 0..2 {
        let (kind, rows) = events.bars().await;
        assert_eq!(kind, EventKind::Update);
        let missed: Vec<_> = rows
            .iter()
            .filter(|row| row.close > 106.0)
            .map(|row| row.close)
            .collect();
        assert_eq!(missed, [107.0, 108.0]);
    }
    market.trade(&[(5, 201.0, 109.0)]).await;
    events.bar(|row| row.close == 109.0).await;
}

#[tokio::test]
async fn an_id_that_was_reached_on_other_topics_counts_for_nothing() {
    let (_db, _market, api) = market().await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1m").await;
    events.bars().await;
    let last_id = events.last_id.clone().unwrap();
    let mut events = Events::open_from(&api, "bars:BTCUSDT:1s", Some(&last_id)).await;
    assert_eq!(events.bars().await.0, EventKind::Snapshot);
}

#[tokio::test]
async fn the_parameter_serves_pages_that_cannot_send_the_header() {
    let (_db, _market, api) = market().await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1m").await;
    events.bars().await;
    let last_id = events.last_id.clone().unwrap();
    let topics = format!("bars:BTCUSDT:1m&lastEventId={last_id}");
    let path = format!("/api/v1/stream?topics={topics}");
    let mut response = api.get(&path).await;
    let mut text = String::new();
    while !text.contains("\"kind\"") {
        text.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    assert!(text.contains("\"kind\":\"update\""), "{text}");
}

#[tokio::test]
async fn shutdown_ends_open_streams_with_a_reason_and_the_server_soon_after() {
    let (_db, _market, api) = market().await;
    let mut all = Vec::new();
    for _ in 0..3 {
        let mut events = Events::open(&api, "bars:BTCUSDT:1m,status,ticks:BTCUSDT").await;
        events.bars().await;
        all.push(events);
    }
    api.shutdown.cancel();
    for mut events in all {
        assert_eq!(events.end().await, EndReason::Shutdown);
    }
    api.stop().await;
}

#[tokio::test]
async fn a_thousand_clients_share_one_read_of_each_change() {
    // Both ends of each connection are files of this process, and many systems begin with 1,024.
    rlimit::increase_nofile_limit(8_192).unwrap();
    let (_db, market, api) = market().await;
    let open = (0..1_000).map(|_| Events::open(&api, "bars:BTCUSDT:1m"));
    let mut all = futures::future::join_all(open).await;
    for events in &mut all {
        assert_eq!(events.bars().await.0, EventKind::Snapshot);
    }
    market.trade(&[(3, 62.0, 105.0)]).await;
    let mut heard = Vec::new();
    for events in &mut all {
        heard.push(events.next().await.unwrap());
    }
    // One event for all, made once: the time at which it was made is the same in each.
    assert!(heard.iter().all(|event| event == &heard[0]));
}
