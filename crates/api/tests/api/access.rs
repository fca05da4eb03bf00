//! The token, sessions, and writes that pages of other sites attempt.

use ::api::Config;
use api_types::{SessionResponse, TokenFor};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use testkit::TestDb;

use crate::support::{Api, config, events::Events, problem, raw};

const TOKEN: &str = "0123456789abcdef-of-a-test";
/// Any call that changes something.
const WRITE: (Method, &str) = (Method::PUT, "/api/v1/watchlist");

async fn api(db: &TestDb, change: impl FnOnce(&mut Config)) -> Api {
    let mut config = config(db.url());
    config.access.api_token = Some(TOKEN.into());
    change(&mut config);
    let api = Api::with(config).await;
    api.until_ready().await;
    api
}

fn write(api: &Api) -> RequestBuilder {
    let (method, path) = WRITE;
    let body = json!({ "pairs": [] });
    api.client.request(method, api.url(path)).json(&body)
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// Opens a session; returns the cookie as a browser sends it.
async fn open_session(api: &Api) -> String {
    let request = api.client.post(api.url("/api/v1/session"));
    let response = request
        .json(&json!({ "token": TOKEN }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains(TOKEN));
    let session: SessionResponse = response.json().await.unwrap();
    assert!(session.authenticated && session.expires.is_some());
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn writes_need_the_token_and_reads_do_not() {
    let db = TestDb::create().await.unwrap();
    let api = api(&db, |_| ()).await;
    let refused = write(&api).send().await.unwrap();
    assert_eq!(
        refused.headers()["www-authenticate"],
        "Bearer realm=\"spreadscope\""
    );
    let refused = problem(refused).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.kind, "urn:spreadscope:problem:token-needed");
    for wrong in [
        "",
        "0123456789abcdef-of-a-tes",
        "0123456789abcdef-of-a-test1",
    ] {
        assert_eq!(status(write(&api).bearer_auth(wrong)).await, 401, "{wrong}");
    }
    assert_ne!(status(write(&api).bearer_auth(TOKEN)).await, 401);
    for path in [
        "/api/v1/symbols",
        "/api/v1/stream?topics=status",
        "/metrics",
    ] {
        assert_eq!(api.get(path).await.status(), 200, "{path}");
    }
    let session: SessionResponse = api.json("/api/v1/session").await;
    assert_eq!(
        (session.token_for, session.authenticated),
        (TokenFor::Writes, false)
    );
}

#[tokio::test]
async fn reads_need_the_token_too_if_it_is_set_so_and_what_tells_nothing_stays_open() {
    let db = TestDb::create().await.unwrap();
    let api = api(&db, |config| config.access.api_token_reads = true).await;
    for path in [
        "/api/v1/symbols",
        "/api/v1/status",
        "/api/v1/stream?topics=status",
        "/api/v1/nothing",
        "/metrics",
    ] {
        assert_eq!(api.problem(path).await.status, 401, "{path}");
        let with_token = api.client.get(api.url(path)).bearer_auth(TOKEN);
        assert_ne!(status(with_token).await, 401, "{path}");
    }
    for path in [
        "/health/live",
        "/health/ready",
        "/openapi.json",
        "/docs/",
        "/api/v1/session",
    ] {
        assert_eq!(api.get(path).await.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn a_session_does_what_the_token_does_on_every_server_with_that_token() {
    let db = TestDb::create().await.unwrap();
    let reads = |config: &mut Config| config.access.api_token_reads = true;
    let first = api(&db, reads).await;
    let cookie = open_session(&first).await;
    // Another process, or the same after a restart.
    let second = api(&db, reads).await;
    for api in [&first, &second] {
        assert_ne!(status(write(api).header("cookie", &cookie)).await, 401);
        // As EventSource asks, which can send no header of its own.
        let mut events = Events::open_with(api, "status", &[("cookie", &cookie)]).await;
        assert!(events.next().await.is_some());
    }
    let changed = api(&db, |config| {
        reads(config);
        config.access.api_token = Some("another-token-than-before".into());
    })
    .await;
    assert_eq!(status(write(&changed).header("cookie", &cookie)).await, 401);

    let end = first.client.delete(first.url("/api/v1/session"));
    let ended = end.header("cookie", &cookie).send().await.unwrap();
    let forget = ended.headers()["set-cookie"].to_str().unwrap();
    assert!(forget.starts_with("spreadscope_session=;") && forget.contains("Max-Age=0"));
}

#[tokio::test]
async fn a_session_needs_the_right_token_and_a_server_that_has_one() {
    let db = TestDb::create().await.unwrap();
    let guarded = api(&db, |_| ()).await;
    let ask = async |api: &Api, body: serde_json::Value| {
        let request = api.client.post(api.url("/api/v1/session")).json(&body);
        problem(request.send().await.unwrap()).await
    };
    assert_eq!(ask(&guarded, json!({ "token": "wrong" })).await.status, 401);
    let unknown = ask(&guarded, json!({ "token": TOKEN, "for": "me" })).await;
    assert_eq!(
        (unknown.status, unknown.errors[0].field.as_str()),
        (400, "body")
    );
    let form = guarded.client.post(guarded.url("/api/v1/session"));
    let form = form.header("content-type", "text/plain").body("token=a");
    assert_eq!(problem(form.send().await.unwrap()).await.status, 415);

    let open = Api::start(&db).await;
    let refused = ask(&open, json!({ "token": TOKEN })).await;
    assert_eq!(refused.kind, "urn:spreadscope:problem:no-token");
    let session: SessionResponse = open.json("/api/v1/session").await;
    assert_eq!(
        (session.token_for, session.authenticated),
        (TokenFor::Nothing, true)
    );
}

#[tokio::test]
async fn pages_of_other_sites_cannot_write() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let refused = write(&api).header(header, value).send().await.unwrap();
        assert_eq!(problem(refused).await.status, 403, "{header}: {value}");
        let read = api
            .client
            .get(api.url("/api/v1/symbols"))
            .header(header, value);
        assert_eq!(status(read).await, 200, "{header}: {value}");
    }
    let own = format!("http://{}", api.address);
    for (header, value) in [("sec-fetch-site", "same-origin"), ("origin", own.as_str())] {
        assert_ne!(
            status(write(&api).header(header, value)).await,
            403,
            "{header}: {value}"
        );
    }
}

#[tokio::test]
async fn who_may_not_write_is_told_before_the_body_is_sent() {
    let db = TestDb::create().await.unwrap();
    let api = api(&db, |_| ()).await;
    for (header, expected) in [
        ("Origin: https://evil.example", "403"),
        ("X-Nothing: 1", "401"),
    ] {
        // The body that is announced never comes.
        let answer = raw(
            &api,
            &format!(
                "PUT /api/v1/watchlist HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\
                 Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
            ),
        )
        .await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {expected}")),
            "{answer}"
        );
    }
}
