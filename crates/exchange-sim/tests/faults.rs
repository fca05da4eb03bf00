//! Faults on demand, as a client meets them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod common;

use std::time::{Duration, Instant};

use common::{config, ids, start, until};
use exchange_sim::{FaultKind, FaultSpec, SimConfig};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

const BTC: &str = "/market/stream?streams=btcusdt@aggTrade";

#[tokio::test]
async fn skipped_ids_are_missing_from_the_stream_and_given_by_rest() {
    let sim = start(config()).await;
    let mut client = sim.connect(BTC).await;
    let mut got = client.trades(5).await;
    sim.fault(json!({ "kind": "skip", "symbol": "BTCUSDT", "count": 3 }))
        .await;
    while ids(&got).windows(2).all(|pair| pair[1] == pair[0] + 1) {
        got.extend(client.trades(1).await);
    }
    let after = ids(&got)[got.len() - 1];
    assert_eq!(after - ids(&got)[got.len() - 2], 4);
    let page = sim
        .json(&format!(
            "/fapi/v1/aggTrades?symbol=BTCUSDT&fromId={}&limit=3",
            after - 3
        ))
        .await;
    assert_eq!(
        ids(page.as_array().unwrap()),
        [after - 3, after - 2, after - 1]
    );
    assert_eq!(sim.json("/sim/v1/faults").await[0]["hits"], 3);
}

#[tokio::test]
async fn a_delayed_trade_arrives_late_and_true() {
    let sim = start(config()).await;
    let mut client = sim.connect(BTC).await;
    client.trades(5).await;
    sim.fault(json!({ "kind": "delay", "delay_ms": 4_000 }))
        .await;
    let mut got = client.trades(1).await;
    while ids(&got).windows(2).all(|pair| pair[1] > pair[0]) {
        got.extend(client.trades(1).await);
    }
    let (late, before) = (&got[got.len() - 1], &got[got.len() - 2]);
    assert!(
        before["T"].as_i64().unwrap() - late["T"].as_i64().unwrap() > 2_000,
        "below the watermark"
    );
    assert!(late["E"].as_i64().unwrap() - late["T"].as_i64().unwrap() >= 4_000);
    let truth = sim
        .json(&format!(
            "/sim/v1/truth/trades?symbol=BTCUSDT&from_id={}&limit=1",
            late["a"]
        ))
        .await;
    assert_eq!((&truth[0]["p"], &truth[0]["T"]), (&late["p"], &late["T"]));
}

#[tokio::test]
async fn duplicates_and_reordered_trades_are_on_the_stream() {
    let sim = start(config()).await;
    let mut client = sim.connect(BTC).await;
    client.trades(1).await;
    sim.fault(json!({ "kind": "duplicate", "count": 5 })).await;
    sim.fault(json!({ "kind": "reorder", "count": 5 })).await;
    let (mut same, mut back, mut last) = (0, 0, 0);
    while same < 5 || back < 5 {
        let id = ids(&client.trades(1).await)[0];
        same += i32::from(id == last);
        back += i32::from(id < last);
        last = id;
    }
}

#[tokio::test]
async fn bad_frames_look_as_they_should() {
    let sim = start(config()).await;
    let mut client = sim.connect(BTC).await;
    client.trades(1).await;
    sim.fault(json!({ "kind": "malformed" })).await;
    sim.fault(json!({ "kind": "oversized", "bytes": 3_000_000 }))
        .await;
    sim.fault(json!({ "kind": "zero_price" })).await;
    sim.fault(json!({ "kind": "zero_qty", "replace": false }))
        .await;
    sim.fault(json!({ "kind": "unknown_field" })).await;
    sim.fault(json!({ "kind": "unknown_event" })).await;
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 6 {
        let text = client.text().await;
        let Ok(frame) = serde_json::from_str::<Value>(&text) else {
            seen.insert("malformed");
            continue;
        };
        let data = &frame["data"];
        if text.len() == 3_000_000 {
            seen.insert("oversized");
        } else if data["e"] == "somethingNew" {
            seen.insert("unknown event");
        } else if data["p"] == "0" {
            seen.insert("zero price");
        } else if data["q"] == "0" {
            seen.insert("zero quantity");
        } else if data.get("zz").is_some() {
            seen.insert("unknown field");
        }
    }
}

#[tokio::test]
async fn one_symbol_goes_silent_until_the_fault_is_ended() {
    let sim = start(config()).await;
    let mut client = sim
        .connect("/market/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade")
        .await;
    let mut trades = client.trades(100).await;
    let fault = sim
        .fault(json!({ "kind": "silent", "symbol": "BTCUSDT" }))
        .await;
    until(|| async { sim.json("/sim/v1/faults").await[0]["hits"].as_u64() > Some(50) }).await;
    let response = sim
        .http
        .delete(format!("http://{}/sim/v1/faults/{fault}", sim.base))
        .send()
        .await
        .unwrap();
    assert!(response.status().is_success());
    let widest_hole = |trades: &[Value], symbol: &str| {
        let of: Vec<Value> = trades
            .iter()
            .filter(|trade| trade["s"] == symbol)
            .cloned()
            .collect();
        ids(&of)
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .max()
            .unwrap_or(0)
    };
    while widest_hole(&trades, "BTCUSDT") < 50 {
        trades.extend(client.trades(20).await);
    }
    assert_eq!(widest_hole(&trades, "ETHUSDT"), 1);
}

