//! How long a trade takes from the exchange to a client of the event stream, at 2,000 trades a second, and what a
//! thousand streams at once cost. Budget: half of the trades within 150 ms, 99 of 100 within 400 ms.
//!
//! `cargo bench --bench stream`, and with `TEST_FLAVOUR=timescale`. `SECONDS` changes how long each
//! measurement takes, `STREAMS` how many streams are many.
//!
//! The whole stack is the real program, `spreadscope demo`, in a process of its own: simulated exchange, ingestor,
//! PostgreSQL, aggregator, server. A trade's way begins at the time that the exchange gives it and ends when a client
//! has the first event with it; each trade counts, and not only the newest of each event.

mod client;
mod demo;
mod histogram;

use std::{env, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};

use client::{Heard, Stream};
use demo::Demo;
use histogram::Histogram;
use tokio::sync::watch;

const SYMBOLS: [&str; 10] = [
    "BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "ADAUSDT", "DOGEUSDT", "LINKUSDT",
    "LTCUSDT", "DOTUSDT",
];
/// Trades a second, of all symbols.
const RATE: usize = 2_000;
const P50_MS: u32 = 150;
const P99_MS: u32 = 400;

fn main() -> Result<()> {
    // reqwest asks for one even where no connection is encrypted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measure())
}

fn setting(name: &str, default: usize) -> usize {
    let given = env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

async fn measure() -> Result<()> {
    let length = Duration::from_secs(setting("SECONDS", 30) as u64);
    let many = setting("STREAMS", 1_000);
    let demo = Arc::new(Demo::start(&SYMBOLS, RATE)?);
    for y in SYMBOLS {
        let x = if y == "BTCUSDT" { "ETHUSDT" } else { "BTCUSDT" };
        demo.wait_for_history(y, x).await?;
    }
    println!(
        "{} trades/s of {} symbols, {} s a measurement",
        RATE,
        SYMBOLS.len(),
        length.as_secs()
    );
    for streams in [1, many] {
        case(&demo, streams, length).await?;
    }
    demo.stop()
}

/// One measurement with so many streams open.
async fn case(demo: &Arc<Demo>, streams: usize, length: Duration) -> Result<()> {
    let all: Vec<(usize, usize)> = (0..SYMBOLS.len())
        .flat_map(|y| (0..y).map(move |x| (y, x)))
        .collect();
    let before = demo.usage()?;
    let (begin, begun) = watch::channel(false);
    let mut open = Vec::new();
    for index in 0..streams {
        let (y, x) = all[index % all.len()];
        let stream = Stream::open(demo.address, SYMBOLS[y], SYMBOLS[x]).await?;
        open.push(tokio::spawn(stream.listen(begun.clone(), length)));
    }
    begin.send_replace(true);
    let at_first = demo.usage()?;
    let mut heard = Vec::new();
    for task in open {
        // Who is disconnected, or hears nothing, is an error.
        heard.push(task.await??);
    }
    let after = demo.usage()?;
    let events: usize = heard.iter().map(Heard::events).sum();
    println!(
        "{streams} stream(s): {:.0} events/s; the stack's process {:.1} MB before, {:.1} MB with them ({:.0} kB each), {:.0} % of a core",
        events as f64 / length.as_secs_f64(),
        before.memory_mb,
        after.memory_mb,
        (after.memory_mb - before.memory_mb) * 1e3 / streams as f64,
        (after.processor - at_first.processor).as_secs_f64() / length.as_secs_f64() * 100.0,
    );
    for topic in ["ticks", "pair"] {
        let mut latencies = Histogram::default();
        for one in &heard {
            one.latencies(topic, demo, &mut latencies).await?;
        }
        ensure!(latencies.count() > 0, "no trades were heard of");
        let [p50, p99] = [0.5, 0.99].map(|share| latencies.quantile(share));
        let holds = p50 <= P50_MS && p99 <= P99_MS;
        println!(
            "budget: {topic}, {streams} stream(s): exchange to client p50 {p50} ms, p99 {p99} ms, most {} ms; budget ≤ {P50_MS} and \
             {P99_MS} ms: {}",
            latencies.quantile(1.0),
            if holds { "holds" } else { "fails" }
        );
    }
    Ok(())
}

/// Milliseconds since the epoch, as the exchange counts them.
fn now_ms() -> Result<i64> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    i64::try_from(since.as_millis()).context("the clock is right")
}
