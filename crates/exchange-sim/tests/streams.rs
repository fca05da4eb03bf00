//! The stream server against a WebSocket client.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod common;

use std::time::Duration;

use common::{config, ids, start};
use exchange_sim::SimConfig;
use futures::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

const BOTH: &str = "/market/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade";
/// Keys of a captured frame of 2026, in their order, with the types of their values.
const CAPTURED: &str = r#"{"e":"aggTrade","E":1,"a":2,"s":"BTCUSDT","p":"64990.90","q":"0.002","nq":"0.002","f":3,"l":3,"T":1,"m":true,"st":1}"#;

fn shape(text: &str) -> Vec<(String, String)> {
    // Keys in the order of the text: the frames hold no nested objects and no commas in values.
    text.trim_matches(['{', '}'])
        .split(',')
        .map(|field| {
            let (key, value) = field.split_once(':').unwrap();
            let value: Value = serde_json::from_str(value).unwrap();
            let kind = match value {
                Value::String(_) => "string",
                Value::Number(_) => "number",
                Value::Bool(_) => "boolean",
                _ => "other",
            };
            (key.to_owned(), kind.to_owned())
        })
        .collect()
}

#[tokio::test]
async fn a_combined_stream_carries_every_trade_of_its_symbols_in_order() {
    let sim = start(config()).await;
    let mut client = sim.connect(BOTH).await;
    let mut frames = Vec::new();
    for _ in 0..400 {
        let frame = client.json().await;
        let symbol = frame["data"]["s"].as_str().unwrap();
        assert_eq!(
            frame["stream"],
            format!("{}@aggTrade", symbol.to_lowercase())
        );
        assert!(frame["data"]["E"].as_i64() >= frame["data"]["T"].as_i64());
        frames.push(frame["data"].clone());
    }
    for symbol in ["BTCUSDT", "ETHUSDT"] {
        let of: Vec<Value> = frames
            .iter()
            .filter(|frame| frame["s"] == symbol)
            .cloned()
            .collect();
        assert!(of.len() > 50, "{}", of.len());
        assert!(ids(&of).windows(2).all(|pair| pair[1] == pair[0] + 1));
        // What REST says of the same ids is the same.
        let page = sim
            .json(&format!(
                "/fapi/v1/aggTrades?symbol={symbol}&fromId={}&limit={}",
                of[0]["a"],
                of.len().min(1_000)
            ))
            .await;
        for (frame, trade) in of.iter().zip(page.as_array().unwrap()) {
            for key in ["a", "p", "q", "nq", "f", "l", "T", "m"] {
                assert_eq!(frame[key], trade[key], "{key}");
            }
        }
    }
}

#[tokio::test]
async fn a_raw_stream_has_the_keys_order_and_types_of_captured_frames() {
    let sim = start(config()).await;
    let mut client = sim.connect("/market/ws/btcusdt@aggTrade").await;
    for _ in 0..20 {
        assert_eq!(shape(&client.text().await), shape(CAPTURED));
    }
}

#[tokio::test]
async fn the_old_paths_and_wrong_names_are_acknowledged_and_silent() {
    let sim = start(config()).await;
    for path in [
        "/stream?streams=btcusdt@aggTrade",
        "/ws/btcusdt@aggTrade",
        "/public/ws/btcusdt@aggTrade",
    ] {
        let mut client = sim.connect(path).await;
        let answer = client
            .ask("SUBSCRIBE", json!(["ethusdt@aggTrade"]), 1)
            .await;
        assert_eq!(answer, json!({ "result": null, "id": 1 }));
        assert!(
            client.silent_for(Duration::from_millis(200)).await,
            "{path}"
        );
    }
    let mut client = sim.connect("/market/stream").await;
    let wrong = json!(["nopeusdt@aggTrade", "BTCUSDT@aggTrade", "btcusdt@depth"]);
    assert_eq!(
        client.ask("SUBSCRIBE", wrong.clone(), 7).await,
        json!({ "result": null, "id": 7 })
    );
    assert_eq!(
        client.ask("LIST_SUBSCRIPTIONS", json!([]), 8).await,
        json!({ "result": wrong, "id": 8 })
    );
    assert!(client.silent_for(Duration::from_millis(200)).await);
}

