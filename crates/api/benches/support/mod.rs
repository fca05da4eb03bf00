//! The market, both services, and the tools that measure them.

mod services;
mod wrk;

use std::{env, time::Duration};

use anyhow::Result;
use market::{Bar, FeedMode, Interval, Venue};
use store::{FeedState, FeedStatus, Store, SymbolSpec, feed_status, history, symbols};
use testkit::TestDb;

pub use services::{Ours, Theirs};
pub use wrk::{Load, load};

/// What is asked, and how long the answer may take.
pub struct Case {
    pub name: &'static str,
    pub query: &'static str,
    pub warm_ms: f64,
    pub cold_ms: f64,
}

impl Case {
    pub const fn new(name: &'static str, query: &'static str, warm_ms: f64, cold_ms: f64) -> Self {
        Self {
            name,
            query,
            warm_ms,
            cold_ms,
        }
    }

    /// A walk of 1,000 robust fits takes Python a minute and more.
    pub fn python_can(&self) -> bool {
        let robust = self.query.contains("huber") || self.query.contains("theil_sen");
        !(robust && self.query.contains("walk_forward"))
    }
}

/// 2024-08-08T00:00:00Z.
const START_MS: i64 = 1_723_075_200_000;
const MINUTE_MS: i64 = 60_000;
const BARS: i64 = 10_080;

/// A week of two cointegrated markets.
pub struct Market {
    pub db: TestDb,
}

impl Market {
    pub async fn create() -> Result<Self> {
        let db = TestDb::create().await?;
        let specs = ["YUSDT", "XUSDT"].map(|name| SymbolSpec::named(name.parse().expect("a name")));
        let known = symbols::register(db.store(), Venue::Simulated, &specs).await?;
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        let (mut level, mut error) = (3_000.0, 0.0);
        let (mut y, mut x) = (Vec::new(), Vec::new());
        for minute in 0..BARS {
            level += 2.0 * draw();
            error = 0.9 * error + 10.0 * draw();
            y.push(bar(minute, 5_000.0 + 18.0 * level + error));
            x.push(bar(minute, level));
        }
        for ((_, id), bars) in known.into_iter().zip([y, x]) {
            for page in bars.chunks(1_500) {
                history::write_klines(db.store(), id, Interval::M1, page).await?;
            }
        }
        tokio::spawn(report(db.store().clone()));
        Ok(Self { db })
    }

    /// Times at which a range can end that has not been asked for.
    pub fn ends(&self) -> impl FnMut() -> i64 + use<> {
        let mut last = BARS;
        move || {
            last -= 1;
            assert!(last > 2_000, "all ranges have been asked for");
            START_MS + last * MINUTE_MS
        }
    }
}

/// A feed reports every second; what the server holds is vouched for only while it hears of one.
async fn report(store: Store) -> Result<()> {
    let status = FeedStatus {
        venue: Venue::Simulated,
        mode: FeedMode::Simulated,
        state: FeedState::Connected,
        message: String::new(),
        watermark_ms: Some(START_MS + BARS * MINUTE_MS),
        lag_ms: Some(0),
        last_message_ms: Vec::new(),
        backfill: None,
    };
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        second.tick().await;
        feed_status::write(&store, &status).await?;
    }
}

fn bar(minute: i64, close: f64) -> Bar {
    let close = (close * 100.0).round() / 100.0;
    Bar {
        bucket_ms: START_MS + minute * MINUTE_MS,
        open: close,
        high: close + 0.5,
        low: close - 0.5,
        close,
        volume: 1.0,
        quote_volume: close,
        buy_volume: 0.5,
        trades: 10,
    }
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

pub fn milliseconds(ms: f64) -> String {
    if ms.is_nan() {
        "-".to_owned()
    } else {
        format!("{ms:.1}")
    }
}

pub fn setting(name: &str, default: usize) -> usize {
    let given = env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}
