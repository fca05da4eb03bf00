//! Everything that is wrong with a request is told, in one shape.

use reqwest::Method;
use testkit::TestDb;

use crate::support::{Api, market::Market, problem};

async fn api() -> (TestDb, Api) {
    let db = TestDb::create().await.unwrap();
    Market::new(&db, "BTCUSDT").await;
    let api = Api::start(&db).await;
    (db, api)
}

#[tokio::test]
async fn each_bad_parameter_is_named_with_what_is_allowed() {
    let (_db, api) = api().await;
    let cases = [
        ("/bars?interval=1m", "symbol", "symbol=BTCUSDT"),
        ("/bars?symbol=BTCUSDT", "interval", "interval=1m"),
        ("/bars?symbol=BTC%20USDT&interval=1m", "symbol", "letters"),
        ("/bars?symbol=nasdaq:AAPL&interval=1m", "symbol", "binance"),
        ("/bars?symbol=BTCUSDT&interval=2m", "interval", "1s, 1m, 5m"),
        (
            "/bars?symbol=BTCUSDT&interval=1m&limit=0",
            "limit",
            "from 1 to 10000",
        ),
        (
            "/bars?symbol=BTCUSDT&interval=1m&limit=10001",
            "limit",
            "from 1 to 10000",
        ),
        (
            "/bars?symbol=BTCUSDT&interval=1m&limit=ten",
            "limit",
            "from 1 to 10000",
        ),
        (
            "/bars?symbol=BTCUSDT&interval=1m&startTime=yesterday",
            "startTime",
            "RFC 3339",
        ),
        (
            "/bars?symbol=BTCUSDT&interval=1m&endTime=-5",
            "endTime",
            "RFC 3339",
        ),
        (
            "/bars?symbol=BTCUSDT&interval=1m&startTime=2&endTime=1",
            "startTime",
            "endTime",
        ),
        (
            "/bars?symbol=BTCUSDT&interval=1m&period=5",
            "period",
            "startTime",
        ),
        (
            "/bars?symbol=BTCUSDT&symbol=ETHUSDT&interval=1m",
            "symbol",
            "more than once",
        ),
        ("/trades?limit=5", "symbol", "symbol=BTCUSDT"),
        ("/trades?symbol=BTCUSDT&fromId=-1", "fromId", "from 0"),
        (
            "/trades?symbol=BTCUSDT&fromId=1.5",
            "fromId",
            "whole number",
        ),
        ("/trades?symbol=BTCUSDT&limit=0", "limit", "from 1 to 10000"),
        ("/trades?symbol=BTCUSDT&interval=1m", "interval", "fromId"),
        ("/symbols?venue=binance", "venue", "no parameters"),
        ("/status?verbose", "verbose", "no parameters"),
        ("/stream", "topics", "bars:BTCUSDT:1m"),
        ("/stream?topics=", "topics", "bars:BTCUSDT:1m"),
        ("/stream?topics=trades:BTCUSDT", "topics", "bars:BTCUSDT:1m"),
        ("/stream?topics=bars:BTCUSDT:2m", "topics", "1s, 1m, 5m"),
        ("/stream?topics=status,status", "topics", "twice"),
        (
            "/stream?topics=status&lastEventId=nonsense",
            "lastEventId",
            "last id",
        ),
        ("/stream?topics=status&since=1", "since", "lastEventId"),
    ];
    for (path, field, allowed) in cases {
        let problem = api.problem(&format!("/api/v1{path}")).await;
        assert_eq!(problem.status, 400, "{path}");
        assert_eq!(problem.kind, "urn:spreadscope:problem:bad-parameter");
        let error = problem.errors.iter().find(|error| error.field == field);
        let error = error.unwrap_or_else(|| panic!("{path} does not name {field}: {problem:?}"));
        assert!(error.detail.contains(allowed), "{path}: {}", error.detail);
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let (_db, api) = api().await;
    let problem = api
        .problem("/api/v1/bars?interval=2m&limit=0&colour=red")
        .await;
    let mut fields: Vec<_> = problem
        .errors
        .iter()
        .map(|error| error.field.as_str())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["colour", "interval", "limit", "symbol"]);
}

#[tokio::test]
async fn a_bad_last_event_id_header_is_an_error_of_that_header() {
    let (_db, api) = api().await;
    let request = api.client.get(api.url("/api/v1/stream?topics=status"));
    let problem = problem(request.header("last-event-id", "x").send().await.unwrap()).await;
    assert_eq!(
        (problem.status, problem.errors[0].field.as_str()),
        (400, "Last-Event-ID")
    );
}

#[tokio::test]
async fn symbols_that_are_not_there_are_not_found() {
    let (_db, api) = api().await;
    for path in [
        "/bars?symbol=NOSUCH&interval=1m",
        "/bars?symbol=binance:BTCUSDT&interval=1m",
        "/trades?symbol=NOSUCH",
        "/stream?topics=status,ticks:NOSUCH",
    ] {
        let problem = api.problem(&format!("/api/v1{path}")).await;
        assert_eq!(problem.status, 404, "{path}");
        assert_eq!(problem.kind, "urn:spreadscope:problem:unknown-symbol");
        assert!(
            problem.detail.contains("/api/v1/symbols"),
            "{}",
            problem.detail
        );
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_below_api_are_problems_too() {
    let (_db, api) = api().await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/bars",
        "/api/v1/bars/1",
    ] {
        assert_eq!(api.problem(path).await.status, 404, "{path}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let request = api.client.request(method.clone(), api.url("/api/v1/bars"));
        let response = request.send().await.unwrap();
        let allow = response.headers()["allow"].to_str().unwrap().to_owned();
        assert!(allow.contains("GET"), "{allow}");
        let problem = problem(response).await;
        assert_eq!(problem.status, 405);
        assert!(
            problem.detail.contains(method.as_str()),
            "{}",
            problem.detail
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let (_db, api) = api().await;
    let request = api
        .client
        .get(api.url("/api/v1/symbols"))
        .body(vec![b'x'; 100_000]);
    assert_eq!(problem(request.send().await.unwrap()).await.status, 413);
}

#[tokio::test]
async fn more_streams_than_allowed_are_refused_and_a_closed_one_makes_room() {
    let db = TestDb::create().await.unwrap();
    let mut config = crate::support::config(db.url());
    config.api_max_streams = 1;
    let api = Api::with(config).await;
    api.until_ready().await;
    let open = crate::support::events::Events::open(&api, "status").await;
    let refused = api.get("/api/v1/stream?topics=status").await;
    assert_eq!(refused.headers()["retry-after"], "1");
    let problem = problem(refused).await;
    assert_eq!(problem.status, 503);
    assert_eq!(problem.kind, "urn:spreadscope:problem:too-many-streams");
    drop(open);
    crate::support::until("the stream's place is free", async || {
        api.get("/api/v1/stream?topics=status").await.status() == 200
    })
    .await;
}
