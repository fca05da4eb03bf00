//! `GET /api/v1/stream` when the past changes.

use api_types::EventKind;
use market::{Bar, Interval};
use store::history;
use testkit::TestDb;

use crate::support::{
    Api,
    events::Events,
    market::{Market, START_MS},
};

#[tokio::test]
async fn a_late_trade_within_the_snapshot_changes_its_bar() {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    market.trade(&[(1, 0.0, 100.0), (3, 61.0, 101.0)]).await;
    market.report(200.0).await;
    let api = Api::start(&db).await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1m").await;
    events.bars().await;
    market.trade(&[(2, 30.0, 500.0)]).await;
    let (kind, rows) = events.bars().await;
    assert_eq!((kind, rows.len()), (EventKind::Update, 1));
    assert_eq!(
        (rows[0].time, rows[0].high, rows[0].closed),
        (START_MS, 500.0, true)
    );
}

#[tokio::test]
async fn a_late_trade_before_the_snapshot_resets_what_was_sent() {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    // More one-second bars than a snapshot holds.
    let trades: Vec<_> = (0..600)
        .map(|second| (second + 10, second as f64, 100.0))
        .collect();
    market.trade(&trades).await;
    let api = Api::start(&db).await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1s").await;
    let (_, snapshot) = events.bars().await;
    assert_eq!(snapshot.len(), 500);
    assert_eq!(snapshot[0].time, START_MS + 100_000);
    market.trade(&[(5, 50.5, 500.0)]).await;
    let (kind, rows) = events.bars().await;
    assert_eq!((kind, rows.len()), (EventKind::Reset, 500));
}

#[tokio::test]
async fn history_that_arrives_resets_what_was_sent() {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    market.trade(&[(1, 0.0, 100.0)]).await;
    let api = Api::start(&db).await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1m").await;
    events.bars().await;
    let kline = Bar {
        bucket_ms: START_MS - 60_000,
        open: 90.0,
        high: 95.0,
        low: 85.0,
        close: 91.0,
        volume: 7.0,
        quote_volume: 630.0,
        buy_volume: 3.0,
        trades: 11,
    };
    history::write_klines(&market.store, market.id, Interval::M1, &[kline])
        .await
        .unwrap();
    let (kind, rows) = events.bars().await;
    assert_eq!((kind, rows.len()), (EventKind::Reset, 2));
    assert_eq!(rows[0].close, 91.0);
}

#[tokio::test]
async fn a_client_that_missed_more_than_a_snapshot_is_sent_all_of_it() {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    market.trade(&[(1, 0.0, 100.0)]).await;
    let api = Api::start(&db).await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1s").await;
    events.bars().await;
    let last_id = events.last_id.clone().unwrap();
    drop(events);
    let trades: Vec<_> = (1..700)
        .map(|second| (second + 1, second as f64, 100.0))
        .collect();
    market.trade(&trades).await;
    let mut events = Events::open_from(&api, "bars:BTCUSDT:1s", Some(&last_id)).await;
    let (kind, rows) = events.bars().await;
    assert_eq!((kind, rows.len()), (EventKind::Update, 699));
}

#[tokio::test]
async fn a_client_that_was_away_for_long_starts_anew() {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    market.trade(&[(1, 0.0, 100.0)]).await;
    let api = Api::start(&db).await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1m").await;
    events.bars().await;
    let last_id = events.last_id.clone().unwrap();
    let [topics, _, symbol] = last_id.split('.').collect::<Vec<_>>()[..] else {
        panic!("{last_id}")
    };
    let old = format!("{topics}.1000.{symbol}");
    let mut events = Events::open_from(&api, "bars:BTCUSDT:1m", Some(&old)).await;
    assert_eq!(events.bars().await.0, EventKind::Reset);
}
