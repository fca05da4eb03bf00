//! The REST server against an HTTP client.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod common;

use common::{DAY_ONE_MS, config, start};
use exchange_sim::{Aggregate, SimConfig, SimTrade};
use serde_json::{Value, json};

/// Exchange time stands nearly still.
fn still() -> SimConfig {
    SimConfig {
        time_warp: 0.001,
        ..config()
    }
}

fn mantissa(value: &Value, scale: usize) -> i128 {
    let text = value.as_str().unwrap();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert_eq!(fraction.len(), scale, "{text}");
    format!("{whole}{fraction}").parse().unwrap()
}

#[tokio::test]
async fn klines_equal_the_trades_that_rest_gives() {
    let sim = start(still()).await;
    let now = DAY_ONE_MS + 3_600_000;
    let from = now - 5 * 60_000;
    let klines = sim
        .json(&format!(
            "/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime={from}&limit=4"
        ))
        .await;
    let mut trades: Vec<Value> = Vec::new();
    while trades
        .last()
        .is_none_or(|trade| trade["T"].as_i64().unwrap() < from + 4 * 60_000)
    {
        let query = match trades.last() {
            None => format!("startTime={from}&endTime={}", from + 1_000_000),
            Some(last) => format!("fromId={}", last["a"].as_u64().unwrap() + 1),
        };
        let page = sim
            .json(&format!(
                "/fapi/v1/aggTrades?symbol=BTCUSDT&limit=1000&{query}"
            ))
            .await;
        trades.extend(page.as_array().unwrap().iter().cloned());
    }
    assert_eq!(klines.as_array().unwrap().len(), 4);
    for (i, kline) in klines.as_array().unwrap().iter().enumerate() {
        let start = from + i as i64 * 60_000;
        let inside: Vec<&Value> = trades
            .iter()
            .filter(|t| (start..start + 60_000).contains(&t["T"].as_i64().unwrap()))
            .collect();
        let price = |t: &&Value| mantissa(&t["p"], 2);
        let qty = |t: &&Value| mantissa(&t["q"], 3);
        let bought = || inside.iter().filter(|t| t["m"] == false);
        assert_eq!(
            (&kline[0], &kline[6]),
            (&json!(start), &json!(start + 59_999))
        );
        assert_eq!(kline[1], inside[0]["p"]);
        assert_eq!(
            mantissa(&kline[2], 2),
            inside.iter().map(price).max().unwrap()
        );
        assert_eq!(
            mantissa(&kline[3], 2),
            inside.iter().map(price).min().unwrap()
        );
        assert_eq!(kline[4], inside.last().unwrap()["p"]);
        assert_eq!(mantissa(&kline[5], 3), inside.iter().map(qty).sum());
        assert_eq!(
            mantissa(&kline[7], 5),
            inside.iter().map(|t| price(t) * qty(t)).sum()
        );
        let fills = |t: &&Value| t["l"].as_u64().unwrap() - t["f"].as_u64().unwrap() + 1;
        assert_eq!(kline[8], json!(inside.iter().map(fills).sum::<u64>()));
        assert_eq!(mantissa(&kline[9], 3), bought().map(qty).sum());
        assert_eq!(
            mantissa(&kline[10], 5),
            bought().map(|t| price(t) * qty(t)).sum()
        );
        assert_eq!(kline[11], "0");
    }
}

#[tokio::test]
async fn coarse_klines_equal_the_fine_ones_and_the_last_one_is_open() {
    let sim = start(SimConfig {
        start_ms: Some(DAY_ONE_MS + 8_000_000),
        ..still()
    })
    .await;
    let rows = |interval: &str| {
        format!(
            "/fapi/v1/klines?symbol=ETHUSDT&interval={interval}&startTime={DAY_ONE_MS}&limit=1500"
        )
    };
    let fine = sim.json(&rows("1m")).await;
    let sum =
        |of: &[Value], column: usize| of.iter().map(|k| mantissa(&k[column], 3)).sum::<i128>();
    for (interval, minutes) in [("5m", 5), ("1h", 60), ("1d", 1_440)] {
        let coarse = sim.json(&rows(interval)).await;
        let groups: Vec<&[Value]> = fine.as_array().unwrap().chunks(minutes).collect();
        assert_eq!(coarse.as_array().unwrap().len(), groups.len(), "{interval}");
        for (kline, group) in coarse.as_array().unwrap().iter().zip(groups) {
            assert_eq!(
                (&kline[0], &kline[1], &kline[4]),
                (&group[0][0], &group[0][1], &group[group.len() - 1][4])
            );
            assert_eq!(
                mantissa(&kline[2], 2),
                group.iter().map(|k| mantissa(&k[2], 2)).max().unwrap()
            );
            assert_eq!(mantissa(&kline[5], 3), sum(group, 5));
        }
    }
    // Minute 133 is under way: 8,000 s are 133 minutes and 20 seconds.
    assert_eq!(fine.as_array().unwrap().len(), 134);
}

