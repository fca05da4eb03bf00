//! Clients that ask for too much, too often, or too slowly; on real sockets.

use std::time::Duration;

use ::api::Config;
use testkit::TestDb;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Api, config, problem, raw, until};

const GET: &str = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

async fn api(db: &TestDb, change: impl FnOnce(&mut Config)) -> Api {
    let mut config = config(db.url());
    change(&mut config);
    Api::with(config).await
}

#[tokio::test]
async fn heads_that_are_too_large_or_have_too_many_lines_are_refused() {
    let db = TestDb::create().await.unwrap();
    let api = api(&db, |_| ()).await;
    let many: String = (0..200).map(|n| format!("X-{n}: 1\r\n")).collect();
    let long = format!("X: {}\r\n", "x".repeat(1_000_000));
    for lines in [many, long] {
        let head = format!("GET /health/live HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n");
        let mut stream = TcpStream::connect(api.address).await.unwrap();
        // The server may hang up before it has taken all of it.
        let _ = stream.write_all(head.as_bytes()).await;
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 431");
    }
}

#[tokio::test]
async fn a_client_that_sends_its_head_byte_by_byte_is_cut_off() {
    let db = TestDb::create().await.unwrap();
    let api = api(&db, |config| config.api_header_timeout_ms = 500).await;
    let mut stream = TcpStream::connect(api.address).await.unwrap();
    let dribble = async {
        stream
            .write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            .await?;
        loop {
            stream.write_all(b"x").await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let cut: std::io::Result<()> = tokio::time::timeout(Duration::from_secs(30), dribble)
        .await
        .expect("it does not go on for ever");
    assert!(cut.is_err());
}

#[tokio::test]
async fn a_client_that_stops_sending_its_body_or_dribbles_it_is_told_and_cut_off() {
    let db = TestDb::create().await.unwrap();
    let api = api(&db, |config| config.limits.api_body_timeout_ms = 500).await;
    for dribbles in [false, true] {
        let stream = TcpStream::connect(api.address).await.unwrap();
        let (mut reading, mut writing) = stream.into_split();
        let head = "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\n\
                    Content-Type: application/json\r\nContent-Length: 50000\r\n\r\n{";
        writing.write_all(head.as_bytes()).await.unwrap();
        let dribble = async {
            while dribbles && writing.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            std::future::pending::<()>().await;
        };
        let answer = async {
            let mut answer = Vec::new();
            let _ = reading.read_to_end(&mut answer).await;
            String::from_utf8_lossy(&answer).into_owned()
        };
        let answer = tokio::select! {
            answer = answer => answer,
            () = dribble => unreachable!("it waits for ever"),
            () = tokio::time::sleep(Duration::from_secs(30)) => panic!("it goes on for ever"),
        };
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answers_gives_its_place_up() {
    let db = TestDb::create().await.unwrap();
    let api = api(&db, |config| {
        config.limits.api_send_timeout_ms = 500;
        config.api_max_connections = 1;
    })
    .await;
    let slow = TcpStream::connect(api.address).await.unwrap();
    let (_unread, mut writing) = slow.into_split();
    // Asked for again and again, and never read.
    let asking = tokio::spawn(async move {
        let many = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
        while writing.write_all(many.as_bytes()).await.is_ok() {}
    });
    tokio::time::timeout(Duration::from_secs(60), asking)
        .await
        .expect("the server hangs up")
        .unwrap();
    assert!(raw(&api, GET).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn one_client_cannot_have_all_connections() {
    let db = TestDb::create().await.unwrap();
    let api = api(&db, |config| {
        config.limits.api_max_connections_per_client = 2;
        config.limits.api_limit_loopback = true;
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(api.address).await.unwrap();
        let keep = GET.replace("close", "keep-alive");
        stream.write_all(keep.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
        held.push(stream);
    }
    let further = async || {
        let mut stream = TcpStream::connect(api.address).await.unwrap();
        let _ = stream.write_all(GET.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer.starts_with(b"HTTP/1.1 200")
    };
    assert!(!further().await);
    held.pop();
    until(
        "the place of the connection that was closed is free",
        further,
    )
    .await;
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_when_it_may_again() {
    let db = TestDb::create().await.unwrap();
    let api = api(&db, |config| {
        config.limits.api_rate_per_second = 1;
        config.limits.api_rate_burst = 5;
        config.limits.api_limit_loopback = true;
    })
    .await;
    let answers = futures::future::join_all((0..40).map(|_| api.get("/api/v1/session"))).await;
    let refused: Vec<_> = answers
        .into_iter()
        .filter(|answer| answer.status() == 429)
        .collect();
    // More than the burst, unless the machine takes half a minute for them.
    assert!(!refused.is_empty());
    for answer in refused {
        let wait: u64 = answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=5).contains(&wait));
        let problem = problem(answer).await;
        assert_eq!(problem.kind, "urn:spreadscope:problem:too-many-requests");
    }
    until("it may again", async || {
        api.get("/api/v1/session").await.status() == 200
    })
    .await;
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_are_told_apart_and_nobody_else_can_pose_as_others() {
    let db = TestDb::create().await.unwrap();
    for trusted in [true, false] {
        let api = api(&db, |config| {
            config.limits.api_rate_per_second = 1;
            config.limits.api_rate_burst = 3;
            config.limits.api_limit_loopback = true;
            if trusted {
                config.access.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
            }
        })
        .await;
        let ask = |n: u32| {
            let request = api.client.get(api.url("/api/v1/session"));
            request
                .header("x-forwarded-for", format!("10.9.9.9, 203.0.113.{n}"))
                .send()
        };
        let answers = futures::future::join_all((0..30).map(ask)).await;
        let refused = answers
            .iter()
            .filter(|a| a.as_ref().unwrap().status() == 429)
            .count();
        assert_eq!(refused == 0, trusted, "{refused}");
    }
}
