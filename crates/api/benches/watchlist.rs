//! What a watchlist costs: processor time of the server's threads while 50 pairs are followed and every row
//! changes every second. Budget: 5 % of a core.
//!
//! `cargo bench --bench watchlist`, and with `TEST_FLAVOUR=timescale`. `SECONDS` changes how long it
//! takes. The writer, the client and the database are not counted: threads are told apart by their names.

use std::{
    env, fs,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use api::{Config, Server};
use market::{Bar, FeedMode, Interval, Trade, Venue};
use reqwest::Client;
use serde_json::{Value, json};
use store::{
    FeedState, FeedStatus, Store, SymbolId, SymbolSpec, TradeBatch, feed_status, history, symbols,
    trades,
};
use testkit::TestDb;
use tokio_util::sync::CancellationToken;

const BUDGET: f64 = 0.05;
const SYMBOLS: usize = 11;
const PAIRS: usize = 50;
/// Stored before the clock runs: more than the range of a session of seconds.
const SECONDS_BEFORE: i64 = 5_000;
const MINUTES_BEFORE: i64 = 5_000;
/// The ingestor writes so often.
const BATCH: Duration = Duration::from_millis(200);
const THREADS: &str = "served";
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> Result<()> {
    // reqwest asks for one even where no connection is encrypted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let others = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("others")
        .enable_all()
        .build()?;
    let server = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(THREADS)
        .enable_all()
        .build()?;
    others.block_on(measure(server.handle().clone()))?;
    server.shutdown_timeout(Duration::from_secs(5));
    Ok(())
}

async fn measure(server: tokio::runtime::Handle) -> Result<()> {
    let seconds = env::var("SECONDS").ok().and_then(|text| text.parse().ok());
    let length = Duration::from_secs(seconds.unwrap_or(75));
    let db = TestDb::create().await?;
    let mut feed = Feed::create(db.store().clone()).await?;
    let stop = CancellationToken::new();
    let config = Config::new(([127, 0, 0, 1], 0).into(), db.url());
    let bound = server.spawn(Server::bind(config)).await??;
    let base = format!("http://{}", bound.local_addr());
    server.spawn(bound.run(stop.clone()));
    tokio::spawn(async move {
        loop {
            if let Err(error) = feed.go_on().await {
                panic!("the feed stopped: {error}");
            }
            tokio::time::sleep(BATCH).await;
        }
    });
    let client = Client::builder().no_proxy().build()?;
    println!(
        "{}: {PAIRS} pairs of {SYMBOLS} symbols, {} s a measurement",
        testkit::flavour(),
        length.as_secs()
    );
    for (revision, interval) in ["1m", "1s"].into_iter().enumerate() {
        put(&client, &base, revision, interval).await?;
        let mut stream = client
            .get(format!("{base}/api/v1/stream?topics=watchlist"))
            .send()
            .await?;
        let (mut rows, mut bytes) = (0, 0);
        let (before, started) = (processor_time()?, Instant::now());
        while started.elapsed() < length {
            let chunk = tokio::time::timeout(PATIENCE, stream.chunk()).await??;
            let chunk = chunk.context("the stream ended")?;
            bytes += chunk.len();
            rows += String::from_utf8_lossy(&chunk)
                .matches("\"place\":")
                .count();
        }
        let wall = started.elapsed().as_secs_f64();
        let share = (processor_time()? - before).as_secs_f64() / wall;
        let verdict = if share <= BUDGET { "holds" } else { "fails" };
        println!(
            "bars of {interval}: {:.1} rows/s, {:.1} kB/s",
            rows as f64 / wall,
            bytes as f64 / wall / 1e3
        );
        println!(
            "budget: {PAIRS} pairs of {interval}: {:.2} % of a core, budget ≤ {:.0} %: {verdict}",
            share * 100.0,
            BUDGET * 100.0
        );
    }
    stop.cancel();
    Ok(())
}

/// Puts the pairs on the list and waits until all of them have figures.
async fn put(client: &Client, base: &str, revision: usize, interval: &str) -> Result<()> {
    let names: Vec<String> = (0..SYMBOLS).map(name).collect();
    let all = (0..SYMBOLS).flat_map(|y| (0..y).map(move |x| (y, x)));
    let pairs: Vec<Value> = all
        .take(PAIRS)
        .map(|(y, x)| json!({"y": names[y], "x": names[x], "interval": interval}))
        .collect();
    let url = format!("{base}/api/v1/watchlist");
    let body = json!({"revision": revision, "pairs": pairs});
    let started = Instant::now();
    loop {
        let answer = client.put(&url).json(&body).send().await;
        match answer {
            Ok(answer) if answer.status() == 200 => break,
            // The server has just begun to listen.
            _ if started.elapsed() < PATIENCE => tokio::time::sleep(BATCH).await,
            Ok(answer) => anyhow::bail!("{}", answer.text().await?),
            Err(error) => return Err(error.into()),
        }
    }
    loop {
        let list: Value = client.get(&url).send().await?.json().await?;
        let rows = list["rows"].as_array().context("rows")?;
        if rows.len() == PAIRS && rows.iter().all(|row| row["state"] == "ok") {
            return Ok(());
        }
        ensure!(
            started.elapsed() < PATIENCE,
            "no figures: {}",
            rows.first().map(ToString::to_string).unwrap_or_default()
        );
        tokio::time::sleep(BATCH).await;
    }
}

/// Time that the server's threads have been on a processor.
fn processor_time() -> Result<Duration> {
    let mut ticks = 0;
    for task in fs::read_dir("/proc/self/task")? {
        // A thread may end meanwhile.
        let Ok(stat) = fs::read_to_string(task?.path().join("stat")) else {
            continue;
        };
        let (head, rest) = stat.rsplit_once(')').context("a thread's name")?;
        if head.ends_with(THREADS) {
            let fields: Vec<&str> = rest.split_whitespace().collect();
            ticks += fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        }
    }
    // Linux counts hundredths of a second, whatever its own clock does.
    Ok(Duration::from_millis(ticks * 10))
}

fn name(symbol: usize) -> String {
    format!("S{symbol:02}USDT")
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

/// Markets that follow one another and trade all the time.
struct Feed {
    store: Store,
    symbols: Vec<(SymbolId, i64, f64)>,
    level: f64,
    state: u64,
    next_report_ms: i64,
}

impl Feed {
    async fn create(store: Store) -> Result<Self> {
        let specs = (0..SYMBOLS).map(|i| Ok(SymbolSpec::named(name(i).parse()?)));
        let specs = specs.collect::<Result<Vec<_>>>()?;
        let known = symbols::register(&store, Venue::Simulated, &specs).await?;
        let mut feed = Self {
            symbols: known.into_iter().map(|(_, id)| (id, 0, 0.0)).collect(),
            store,
            level: 1_000.0,
            state: 0x9E37_79B9_7F4A_7C15,
            next_report_ms: 0,
        };
        let now = Interval::M1.bucket_of(now_ms());
        let begin = now - SECONDS_BEFORE * 1_000;
        feed.write_minutes(now).await?;
        for (id, ..) in &feed.symbols {
            symbols::set_trades_from(&feed.store, *id, Interval::M1.bucket_of(begin)).await?;
        }
        for from in (0..SECONDS_BEFORE).step_by(500) {
            let mut batch = TradeBatch::new();
            for second in from..from + 500 {
                feed.trade(Interval::M1.bucket_of(begin) + second * 1_000, &mut batch);
            }
            trades::write_batch(&feed.store, &batch).await?;
        }
        feed.go_on().await?;
        Ok(feed)
    }

    async fn write_minutes(&mut self, now: i64) -> Result<()> {
        let mut bars: Vec<Vec<Bar>> = vec![Vec::new(); self.symbols.len()];
        for minute in 0..MINUTES_BEFORE {
            let bucket_ms = now - (MINUTES_BEFORE - minute) * 60_000;
            for (bars, close) in bars.iter_mut().zip(self.prices()) {
                bars.push(bar(bucket_ms, close));
            }
        }
        for ((id, ..), bars) in self.symbols.iter().zip(bars) {
            for page in bars.chunks(1_500) {
                history::write_klines(&self.store, *id, Interval::M1, page).await?;
            }
        }
        Ok(())
    }

    fn draw(&mut self) -> f64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }

    fn prices(&mut self) -> Vec<f64> {
        self.level += self.draw();
        for symbol in 0..self.symbols.len() {
            self.symbols[symbol].2 = 0.9 * self.symbols[symbol].2 + self.draw();
        }
        let price = |error: &f64| ((self.level + error) * 100.0).round() / 100.0;
        self.symbols
            .iter()
            .map(|(.., error)| price(error))
            .collect()
    }

    fn trade(&mut self, time_ms: i64, batch: &mut TradeBatch) {
        let prices = self.prices();
        for ((id, last, _), price) in self.symbols.iter_mut().zip(prices) {
            *last += 1;
            let trade = Trade {
                agg_id: *last,
                time_ms,
                price,
                qty: 1.0,
                fills: 1,
                buyer_is_maker: *last % 2 == 0,
            };
            batch.push(*id, trade);
        }
    }

    /// A batch of trades now, and once a second what the ingestor says of itself.
    async fn go_on(&mut self) -> Result<()> {
        let now = now_ms();
        let mut batch = TradeBatch::new();
        self.trade(now, &mut batch);
        trades::write_batch(&self.store, &batch).await?;
        if self.next_report_ms <= now {
            self.next_report_ms = now + 1_000;
            let status = FeedStatus {
                venue: Venue::Simulated,
                mode: FeedMode::Simulated,
                state: FeedState::Connected,
                message: String::new(),
                watermark_ms: Some(now),
                lag_ms: Some(10),
                last_message_ms: self.symbols.iter().map(|(id, ..)| (*id, now)).collect(),
                backfill: None,
            };
            feed_status::write(&self.store, &status).await?;
        }
        Ok(())
    }
}

fn bar(bucket_ms: i64, close: f64) -> Bar {
    Bar {
        bucket_ms,
        open: close,
        high: close,
        low: close,
        close,
        volume: 1.0,
        quote_volume: close,
        buy_volume: 0.5,
        trades: 10,
    }
}
