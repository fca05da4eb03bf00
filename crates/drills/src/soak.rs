//! Running for long: rates, lags and memory over time, and the comparison at the end.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use clap::Args;
use market::Interval;
use store::cursors;

use crate::{Lab, Setup, Stack, print};

/// How often lags are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// The memory of the last third of a soak may be this much more than that of the second: whatever leaks
/// grows without end.
const GROWTH: f64 = 1.15;

/// What a soak looks like.
#[derive(Debug, Args)]
pub struct Options {
    /// For so long.
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,

    /// Trades a second of all symbols together.
    #[arg(long, default_value_t = 2_000.0)]
    rate: f64,

    /// How many symbols.
    #[arg(long, default_value_t = 20)]
    symbols: u32,
}

/// What was seen in one stretch of the soak.
#[derive(Default)]
struct Stretch {
    began: Option<Instant>,
    stored: i64,
    lags_ms: Vec<i64>,
    ingestor_kb: u64,
    aggregator_kb: u64,
}

/// Soaks, printing a line for each thirtieth of the time, and has the stack judged.
///
/// # Errors
/// What the judge says, or memory that grows.
pub async fn run(lab: &Lab, options: &Options) -> Result<()> {
    let setup = Setup::brisk().market(|sim| {
        sim.symbols = (0..options.symbols)
            .map(|n| format!("SOAK{n:02}USDT"))
            .collect();
        sim.rate = options.rate / f64::from(options.symbols);
        sim.time_warp = 1.0;
        // At a minute's edge: the trades of the first minute, of which there may be too many for the weight of minutes,
        // need not be fetched.
        sim.start_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|now| i64::try_from(now.as_millis()).ok())
            .map(|now_ms| Interval::M1.bucket_of(now_ms));
        sim.weight_per_minute = 2_400;
    });
    let stack = lab.stack(setup).await?;
    // Life is like that: something is always a little wrong. The rarest first, as a trade is struck but once.
    for fault in [
        "zero_price,every=200000",
        "skip,every=50000",
        "duplicate,every=5000",
        "reorder,every=2000",
    ] {
        stack.exchange.fault(fault).await?;
    }
    let whole = Duration::from_secs_f64(options.minutes * 60.0);
    println!(
        "{:>8} {:>12} {:>10} {:>10} {:>10} {:>14} {:>16}",
        "minute", "trades/s", "p50 ms", "p99 ms", "max ms", "ingestor MB", "aggregator MB"
    );
    let (started, mut memory) = (Instant::now(), Vec::new());
    while started.elapsed() < whole {
        let stretch = watch(&stack, whole / 30).await?;
        memory.push(stretch.ingestor_kb + stretch.aggregator_kb);
        stretch.print(started);
    }
    let row = stack.judge("soak").await;
    print(std::slice::from_ref(&row));
    row.verdict?;
    let third = memory.len() / 3;
    let most = |part: &[u64]| part.iter().copied().max().unwrap_or(0) as f64;
    let (middle, last) = (most(&memory[third..2 * third]), most(&memory[2 * third..]));
    println!(
        "memory of both: {:.1} MB in the second third, {:.1} MB in the last",
        middle / 1_024.0,
        last / 1_024.0
    );
    ensure!(third == 0 || last <= middle * GROWTH, "memory grows");
    Ok(())
}

async fn watch(stack: &Stack, how_long: Duration) -> Result<Stretch> {
    let began = Instant::now();
    let before: i64 = stack.cursors().await?.iter().sum();
    let mut stretch = Stretch {
        began: Some(began),
        ..Stretch::default()
    };
    while began.elapsed() < how_long {
        tokio::time::sleep(LOOK).await;
        let now_ms = stack.exchange.now_ms().await?;
        let newest = cursors::load_all(stack.store()).await?;
        let lag_ms = |cursor: &cursors::Cursor| now_ms - cursor.last_time_ms;
        // By the freshest symbol, as quiet ones have nothing to be stored.
        stretch.lags_ms.extend(newest.values().map(lag_ms).min());
        for process in stack.ingestors() {
            stretch.ingestor_kb = stretch.ingestor_kb.max(process.resident_kb()?);
        }
        for process in stack.aggregators() {
            stretch.aggregator_kb = stretch.aggregator_kb.max(process.resident_kb()?);
        }
    }
    stretch.stored = stack.cursors().await?.iter().sum::<i64>() - before;
    Ok(stretch)
}

impl Stretch {
    fn print(mut self, started: Instant) {
        self.lags_ms.sort_unstable();
        let at = |share: f64| {
            let place = (self.lags_ms.len() as f64 * share) as usize;
            let last = self.lags_ms.len().saturating_sub(1);
            self.lags_ms
                .get(place.min(last))
                .copied()
                .unwrap_or_default()
        };
        let seconds = self
            .began
            .map_or(1.0, |began| began.elapsed().as_secs_f64());
        println!(
            "{:>8.1} {:>12.0} {:>10} {:>10} {:>10} {:>14.1} {:>16.1}",
            started.elapsed().as_secs_f64() / 60.0,
            self.stored as f64 / seconds,
            at(0.5),
            at(0.99),
            at(1.0),
            self.ingestor_kb as f64 / 1_024.0,
            self.aggregator_kb as f64 / 1_024.0,
        );
    }
}