#[tokio::test]
async fn connections_are_dropped_closed_frozen_and_refused() {
    let sim = start(config()).await;
    let mut client = sim.connect(BTC).await;
    sim.fault(json!({ "kind": "drop" })).await;
    while let Some(message) = client.next().await {
        assert!(message.is_text(), "it goes without a word");
    }
    let mut client = sim.connect(BTC).await;
    sim.fault(json!({ "kind": "close" })).await;
    while let Some(message) = client.next().await {
        if message.is_close() {
            break;
        }
    }
    let (mut frozen, mut other) = (sim.connect(BTC).await, sim.connect(BTC).await);
    let shown = sim.json("/sim/v1/connections").await;
    let id = &shown[0]["id"];
    sim.fault(json!({ "kind": "half_open", "connection": id }))
        .await;
    until(|| async { sim.json("/sim/v1/faults").await[2]["hits"] == 1 }).await;
    while !frozen.silent_for(Duration::from_millis(150)).await {}
    futures::SinkExt::send(&mut frozen.0, Message::Ping("x".into()))
        .await
        .unwrap();
    assert!(
        frozen.silent_for(Duration::from_millis(150)).await,
        "not even a pong"
    );
    other.trades(3).await;

    sim.fault(json!({ "kind": "refuse", "count": 1 })).await;
    let refused = tokio_tungstenite::connect_async(format!("ws://{}{BTC}", sim.base)).await;
    assert!(refused.unwrap_err().to_string().contains("503"));
    sim.connect(BTC).await.trades(1).await;
}

#[tokio::test]
async fn rest_fails_as_it_is_told_to() {
    let sim = start(config()).await;
    sim.fault(
        json!({ "kind": "rest_status", "status": 429, "retry_after_s": 7, "path": "klines" }),
    )
    .await;
    assert_eq!(sim.get("/fapi/v1/time").await.status().as_u16(), 200);
    let refused = sim.get("/fapi/v1/klines?symbol=BTCUSDT&interval=1m").await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["Retry-After"]),
        (429, &"7".parse().unwrap())
    );
    assert_eq!(
        sim.get("/fapi/v1/klines?symbol=BTCUSDT&interval=1m")
            .await
            .status()
            .as_u16(),
        200
    );
    for status in [418, 403, 451, 500, 503] {
        sim.fault(json!({ "kind": "rest_status", "status": status }))
            .await;
        assert_eq!(sim.get("/fapi/v1/time").await.status().as_u16(), status);
    }
    sim.fault(json!({ "kind": "rest_slow", "delay_ms": 300 }))
        .await;
    let started = Instant::now();
    assert_eq!(sim.get("/fapi/v1/time").await.status().as_u16(), 200);
    assert!(started.elapsed() >= Duration::from_millis(300));
    sim.fault(json!({ "kind": "rest_truncated" })).await;
    let cut = sim.get("/fapi/v1/exchangeInfo").await;
    assert!(cut.bytes().await.is_err());
}

#[tokio::test]
async fn faults_from_the_start_and_wrong_ones() {
    let fault = FaultSpec {
        count: Some(2),
        ..FaultSpec::new(FaultKind::Skip)
    };
    let sim = start(SimConfig {
        faults: vec![fault],
        ..config()
    })
    .await;
    let mut client = sim.connect(BTC).await;
    client.trades(1).await;
    assert_eq!(sim.json("/sim/v1/faults").await[0]["hits"], 2);
    let refused = sim
        .post("/sim/v1/faults", json!({ "kind": "skip", "every": 0 }))
        .await;
    assert_eq!(refused["error"], "every must not be 0");
    let ended = sim
        .http
        .delete(format!("http://{}/sim/v1/faults", sim.base))
        .send()
        .await
        .unwrap();
    assert_eq!(ended.json::<Value>().await.unwrap(), json!({ "ended": 1 }));
}

#[tokio::test]
async fn the_truth_does_not_know_the_faults() {
    let sim = start(config()).await;
    let mut client = sim.connect(BTC).await;
    sim.fault(json!({ "kind": "zero_price", "every": 3 })).await;
    sim.fault(json!({ "kind": "skip", "every": 5 })).await;
    let got = client.trades(150).await;
    assert!(got.iter().any(|trade| trade["p"] == "0"));
    let first = got[0]["a"].as_u64().unwrap();
    let truth = sim
        .json(&format!(
            "/sim/v1/truth/trades?symbol=BTCUSDT&from_id={first}&limit=150"
        ))
        .await;
    let truth = truth.as_array().unwrap();
    assert!(truth.iter().all(|trade| trade["p"] != "0"));
    assert!(ids(truth).windows(2).all(|pair| pair[1] == pair[0] + 1));
}
