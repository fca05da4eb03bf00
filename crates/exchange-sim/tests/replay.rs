//! A recording served as if it happened now.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod common;

use std::{fmt::Write, path::PathBuf};

use common::{ids, start, until};
use exchange_sim::{ReplayEnd, Shift, SimConfig};
use serde_json::{Value, json};
use tempfile::TempDir;

/// 2024-08-08 23:58:00 UTC.
const START_MS: i64 = 1_723_161_480_000;
const DAY_MS: i64 = 86_400_000;

/// Ten trades a second and symbol for two minutes, except in the second one for ETHUSDT.
fn recording(directory: &TempDir) -> PathBuf {
    let mut rows =
        String::from("symbol,agg_id,price,qty,first_id,last_id,time_ms,is_buyer_maker\n");
    for i in 0..1_200_i64 {
        let (price, time_ms, maker) = (61_800 + i * 37 % 91, START_MS + i * 100, i % 3 == 0);
        writeln!(
            rows,
            "BTCUSDT,{},{price}.30,0.{:03},{},{},{time_ms},{maker}",
            i + 1,
            i % 900 + 1,
            5 * i,
            5 * i + i % 4
        )
        .unwrap();
        if i < 600 {
            writeln!(
                rows,
                "ETHUSDT,{},26{:02}.5,1.0,{i},{i},{time_ms},{maker}",
                i + 1,
                i % 71
            )
            .unwrap();
        }
    }
    let path = directory.path().join("recording.csv");
    std::fs::write(&path, rows).unwrap();
    path
}

fn replaying(directory: &TempDir, shift: Shift) -> SimConfig {
    SimConfig {
        replay: Some(recording(directory)),
        replay_speed: 100.0,
        replay_shift: shift,
        wait_for_client: true,
        ..SimConfig::default()
    }
}

#[tokio::test]
async fn a_client_gets_the_whole_recording_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let sim = start(replaying(&directory, Shift::None)).await;
    assert_eq!(
        sim.json("/fapi/v1/time").await["serverTime"],
        START_MS,
        "time waits for the client"
    );
    let mut client = sim.connect("/market/stream?streams=btcusdt@aggTrade").await;
    let trades = client.trades(1_200).await;
    assert_eq!(ids(&trades), (1..=1_200).collect::<Vec<_>>());
    let third = json!({ "a": 3, "s": "BTCUSDT", "p": "61874.30", "q": "0.003", "f": 10, "l": 12, "T": START_MS + 200, "m": false });
    for (key, value) in third.as_object().unwrap() {
        assert_eq!(&trades[2][key], value, "{key}");
    }
}

#[tokio::test]
async fn rest_knows_what_has_been_replayed_so_far_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let sim = start(replaying(&directory, Shift::None)).await;
    let klines = |symbol: &str| format!("/fapi/v1/klines?symbol={symbol}&interval=1m");
    let first = sim.json(&klines("BTCUSDT")).await;
    assert_eq!(
        (first.as_array().unwrap().len(), &first[0][1], &first[0][4]),
        (1, &json!("61800.30"), &json!("61800.30"))
    );
    assert_eq!(
        sim.json("/fapi/v1/aggTrades?symbol=BTCUSDT")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let mut client = sim.connect("/market/stream?streams=btcusdt@aggTrade").await;
    let trades = client.trades(1_200).await;
    let rows = sim.json(&klines("BTCUSDT")).await;
    let minute: Vec<&Value> = trades[..600].iter().collect();
    let price = |trade: &&Value| trade["p"].as_str().unwrap().to_owned();
    assert_eq!(rows[0][2], minute.iter().map(price).max().unwrap());
    assert_eq!(rows[0][3], minute.iter().map(price).min().unwrap());
    let fills: u64 = minute
        .iter()
        .map(|t| t["l"].as_u64().unwrap() - t["f"].as_u64().unwrap() + 1)
        .sum();
    assert_eq!(rows[0][8], fills);
    // The recording is over: no klines are made up after it, though time goes on.
    until(|| async {
        sim.json("/fapi/v1/time").await["serverTime"].as_i64() > Some(START_MS + 300_000)
    })
    .await;
    assert_eq!(
        sim.json(&klines("BTCUSDT")).await.as_array().unwrap().len(),
        2
    );
    assert_eq!(
        sim.json(&klines("ETHUSDT")).await.as_array().unwrap().len(),
        1
    );
    let page = sim
        .json("/fapi/v1/aggTrades?symbol=ETHUSDT&fromId=599")
        .await;
    assert_eq!(ids(page.as_array().unwrap()), [599, 600]);
}

#[tokio::test]
async fn a_recording_is_moved_by_whole_days_the_same_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let shifted = || SimConfig {
        state_dir: Some(directory.path().join("state")),
        ..replaying(&directory, Shift::Days)
    };
    let (one, two) = (start(shifted()).await, start(shifted()).await);
    let now = one.json("/fapi/v1/time").await["serverTime"]
        .as_i64()
        .unwrap();
    assert_eq!((now - START_MS) % DAY_MS, 0);
    assert!(now > START_MS);
    assert_eq!(two.json("/fapi/v1/time").await["serverTime"], now);
    assert!(directory.path().join("state/replay-shift.json").exists());
}

#[tokio::test]
async fn the_simulator_stops_at_the_end_if_asked_to_and_clients_have_everything() {
    let directory = tempfile::tempdir().unwrap();
    let config = SimConfig {
        replay_end: ReplayEnd::Stop,
        replay_speed: 1_000.0,
        ..replaying(&directory, Shift::None)
    };
    let mut sim = start(config).await;
    let mut client = sim
        .connect("/market/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade")
        .await;
    let mut frames = 0;
    while let Some(message) = client.next().await {
        frames += u32::from(message.is_text());
    }
    assert_eq!(frames, 1_800);
    (&mut sim.ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_missing_recording_is_named() {
    let config = SimConfig {
        replay: Some("/nowhere/trades.csv".into()),
        ..SimConfig::default()
    };
    let error = exchange_sim::Sim::bind(config).await.err().unwrap();
    assert!(error.to_string().contains("/nowhere/trades.csv"), "{error}");
}
