//! `GET /api/v1/status`, health and metrics.

use api_types::{
    DatabaseFlavour, FeedMode, FeedState, HealthResponse, StatusResponse, SymbolFeedState, Venue,
};
use store::{SCHEMA_VERSION, gaps, rejects};
use testkit::TestDb;

use crate::support::{
    Api,
    market::{Market, START_MS},
};

#[tokio::test]
async fn the_status_tells_feed_gaps_and_database() {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    market.trade(&[(1, 0.0, 100.0), (9, 5.0, 100.0)]).await;
    market.report(5.0).await;
    let gap = gaps::NewGap {
        symbol_id: market.id,
        from_agg_id: 2,
        to_agg_id: 8,
        from_ms: START_MS,
        to_ms: START_MS + 5_000,
        reason: "reconnect".to_owned(),
    };
    gaps::record(&market.store, &[gap]).await.unwrap();
    let reject = rejects::Reject {
        symbol_id: Some(market.id),
        agg_id: Some(10),
        time_ms: None,
        reason: "zero_price".to_owned(),
        raw: "{}".to_owned(),
    };
    rejects::record(&market.store, &[reject]).await.unwrap();
    let api = Api::start(&db).await;

    let status: StatusResponse = api.json("/api/v1/status").await;
    let [feed] = &status.feeds[..] else {
        panic!("one feed")
    };
    assert_eq!(
        (feed.venue, feed.mode),
        (Venue::Simulated, FeedMode::Simulated)
    );
    assert_eq!((feed.state, feed.lag_ms), (FeedState::Connected, Some(12)));
    assert_eq!(feed.watermark, Some(START_MS + 4_000));
    assert_eq!(feed.symbols[0].symbol, "BTCUSDT");
    assert_eq!(feed.symbols[0].state, SymbolFeedState::Live);
    assert_eq!((status.gaps.open, status.gaps.missing_trades), (1, 7));
    assert_eq!(status.gaps.rejected_trades, 1);
    assert_eq!(status.rows[0].table, "trades");
    assert_eq!(status.database.schema_version, SCHEMA_VERSION);
    let flavour = match testkit::flavour() {
        store::Flavour::Plain => DatabaseFlavour::Plain,
        store::Flavour::Timescale => DatabaseFlavour::Timescale,
    };
    assert_eq!(status.database.flavour, flavour);
}

#[tokio::test]
async fn a_process_with_a_database_is_live_and_ready_and_counts_its_requests() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    let live: HealthResponse = api.json("/health/live").await;
    assert_eq!(live.status, "live");
    let ready: HealthResponse = api.json("/health/ready").await;
    assert_eq!(ready.status, "ready");
    api.get("/api/v1/symbols").await;
    let metrics = api.get("/metrics").await.text().await.unwrap();
    let counted = metrics.lines().any(|line| {
        line.starts_with("api_requests_total{") && line.contains("route=\"/api/v1/symbols\"")
    });
    assert!(counted, "{metrics}");
}
