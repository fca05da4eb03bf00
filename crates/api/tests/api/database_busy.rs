//! The server before a database that answers, but not quickly enough, or not on every connection.

use api_types::{HealthResponse, TradesResponse};
use testkit::{Proxy, TestDb};

use crate::support::{Api, ask_while_busy, config, events::Events, market::Market, problem, until};

const TRADES: &str = "/api/v1/trades?symbol=BTCUSDT";

#[tokio::test]
async fn when_all_connections_are_in_use_that_is_what_the_answer_says() {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    market.trade(&[(1, 0.0, 100.0)]).await;
    let mut config = config(db.url());
    config.api_database_wait_ms = 1_000;
    config.api_statement_timeout_ms = 60_000;
    config.api_request_timeout_ms = 60_000;
    let api = Api::with(config).await;
    api.until_ready().await;

    let lock = db.lock("trades").await.unwrap();
    let slow: Vec<_> = (0..8)
        .map(|_| tokio::spawn(ask_while_busy(&api, TRADES)))
        .collect();
    until("every connection waits for the lock", async || {
        db.waiting_for_locks().await.unwrap() == 8
    })
    .await;
    let response = api.get("/api/v1/symbols").await;
    assert_eq!(response.headers()["retry-after"], "1");
    let problem = problem(response).await;
    assert_eq!(problem.status, 503);
    assert_eq!(problem.kind, "urn:spreadscope:problem:database-busy");
    // Busy is not away: whoever asks whether this server can be sent requests is not told no.
    assert_eq!(api.get("/health/ready").await.status(), 200);

    drop(lock);
    for answer in slow {
        assert_eq!(answer.await.unwrap().status(), 200);
    }
    assert_eq!(api.get("/api/v1/symbols").await.status(), 200);
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_cancelled_and_told_apart() {
    let db = TestDb::create().await.unwrap();
    Market::new(&db, "BTCUSDT").await;
    let mut config = config(db.url());
    config.api_statement_timeout_ms = 300;
    let api = Api::with(config).await;
    api.until_ready().await;
    // Names are known from here on, so that the query that waits is that for trades.
    assert_eq!(api.get(TRADES).await.status(), 200);
    let lock = db.lock("trades").await.unwrap();
    let response = api.get(TRADES).await;
    assert_eq!(response.headers()["retry-after"], "1");
    let problem = problem(response).await;
    assert_eq!(problem.status, 503);
    assert_eq!(problem.kind, "urn:spreadscope:problem:query-timeout");
    assert_eq!(db.waiting_for_locks().await.unwrap(), 0);
    drop(lock);
    assert_eq!(api.get(TRADES).await.status(), 200);
}

#[tokio::test]
async fn lost_notifications_are_told_and_streams_go_on_with_what_they_missed() {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    market.trade(&[(1, 0.0, 100.0)]).await;
    let proxy = Proxy::before(db.url()).await;
    let mut config = config(db.url());
    config.database.database_listen_url = Some(proxy.url().to_owned());
    let api = Api::with(config).await;
    api.until_ready().await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1m,ticks:BTCUSDT").await;
    events.bars().await;

    proxy.cut();
    until("the reason is the notifications", async || {
        let health: HealthResponse = api.get("/health/ready").await.json().await.unwrap();
        let mut reasons = health.reasons.keys();
        reasons.next().is_some_and(|part| part == "notifications") && reasons.next().is_none()
    })
    .await;
    // Unheard, but what is asked for is read, not remembered.
    market.trade(&[(2, 1.0, 111.0)]).await;
    let trades: TradesResponse = api.json(TRADES).await;
    assert_eq!(trades.trades.price, [100.0, 111.0]);

    proxy.restore();
    events.bar(|row| row.close == 111.0).await;
    api.until_ready().await;
    market.trade(&[(3, 2.0, 122.0)]).await;
    events.bar(|row| row.close == 122.0).await;
}