#[tokio::test]
async fn subscriptions_change_while_the_connection_is_open() {
    let sim = start(config()).await;
    let mut client = sim.connect("/market/ws").await;
    assert_eq!(
        client
            .ask("SUBSCRIBE", json!(["btcusdt@aggTrade"]), 1)
            .await["result"],
        Value::Null
    );
    assert_eq!(client.json().await["s"], "BTCUSDT");
    client
        .ask("SET_PROPERTY", json!(["combined", true]), 2)
        .await;
    assert_eq!(client.json().await["stream"], "btcusdt@aggTrade");
    client
        .ask("SUBSCRIBE", json!(["ethusdt@aggTrade"]), 3)
        .await;
    client
        .ask("UNSUBSCRIBE", json!(["btcusdt@aggTrade"]), 4)
        .await;
    for _ in 0..20 {
        assert_eq!(client.json().await["stream"], "ethusdt@aggTrade");
    }
    let refused = client.ask("SUBSCRIBED", json!([]), 5).await;
    assert_eq!(refused["code"], 2);
    assert!(refused["msg"].as_str().unwrap().contains("unknown variant"));
}

#[tokio::test]
async fn more_than_ten_messages_a_second_end_the_connection() {
    let sim = start(config()).await;
    let mut client = sim.connect("/market/ws").await;
    for id in 0..11 {
        let list = json!({ "method": "LIST_SUBSCRIPTIONS", "id": id }).to_string();
        client.0.feed(Message::text(list)).await.unwrap();
    }
    client.0.flush().await.unwrap();
    for _ in 0..10 {
        client.text().await;
    }
    match client.next().await {
        Some(Message::Close(Some(frame))) => assert_eq!(frame.code, CloseCode::Policy),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_server_pings_and_drops_who_does_not_answer() {
    let quick = SimConfig {
        ping_interval_ms: 150,
        pong_timeout_ms: 400,
        ..config()
    };
    let sim = start(quick).await;
    // This client answers: reading is all it takes.
    let mut polite = sim.connect("/market/ws").await;
    assert!(polite.silent_for(Duration::from_millis(1_000)).await);
    assert_eq!(
        polite.ask("LIST_SUBSCRIPTIONS", json!([]), 1).await["result"],
        json!([])
    );
    // This one does not read for a while, so its library answers nothing.
    let mut mute = sim.connect("/market/ws").await;
    drop(polite);
    common::until(|| async { sim.json("/sim/v1/status").await["connections"] == 0 }).await;
    // Its library answers the first ping before it reads on, and may thus find the socket closed.
    match mute.next().await {
        None => {}
        Some(Message::Close(Some(frame))) => assert_eq!(frame.reason.as_str(), "no pong"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_connection_is_closed_at_the_end_of_its_lifetime() {
    let sim = start(SimConfig {
        connection_lifetime_ms: 200,
        ..config()
    })
    .await;
    let mut client = sim.connect("/market/stream?streams=btcusdt@aggTrade").await;
    loop {
        match client.next().await {
            Some(Message::Text(_)) => {}
            Some(Message::Close(Some(frame))) => {
                assert_eq!(frame.reason.as_str(), "end of lifetime");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_and_the_others_go_on() {
    let sim = start(SimConfig {
        rate: 200.0,
        client_buffer_frames: 8_000,
        ..config()
    })
    .await;
    let slow = sim.connect(BOTH).await;
    let mut quick = sim.connect(BOTH).await;
    let reading = async {
        loop {
            for _ in 0..1_000 {
                quick.text().await;
            }
            let connections = sim.json("/sim/v1/connections").await;
            if connections.as_array().unwrap().len() == 1 {
                return connections[0]["id"].clone();
            }
        }
    };
    assert_eq!(
        tokio::time::timeout(common::PATIENCE, reading)
            .await
            .unwrap(),
        2
    );
    drop(slow);
}

#[tokio::test]
async fn too_many_streams_are_refused() {
    let sim = start(config()).await;
    let streams: Vec<String> = (0..1_025).map(|i| format!("s{i}@aggTrade")).collect();
    let mut client = sim.connect("/market/ws").await;
    assert_eq!(client.ask("SUBSCRIBE", json!(streams), 1).await["code"], 2);
    assert_eq!(
        client.ask("SUBSCRIBE", json!(streams[1..]), 2).await,
        json!({ "result": null, "id": 2 })
    );
}

#[tokio::test]
async fn stopping_says_goodbye_to_clients_and_takes_no_time() {
    let sim = start(config()).await;
    let mut client = sim.connect(BOTH).await;
    client.trades(1).await;
    let started = std::time::Instant::now();
    sim.stop();
    loop {
        match client.next().await {
            Some(Message::Text(_)) => {}
            Some(Message::Close(Some(frame))) => {
                assert_eq!(frame.code, CloseCode::Away);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let mut sim = sim;
    (&mut sim.ended).await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(3));
}
