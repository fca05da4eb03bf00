use api_types::{AlertEventKind, AlertKind, AlertReason, PairObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

fn event() -> AlertEvent {
    AlertEvent {
        id: 42,
        rule_id: 7,
        rule_name: "ETH/BTC".to_owned(),
        rule_kind: AlertKind::ZThreshold,
        episode: 3,
        kind: AlertEventKind::Fired,
        reason: AlertReason::Crossed,
        time: 1,
        bar: None,
        provisional: false,
        value: Some(2.5),
        level: 2.0,
        pair: PairObject::new(),
        stored_at: 2,
        delivery: None,
    }
}

/// A receiver that answers one request; its URL, and the request as it came.
async fn receiver(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let request = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut request, mut chunk) = (String::new(), [0; 4_096]);
        while !request.ends_with('}') {
            let read = stream.read(&mut chunk).await.unwrap();
            assert!(read > 0, "{request}");
            request.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        request
    });
    (url, request)
}

#[tokio::test]
async fn a_delivery_is_a_signed_post_of_the_event_under_its_id() {
    let (url, request) = receiver("HTTP/1.1 204 No Content\r\n\r\n").await;
    let sender = Sender::new(Reach::Anywhere).unwrap();
    let sent = sender
        .send(&url, Some("0123456789abcdef"), &event(), 2)
        .await;
    assert_eq!(sent, Ok(204));
    let request = request.await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(serde_json::from_str::<AlertEvent>(body).unwrap(), event());
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} in {head}"))
            .trim()
            .to_owned()
    };
    assert!(head.starts_with("POST /hook HTTP/1.1"));
    assert_eq!(header("x-spreadscope-event:"), "42");
    assert_eq!(header("x-spreadscope-attempt:"), "2");
    let signed = header("x-spreadscope-signature:");
    let seconds: i64 = signed[2..].split(',').next().unwrap().parse().unwrap();
    assert!((convert::now_ms() / 1_000 - seconds).abs() < 60);
    assert_eq!(
        signed,
        signature::sign("0123456789abcdef", seconds, body.as_bytes())
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, followed) = receiver("HTTP/1.1 200 OK\r\n\r\n").await;
    let answer = format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere}\r\n\r\n");
    let (url, _) = receiver(answer.leak()).await;
    let sender = Sender::new(Reach::Anywhere).unwrap();
    let sent = sender.send(&url, None, &event(), 1).await.unwrap_err();
    assert_eq!((sent.http_status, sent.again), (Some(307), true));
    assert!(!followed.is_finished());
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused_when_it_is_looked_up() {
    // `Target` lets names pass that it cannot judge; this one is in every hosts file.
    let sender = Sender::new(Reach::Public).unwrap();
    let client = &sender.client;
    let error = client.get("https://localhost:1/").send().await.unwrap_err();
    let failed = failure(&error);
    assert!(
        !failed.again && failed.error.contains("not public"),
        "{failed:?}"
    );
    let sent = sender.send("https://127.0.0.1:1/", None, &event(), 1).await;
    assert!(!sent.unwrap_err().again);
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_tried_again_and_its_url_is_in_no_text() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", free.local_addr().unwrap());
    drop(free);
    let sender = Sender::new(Reach::Anywhere).unwrap();
    let failed = sender.send(&url, None, &event(), 1).await.unwrap_err();
    assert!(
        failed.again && !failed.error.contains("token"),
        "{failed:?}"
    );
}
