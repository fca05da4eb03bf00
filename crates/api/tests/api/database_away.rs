//! The server without its database: it starts, says so, and recovers by itself.

use std::time::{Duration, Instant};

use ::api::Config;
use api_types::{BarsResponse, HealthResponse, StatusResponse};
use testkit::{Proxy, TestDb};

use crate::support::{Api, ask_while_busy, config, events::Events, market::Market, problem, until};

fn impatient(database_url: &str) -> Config {
    let mut config = config(database_url);
    config.api_database_wait_ms = 800;
    config
}

const CALLS: [&str; 4] = [
    "/symbols",
    "/bars?symbol=BTCUSDT&interval=1m",
    "/trades?symbol=BTCUSDT",
    "/status",
];

async fn assert_away(api: &Api, proxy: &Proxy) {
    for path in CALLS {
        let asked = Instant::now();
        let response = api.get(&format!("/api/v1{path}")).await;
        let took = asked.elapsed();
        assert_eq!(response.status(), 503, "{path}");
        assert_eq!(response.headers()["retry-after"], "1");
        let problem = problem(response).await;
        assert_eq!(problem.kind, "urn:spreadscope:problem:database-away");
        // Nothing of where the database is.
        assert!(!problem.detail.contains(&proxy.address().port().to_string()));
        // 0.8 s of waiting; the rest is room for a busy machine, and far from any other limit.
        assert!(took < Duration::from_secs(4), "{path} took {took:?}");
    }
}

async fn reasons(api: &Api) -> std::collections::BTreeMap<String, String> {
    let response = api.get("/health/ready").await;
    response.json::<HealthResponse>().await.unwrap().reasons
}

/// A database with one trade, a proxy before it, and a server behind that.
async fn stack() -> (TestDb, Market, Proxy, Api) {
    stack_with(|_| ()).await
}

async fn stack_with(change: impl FnOnce(&mut Config)) -> (TestDb, Market, Proxy, Api) {
    let db = TestDb::create().await.unwrap();
    let market = Market::new(&db, "BTCUSDT").await;
    market.trade(&[(1, 0.0, 100.0)]).await;
    let proxy = Proxy::before(db.url()).await;
    let mut config = impatient(proxy.url());
    change(&mut config);
    let api = Api::with(config).await;
    api.until_ready().await;
    (db, market, proxy, api)
}

/// Whatever `fail` does to the network: it is a 503 at once, and all is well when it is undone.
async fn goes_away_and_comes_back(fail: impl Fn(&Proxy)) {
    let (_db, market, proxy, api) = stack().await;
    let mut events = Events::open(&api, "bars:BTCUSDT:1m").await;
    events.bars().await;

    fail(&proxy);
    assert_away(&api, &proxy).await;
    until("readiness is lost", async || {
        reasons(&api).await.contains_key("database")
    })
    .await;
    assert_eq!(api.get("/health/live").await.status(), 200);
    // A stream can be opened all the same, as a browser would not try again after a 503.
    let mut patient = Events::open(&api, "bars:BTCUSDT:1s").await;
    // Written while nobody listened.
    market.trade(&[(2, 1.0, 111.0)]).await;

    proxy.restore();
    api.until_ready().await;
    // Streams read what they missed first, so a call may find all connections in use.
    until("bars are answered again", async || {
        let response = api.get("/api/v1/bars?symbol=BTCUSDT&interval=1m").await;
        if response.status() == 503 {
            return false;
        }
        let response: BarsResponse = response.json().await.unwrap();
        assert_eq!(response.bars.close, [111.0]);
        true
    })
    .await;
    // The stream was open all the time, and goes on with what it missed.
    events.bar(|row| row.close == 111.0).await;
    patient.bar(|row| row.close == 111.0).await;
}

#[tokio::test]
async fn a_database_whose_connections_are_reset_is_a_503_until_it_is_back() {
    goes_away_and_comes_back(Proxy::cut).await;
}

#[tokio::test]
async fn a_database_that_refuses_connections_is_a_503_until_it_is_back() {
    goes_away_and_comes_back(Proxy::refuse).await;
}

#[tokio::test]
async fn a_database_that_falls_silent_is_a_503_until_it_is_back() {
    goes_away_and_comes_back(Proxy::silence).await;
}

#[tokio::test]
async fn queries_under_way_when_the_database_falls_silent_are_a_503_and_give_their_places_back() {
    let (db, _market, proxy, api) = stack_with(|config| {
        // Enough for connections to be opened on a machine that is busy.
        config.api_database_wait_ms = 2_000;
        config.api_statement_timeout_ms = 60_000;
        config.api_request_timeout_ms = 60_000;
    })
    .await;
    // Readers of the table wait; more of them than there are connections.
    let lock = db.lock("trades").await.unwrap();
    let asking: Vec<_> = (0..12)
        .map(|_| tokio::spawn(ask_while_busy(&api, "/api/v1/trades?symbol=BTCUSDT")))
        .collect();
    until("connections wait for the lock", async || {
        db.waiting_for_locks().await.unwrap() >= 8
    })
    .await;
    proxy.silence();
    let fell_silent = Instant::now();
    for answer in asking {
        let problem = problem(answer.await.unwrap()).await;
        assert_eq!(problem.kind, "urn:spreadscope:problem:database-away");
    }
    // About a second on a machine that is not busy, and far from any other limit on one that is.
    assert!(fell_silent.elapsed() < Duration::from_secs(20));
    drop(lock);
    proxy.restore();
    api.until_ready().await;
    // Connections that will never answer again give their places in the pool back.
    until("as many queries as ever run at once", async || {
        let again = (0..8).map(|_| api.get("/api/v1/trades?symbol=BTCUSDT"));
        let answers = futures::future::join_all(again).await;
        answers.iter().all(|answer| answer.status() == 200)
    })
    .await;
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
    // Its patience with the database is that of a test: a busy machine may take longer for a single query.
    until("it works", async || {
        api.get("/api/v1/symbols").await.status() == 200
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_not_migrated_yet_is_a_reason_not_to_be_ready() {
    let db = TestDb::empty().await.unwrap();
    let api = Api::with(config(db.url())).await;
    until("the reason is the schema", async || {
        let reasons = reasons(&api).await;
        reasons
            .get("database")
            .is_some_and(|reason| reason.contains("aggregator"))
    })
    .await;
    let problem = api.problem("/api/v1/symbols").await;
    assert_eq!(problem.status, 503);
    assert_eq!(problem.kind, "urn:spreadscope:problem:schema-too-old");
    db.store().migrate().await.unwrap();
    api.until_ready().await;
    assert_eq!(api.get("/api/v1/symbols").await.status(), 200);
}

#[tokio::test]
async fn a_schema_of_a_newer_version_serves_an_older_server() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    api.until_ready().await;
    db.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of a later version', true, '', 0)",
    )
    .await
    .unwrap();
    // A server that starts only now sees nothing but the newer schema.
    let late = Api::start(&db).await;
    late.until_ready().await;
    for server in [&api, &late] {
        for path in CALLS {
            let response = server.get(&format!("/api/v1{path}")).await;
            assert_ne!(response.status(), 503, "{path}");
        }
        let status = server.get("/api/v1/status").await;
        let status: StatusResponse = status.json().await.unwrap();
        assert_eq!(status.database.schema_version, 9999);
        assert_eq!(server.get("/health/ready").await.status(), 200);
    }
}
