//! What it takes to follow 200 symbols: 19,900 pairs, all of them updated each second.
//!
//! Prints processor time and memory with their budgets, in lines that begin with `budget`. A second is one closed bar
//! of a second and one open one, which is more than a radar on longer bars has to do.

use std::hint::black_box;
use std::time::{Duration, Instant};

use analytics::radar::{Radar, RadarParams};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const SYMBOLS: usize = 200;
const SECOND_MS: i64 = 1_000;
/// Enough for every figure of every pair.
const WARM_UP: i64 = 700;
const MEASURED: i64 = 60;
/// Share of one core.
const CORE_BUDGET: f64 = 0.2;
const MEMORY_BUDGET_MB: f64 = 100.0;

fn main() {
    let pairs = (0..SYMBOLS).flat_map(|y| (y + 1..SYMBOLS).map(move |x| (y, x)));
    let before = memory_mb();
    let mut radar =
        Radar::new(SYMBOLS, pairs, RadarParams::of_bars(SECOND_MS)).expect("pairs of symbols");
    let mut market = Market::new();
    let mut open = Vec::new();
    for second in 0..WARM_UP {
        market.trade();
        radar
            .push(second * SECOND_MS, &market.closes)
            .expect("closes");
    }
    let (mut closed, mut provisional) = (Duration::ZERO, Duration::ZERO);
    let mut longest = Duration::ZERO;
    for second in WARM_UP..WARM_UP + MEASURED {
        market.trade();
        let bucket_ms = second * SECOND_MS;
        let begun = Instant::now();
        let looked = radar.provisional(bucket_ms, black_box(&market.closes), &mut open);
        let opened = begun.elapsed();
        looked.expect("closes");
        radar
            .push(bucket_ms, black_box(&market.closes))
            .expect("closes");
        let both = begun.elapsed();
        closed += both - opened;
        provisional += opened;
        longest = longest.max(both);
    }
    let told = radar
        .points()
        .iter()
        .filter(|point| point.z.is_some())
        .count();
    let pairs = radar.points().len();
    assert_eq!(told, pairs, "every pair has a z-score");
    let memory = memory_mb() - before;
    let ms = |time: Duration| time.as_secs_f64() * 1e3 / MEASURED as f64;
    println!(
        "{pairs} pairs of {SYMBOLS} symbols: a closed bar {:.2} ms, an open one {:.2} ms, together at most {:.2} ms",
        ms(closed),
        ms(provisional),
        longest.as_secs_f64() * 1e3
    );
    let share = (ms(closed) + ms(provisional)) / 1e3;
    report(
        &format!("{:.1} % of one core for an update a second", 100.0 * share),
        &format!("≤ {:.0} %", 100.0 * CORE_BUDGET),
        share <= CORE_BUDGET,
    );
    report(
        &format!("{memory:.0} MB"),
        &format!("≤ {MEMORY_BUDGET_MB:.0} MB"),
        memory <= MEMORY_BUDGET_MB,
    );
}

fn report(figure: &str, budget: &str, holds: bool) {
    let verdict = if holds { "holds" } else { "fails" };
    println!("budget: {figure}, budget {budget}: {verdict}");
}

/// Prices that wander, half of them together.
struct Market {
    random: StdRng,
    logs: Vec<f64>,
    closes: Vec<Option<f64>>,
}

impl Market {
    fn new() -> Self {
        Self {
            random: StdRng::seed_from_u64(1),
            logs: (0..SYMBOLS).map(|symbol| symbol as f64 / 20.0).collect(),
            closes: vec![None; SYMBOLS],
        }
    }

    fn trade(&mut self) {
        let common = 0.001 * (self.random.random::<f64>() - 0.5);
        for (symbol, (log, close)) in self.logs.iter_mut().zip(&mut self.closes).enumerate() {
            *log += 0.001 * (self.random.random::<f64>() - 0.5);
            *log += if symbol % 2 == 0 { common } else { 0.0 };
            *close = Some(log.exp());
        }
    }
}

/// Resident memory of this process; 0 where the system does not say.
fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
