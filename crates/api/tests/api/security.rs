//! What the server refuses, and what it tells browsers.

use std::time::Duration;

use testkit::TestDb;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Api, config, problem, raw};

#[tokio::test]
async fn names_that_the_server_does_not_go_by_are_refused() {
    let db = TestDb::create().await.unwrap();
    let mut config = config(db.url());
    config.access.allowed_hosts = vec!["desk.example".to_owned()];
    let api = Api::with(config).await;
    let ask = async |host: &'static str| {
        let request = api
            .client
            .get(api.url("/api/v1/symbols"))
            .header("host", host);
        request.send().await.unwrap()
    };
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:80",
    ] {
        assert_eq!(problem(ask(host).await).await.status, 421, "{host}");
    }
    for host in ["localhost:8501", "desk.example", "[::1]:8000"] {
        assert_ne!(ask(host).await.status(), 421, "{host}");
    }
    let answer = raw(&api, "GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 400"), "{answer}");
    let answer = raw(
        &api,
        "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_an_id() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    for path in [
        "/",
        "/docs/",
        "/api/v1/symbols",
        "/api/v1/nothing",
        "/health/live",
        "/no/such.file",
    ] {
        let response = api.get(path).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for part in [
            "default-src 'self'",
            "'wasm-unsafe-eval'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert!(!header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn the_id_of_a_request_is_the_callers_if_it_is_sane() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    let ask = async |id: &str| {
        let request = api
            .client
            .get(api.url("/health/live"))
            .header("x-request-id", id);
        request.send().await.unwrap().headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(ask("abc-123_X").await, "abc-123_X");
    for bad in ["a b", "a\"b", &"x".repeat(65)] {
        assert_ne!(ask(bad).await, bad);
    }
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_ask_and_streams_are_not() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    let ask = async |path: &str| {
        let request = api
            .client
            .get(api.url(path))
            .header("accept-encoding", "br, gzip");
        request.send().await.unwrap()
    };
    assert_eq!(
        ask("/openapi.json").await.headers()["content-encoding"],
        "br"
    );
    let stream = ask("/api/v1/stream?topics=status").await;
    assert!(stream.headers().get("content-encoding").is_none());
    assert_eq!(stream.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_request_is_cut_off() {
    let db = TestDb::create().await.unwrap();
    let mut config = config(db.url());
    config.api_header_timeout_ms = 200;
    let api = Api::with(config).await;
    // `raw` returns when the server closes the connection.
    let answer = raw(
        &api,
        "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    )
    .await;
    assert!(!answer.contains("live"), "{answer}");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_until_one_is_closed() {
    let db = TestDb::create().await.unwrap();
    let mut config = config(db.url());
    config.api_max_connections = 1;
    let api = Api::with(config).await;
    let mut first = TcpStream::connect(api.address).await.unwrap();
    first
        .write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut start = [0; 12];
    first.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");

    let request = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut second = std::pin::pin!(raw(&api, request));
    // Nothing can be awaited that does not come; this is long for an answer that takes a millisecond.
    assert!(
        tokio::time::timeout(Duration::from_millis(300), &mut second)
            .await
            .is_err()
    );
    drop(first);
    assert!(second.await.starts_with("HTTP/1.1 200"));
}