#[tokio::test]
async fn klines_are_paged_by_start_end_and_limit() {
    let sim = start(still()).await;
    let starts = |rows: Value| {
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row[0].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let sim = &sim;
    let get = |query: &str| {
        let path = format!("/fapi/v1/klines?symbol=BTCUSDT&interval=1h&{query}");
        async move { starts(sim.json(&path).await) }
    };
    let hour = 3_600_000;
    assert_eq!(get("limit=2").await, [DAY_ONE_MS, DAY_ONE_MS + hour]);
    let end = format!("endTime={}&limit=2", DAY_ONE_MS - 1);
    assert_eq!(get(&end).await, [DAY_ONE_MS - 2 * hour, DAY_ONE_MS - hour]);
    let start = format!("startTime={}&limit=3", DAY_ONE_MS - 2 * hour + 1);
    assert_eq!(
        get(&start).await,
        [DAY_ONE_MS - hour, DAY_ONE_MS, DAY_ONE_MS + hour]
    );
    let window = format!(
        "startTime={}&endTime={}",
        DAY_ONE_MS - 5 * hour,
        DAY_ONE_MS - 4 * hour
    );
    assert_eq!(
        get(&window).await,
        [DAY_ONE_MS - 5 * hour, DAY_ONE_MS - 4 * hour]
    );
    assert!(
        get(&format!("startTime={}", DAY_ONE_MS + 20 * hour))
            .await
            .is_empty()
    );
    // Before the first trade of all there is nothing.
    assert_eq!(
        get("startTime=1500000000000&limit=1").await,
        [exchange_sim::EPOCH_MS]
    );
}

#[tokio::test]
async fn trades_reach_back_a_day_and_no_further() {
    let sim = start(still()).await;
    let now = DAY_ONE_MS + 3_600_000;
    let sim = &sim;
    let get = |query: String| {
        let path = format!("/fapi/v1/aggTrades?symbol=BTCUSDT&{query}");
        async move { sim.json(&path).await.as_array().unwrap().clone() }
    };
    let old = sim.series.first_id_at(0, now - 90_000_000);
    assert!(get(format!("fromId={old}")).await.is_empty());
    let recent = sim.series.first_id_at(0, now - 80_000_000);
    let page = get(format!("fromId={recent}")).await;
    assert_eq!((page.len(), page[0]["a"].as_u64()), (500, Some(recent)));
    let latest = get("limit=3".into()).await;
    assert_eq!(latest.len(), 3);
    let last = latest[2]["a"].as_u64().unwrap();
    assert!(latest[2]["T"].as_i64().unwrap() <= now + 1_000);
    assert_eq!(get(format!("fromId={last}&limit=1000")).await.len(), 1);
    assert!(get(format!("fromId={}", last + 5_000)).await.is_empty());
}

#[tokio::test]
async fn mistakes_get_the_codes_of_the_exchange() {
    let sim = start(still()).await;
    for (path, status, code) in [
        ("klines?symbol=NOPEUSDT&interval=1m", 400, -1121),
        ("klines?interval=1m", 400, -1102),
        ("klines?symbol=BTCUSDT", 400, -1102),
        ("klines?symbol=BTCUSDT&interval=7m", 400, -1120),
        ("klines?symbol=BTCUSDT&interval=1m&limit=1501", 400, -1130),
        ("klines?symbol=BTCUSDT&interval=1m&limit=-1", 400, -1100),
        (
            "klines?symbol=BTCUSDT&interval=1m&startTime=2&endTime=1",
            400,
            -1023,
        ),
        ("aggTrades?symbol=btcusdt", 400, -1121),
        ("aggTrades?symbol=BTCUSDT&limit=1001", 400, -1130),
        ("aggTrades?symbol=BTCUSDT&fromId=1&startTime=1", 400, -1128),
        (
            "aggTrades?symbol=BTCUSDT&startTime=1&endTime=9000000",
            400,
            -1127,
        ),
    ] {
        let response = sim.get(&format!("/fapi/v1/{path}")).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(
            response.json::<Value>().await.unwrap()["code"],
            code,
            "{path}"
        );
    }
    let body = sim
        .get("/fapi/v1/klines?symbol=X&interval=1m")
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(body, r#"{"code":-1121,"msg":"Invalid symbol."}"#);
}

#[tokio::test]
async fn weight_is_counted_and_who_exceeds_it_is_told_to_wait_and_then_banned() {
    let sim = start(SimConfig {
        weight_per_minute: 60,
        ..still()
    })
    .await;
    let used = |response: &reqwest::Response| {
        response.headers()["X-MBX-USED-WEIGHT-1M"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    for (path, expected) in [
        ("time", "1"),
        ("exchangeInfo", "2"),
        ("klines?symbol=BTCUSDT&interval=1m&limit=99", "3"),
        ("klines?symbol=BTCUSDT&interval=1m&limit=499", "5"),
        ("klines?symbol=BTCUSDT&interval=1m", "10"),
        ("klines?symbol=BTCUSDT&interval=1m&limit=1500", "20"),
        ("aggTrades?symbol=BTCUSDT", "40"),
        ("aggTrades?symbol=BTCUSDT", "60"),
    ] {
        let response = sim.get(&format!("/fapi/v1/{path}")).await;
        assert_eq!(
            (response.status().as_u16(), used(&response).as_str()),
            (200, expected),
            "{path}"
        );
    }
    for _ in 0..10 {
        let refused = sim.get("/fapi/v1/time").await;
        assert_eq!(refused.status().as_u16(), 429);
        let wait: u64 = refused.headers()["Retry-After"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=60).contains(&wait));
        assert_eq!(refused.json::<Value>().await.unwrap()["code"], -1003);
    }
    let banned = sim.get("/fapi/v1/time").await;
    assert_eq!(banned.status().as_u16(), 418);
    assert_eq!(banned.headers()["Retry-After"], "120");
    assert!(banned.text().await.unwrap().contains("banned until"));
}

#[tokio::test]
async fn symbols_are_described_with_their_filters() {
    let sim = start(still()).await;
    let info = sim.json("/fapi/v1/exchangeInfo").await;
    let btc = &info["symbols"][0];
    assert_eq!(
        (&btc["symbol"], &btc["status"], &btc["contractType"]),
        (&json!("BTCUSDT"), &json!("TRADING"), &json!("PERPETUAL"))
    );
    assert_eq!(
        (&btc["baseAsset"], &btc["quoteAsset"]),
        (&json!("BTC"), &json!("USDT"))
    );
    assert_eq!(btc["filters"][0]["tickSize"], "0.10");
    assert_eq!(btc["filters"][1]["stepSize"], "0.001");
    assert_eq!(info["rateLimits"][0]["limit"], 2_400);
    let now = sim.json("/fapi/v1/time").await["serverTime"]
        .as_i64()
        .unwrap();
    assert!((0..60_000).contains(&(now - DAY_ONE_MS - 3_600_000)));
}

#[tokio::test]
async fn another_simulator_with_the_same_seed_has_the_same_past() {
    let (one, other) = (
        start(still()).await,
        start(SimConfig {
            symbols: vec!["ETHUSDT".into()],
            ..still()
        })
        .await,
    );
    let path = format!(
        "/fapi/v1/klines?symbol=ETHUSDT&interval=1d&endTime={}",
        DAY_ONE_MS - 1
    );
    assert_eq!(one.json(&path).await, other.json(&path).await);
    let different = start(SimConfig {
        seed: 43,
        ..still()
    })
    .await;
    assert_ne!(one.json(&path).await, different.json(&path).await);
}

#[tokio::test]
async fn the_truth_has_every_trade_and_bars_added_up_one_by_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("truth.csv");
    let mut sim = start(SimConfig {
        truth_file: Some(file.clone()),
        ..config()
    })
    .await;
    common::until(|| async { sim.json("/sim/v1/truth").await[1]["trades"].as_u64() > Some(300) })
        .await;
    sim.post("/sim/v1/clock", json!({ "paused": true })).await;
    let truth = sim.json("/sim/v1/truth").await;
    let (first, next) = (
        truth[1]["first_id"].as_u64().unwrap(),
        truth[1]["next_id"].as_u64().unwrap(),
    );
    let trades = sim
        .json("/sim/v1/truth/trades?symbol=ETHUSDT&limit=100000")
        .await;
    assert_eq!(
        common::ids(trades.as_array().unwrap()),
        (first..next).collect::<Vec<_>>()
    );

    let from = DAY_ONE_MS + 3_600_000;
    let bars = sim
        .json(&format!(
            "/sim/v1/truth/bars?symbol=ETHUSDT&interval_ms=1000&from_ms={from}&to_ms={}",
            from + 9_000_000
        ))
        .await;
    let mut all: Vec<SimTrade> = Vec::new();
    sim.series
        .read(1, first, i64::MAX, (next - first) as usize, &mut all);
    let mut sum: Option<Aggregate> = None;
    for trade in &all {
        let one = Aggregate::of(trade);
        match &mut sum {
            Some(sum) => sum.append(&one),
            None => sum = Some(one),
        }
    }
    let counted = |key: &str| {
        bars.as_array()
            .unwrap()
            .iter()
            .map(|bar| bar[key].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(
        (counted("trades"), counted("fills")),
        (sum.unwrap().trades, sum.unwrap().fills)
    );

    sim.stop();
    (&mut sim.ended).await.unwrap().unwrap();
    let written = std::fs::read_to_string(file).unwrap();
    let mut lines = written.lines();
    assert_eq!(
        lines.next(),
        Some("symbol,agg_id,price,qty,first_id,last_id,time_ms,is_buyer_maker")
    );
    assert!(lines.filter(|line| line.starts_with("ETHUSDT,")).count() as u64 >= next - first);
}

#[tokio::test]
async fn funding_is_paid_at_round_hours_and_is_the_same_whoever_asks() {
    let sim = start(still()).await;
    let now = DAY_ONE_MS + 3_600_000;
    let from = now - 30 * 86_400_000;
    let path = format!("/fapi/v1/fundingRate?symbol=BTCUSDT&startTime={from}&limit=1000");
    let rows = async |path: &str| sim.json(path).await.as_array().unwrap().clone();
    let all = rows(&path).await;
    assert_eq!(all.len(), 90);
    let time = |row: &Value| row["fundingTime"].as_i64().unwrap();
    assert!(all.iter().all(|row| time(row) % (8 * 3_600_000) == 0));
    assert!(
        all.windows(2)
            .all(|pair| time(&pair[1]) - time(&pair[0]) == 8 * 3_600_000)
    );
    assert!(time(&all[0]) >= from && time(&all[89]) <= now);
    let rates: Vec<i128> = all
        .iter()
        .map(|row| mantissa(&row["fundingRate"], 8))
        .collect();
    let mean = rates.iter().sum::<i128>() / 90;
    assert!((5_000..15_000).contains(&mean), "{mean}");
    assert!(rates.iter().any(|rate| *rate < 0));
    // The newest without a start; a part is a part of the whole; pages begin at the start.
    let newest = rows("/fapi/v1/fundingRate?symbol=BTCUSDT&limit=5").await;
    assert_eq!(newest, all[85..]);
    let ranged = format!(
        "/fapi/v1/fundingRate?symbol=BTCUSDT&startTime={}&endTime={}",
        time(&all[10]),
        time(&all[20])
    );
    assert_eq!(rows(&ranged).await, all[10..=20]);
    let page = rows(&path.replace("1000", "3")).await;
    assert_eq!(page, all[..3]);
    let later = format!(
        "/fapi/v1/fundingRate?symbol=BTCUSDT&startTime={}",
        now + 86_400_000
    );
    assert!(rows(&later).await.is_empty());
    let other = rows(&path.replace("BTC", "ETH")).await;
    assert_ne!(other[0]["fundingRate"], all[0]["fundingRate"]);
}
