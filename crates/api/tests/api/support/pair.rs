//! Two related markets, a bar a minute.

use std::collections::HashMap;

use serde_json::value::RawValue;
use testkit::TestDb;

use super::{
    Api,
    market::{Market, START_MS},
};

pub const MINUTE_MS: i64 = 60_000;

/// Two markets and a server.
pub struct Pair {
    db: TestDb,
    pub y: Market,
    pub x: Market,
    pub api: Api,
}

/// Numbers between −0.5 and 0.5 from a seed.
pub fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }
}

/// Closes of two legs that keep together: (y, x).
pub fn closes(bars: usize, seed: u64) -> Vec<(f64, f64)> {
    let mut draw = noise(seed);
    let (mut level, mut error) = (500.0, 0.0);
    let cents = |price: f64| (price * 100.0).round() / 100.0;
    (0..bars)
        .map(|_| {
            level += 2.0 * draw();
            error = 0.8 * error + draw();
            (cents(40.0 + 1.7 * level + error), cents(level))
        })
        .collect()
}

impl Pair {
    /// A trade in each of `bars` minutes; the feed has seen the second that follows them, so that all are
    /// closed.
    pub async fn new(bars: usize) -> Self {
        let db = TestDb::create().await.unwrap();
        let y = Market::new(&db, "YUSDT").await;
        let x = Market::new(&db, "XUSDT").await;
        let closes = closes(bars, 7);
        let trades = |price: fn(&(f64, f64)) -> f64| -> Vec<(i64, f64, f64)> {
            let trade = |(t, close): (usize, &(f64, f64))| {
                (trade_id(t as i64), t as f64 * 60.0 + 30.0, price(close))
            };
            closes.iter().enumerate().map(trade).collect()
        };
        y.trade(&trades(|close| close.0)).await;
        x.trade(&trades(|close| close.1)).await;
        x.report(bars as f64 * 60.0 + 1.0).await;
        let api = Api::start(&db).await;
        Self { db, y, x, api }
    }

    /// Where the database is, for another server.
    pub fn url(&self) -> &str {
        self.db.url()
    }

    /// Closes of both legs as `/bars` has them, to the bit: (time, y, x).
    pub async fn bars(&self) -> (Vec<i64>, Vec<f64>, Vec<f64>) {
        let (time, y) = closes_of(&self.api, "YUSDT", "1m").await;
        let (_, x) = closes_of(&self.api, "XUSDT", "1m").await;
        (time, y, x)
    }
}

/// Closed bars as `/bars` has them, closes to the bit: (time, close).
pub async fn closes_of(api: &Api, symbol: &str, interval: &str) -> (Vec<i64>, Vec<f64>) {
    let path = format!("/api/v1/bars?symbol={symbol}&interval={interval}&limit=10000");
    let answer: HashMap<String, Box<RawValue>> = api.json(&path).await;
    let columns: HashMap<String, Box<RawValue>> =
        serde_json::from_str(answer["bars"].get()).unwrap();
    let mut times: Vec<i64> = serde_json::from_str(columns["time"].get()).unwrap();
    let mut closes = numbers(&columns["close"]);
    let closed: Vec<bool> = serde_json::from_str(columns["closed"].get()).unwrap();
    let closed = closed.iter().filter(|closed| **closed).count();
    times.truncate(closed);
    closes.truncate(closed);
    (times, closes)
}

/// JSON numbers to the bit: serde_json's own reading may be off by the last one.
pub fn numbers(column: &RawValue) -> Vec<f64> {
    let inner = column.get().trim_start_matches('[').trim_end_matches(']');
    inner.split(',').map(|text| text.parse().unwrap()).collect()
}

/// Id of the trade of a minute's bar: ids ascend with time, and leave room for trades that come late.
pub const fn trade_id(bar: i64) -> i64 {
    10 * (bar + 1)
}

/// Start of a minute's bar.
pub const fn minute(bar: i64) -> i64 {
    START_MS + bar * MINUTE_MS
}
