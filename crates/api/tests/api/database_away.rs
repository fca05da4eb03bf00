//! The server without its database: it starts, says so, and recovers by itself.

use std::time::{Duration, Instant};

use ::api::Config;
use api_types::{BarsResponse, HealthResponse};
use testkit::TestDb;

use crate::support::{Api, config, events::Events, market::Market, problem, proxy::Proxy, until};

fn impatient(database_url: &str) -> Config {
    let mut config = config(database_url);
    config.api_database_wait_ms = 1_000;
    config
}

async fn assert_away(api: &Api, proxy: &Proxy) {
    for path in [
        "/symbols",
        "/bars?symbol=BTCUSDT&interval=1m",
        "/trades?symbol=BTCUSDT",
        "/status",
    ] {
        let asked = Instant::now();
        let response = api.get(&format!("/api/v1{path}")).await;
        assert_eq!(response.status(), 503, "{path}");
        assert_eq!(response.headers()["retry-after"], "1");
        let problem = problem(response).await;
        assert_eq!(problem.kind, "urn:spreadscope:problem:database-away");
        // Nothing of where the database is.
        assert!(!problem.detail.contains(&proxy.address().port().to_string()));
        assert!(
            asked.elapsed() < Duration::from_secs(10),
            "{path} took {:?}",
            asked.elapsed()
        );
    }
}

#[tokio::test]
async fn a_database_that_goes_away_is_a_503_until_it_is_back() {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    market.trade(&[(1, 0.0, 100.0)]).await;
    let proxy = Proxy::before(db.url()).await;
    let api = Api::with(impatient(proxy.url())).await;
    api.until_ready().await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1m").await;
    events.bars().await;

    proxy.cut();
    assert_away(&api, &proxy).await;
    until("readiness is lost", async || {
        api.get("/health/ready").await.status() == 503
    })
    .await;
    let reasons = api
        .get("/health/ready")
        .await
        .json::<HealthResponse>()
        .await
        .unwrap()
        .reasons;
    assert!(reasons.contains_key("database"), "{reasons:?}");
    assert_eq!(api.get("/health/live").await.status(), 200);
    // A stream can be opened all the same, as a browser would not try again after a 503.
    let mut patient = Events::open(&api, "bars:BTCUSDT:1s").await;
    // Written while nobody listened.
    market.trade(&[(2, 1.0, 111.0)]).await;

    proxy.restore();
    api.until_ready().await;
    let response: BarsResponse = api.json("/api/v1/bars?symbol=BTCUSDT&interval=1m").await;
    assert_eq!(response.bars.close, [111.0]);
    // The stream was open all the time, and goes on with what it missed.
    events.bar(|row| row.close == 111.0).await;
    patient.bar(|row| row.close == 111.0).await;
}

#[tokio::test]
async fn a_server_starts_without_its_database_and_works_once_it_is_there() {
    let db = TestDb::create().await.unwrap();
    Market::new(&db, "BTCUSDT").await;
    let proxy = Proxy::before(db.url()).await;
    proxy.cut();
    let api = Api::with(impatient(proxy.url())).await;
    assert_eq!(api.get("/health/live").await.status(), 200);
    assert_eq!(api.get("/health/ready").await.status(), 503);
    assert_eq!(api.get("/openapi.json").await.status(), 200);
    assert_away(&api, &proxy).await;
    // Whether there is such a symbol is not known yet.
    assert_eq!(
        api.problem("/api/v1/stream?topics=ticks:BTCUSDT")
            .await
            .status,
        503
    );
    proxy.restore();
    api.until_ready().await;
    assert_eq!(api.get("/api/v1/symbols").await.status(), 200);
}

#[tokio::test]
async fn a_database_that_is_not_migrated_yet_is_a_reason_not_to_be_ready() {
    let db = TestDb::empty().await.unwrap();
    let api = Api::with(config(db.url())).await;
    until("the reason is the schema", async || {
        let health: HealthResponse = api.get("/health/ready").await.json().await.unwrap();
        health
            .reasons
            .get("database")
            .is_some_and(|reason| reason.contains("aggregator"))
    })
    .await;
    assert_eq!(api.problem("/api/v1/symbols").await.status, 503);
    db.store().migrate().await.unwrap();
    api.until_ready().await;
    assert_eq!(api.get("/api/v1/symbols").await.status(), 200);
}
