//! Simulated markets for tests of the backtest.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

use std::num::NonZeroUsize;

use analytics::backtest::{Bars, Costs, Funding, LegPrices, Rules, Sizing, Strategy};
use analytics::{Estimator, Hedge, Lookback, PairParams, Threshold, Transform, Window, ZScore};

pub const BAR_MS: i64 = 3_600_000;
pub const LOOKBACK: usize = 80;
pub const WINDOW: usize = 20;

/// Opens and closes of a pair whose spread comes back with a half-life in bars.
#[derive(Clone)]
pub struct Market {
    pub times_ms: Vec<i64>,
    /// Open and close of y, open and close of x.
    pub columns: [Vec<f64>; 4],
}

impl Market {
    pub fn new(bars: usize, half_life: f64, seed: u64) -> Self {
        let mut normal = normals(seed);
        let phi = 0.5_f64.powf(1.0 / half_life);
        let (mut level, mut spread) = (200.0, 0.0);
        let mut columns = [const { Vec::new() }; 4];
        let mut closes = [320.0, 200.0];
        for _ in 0..bars {
            let gaps = [0.05 * normal(), 0.05 * normal()];
            level += 0.5 * normal();
            spread = phi * spread + 0.8 * normal();
            columns[0].push(closes[0] + gaps[0]);
            columns[2].push(closes[1] + gaps[1]);
            closes = [20.0 + 1.5 * level + spread, level];
            columns[1].push(closes[0]);
            columns[3].push(closes[1]);
        }
        // One bucket in fifty is missing.
        let times = (0..).filter(|t| t % 50 != 49).map(|t| t * BAR_MS);
        Self {
            times_ms: times.take(bars).collect(),
            columns,
        }
    }

    pub fn bars(&self) -> Bars<'_> {
        let [y_open, y_close, x_open, x_close] = &self.columns;
        let leg = |open, close| LegPrices { open, close };
        let (y, x) = (leg(y_open, y_close), leg(x_open, x_close));
        Bars::new(&self.times_ms, BAR_MS, y, x).unwrap()
    }
}

pub fn normals(seed: u64) -> impl FnMut() -> f64 {
    let mut state = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    move || (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

pub fn zscore() -> ZScore {
    ZScore::Rolling {
        window: Window::new(WINDOW).unwrap(),
        baseline: analytics::Baseline::Inclusive,
    }
}

pub fn walk_forward(transform: Transform) -> PairParams {
    let hedge = Hedge::WalkForward {
        estimator: Estimator::Ols,
        lookback: Lookback::new(LOOKBACK).unwrap(),
    };
    PairParams::new(transform, hedge, zscore()).unwrap()
}

pub fn rules(entry: f64, exit: f64, stop: Option<f64>, time_stop: Option<usize>) -> Rules {
    let level = |level| Threshold::new(level, zscore()).unwrap();
    let time_stop = time_stop.map(|bars| NonZeroUsize::new(bars).unwrap());
    Rules::new(level(entry), level(exit), stop.map(level), time_stop).unwrap()
}

pub fn strategy(rules: Rules, sizing: Sizing) -> Strategy<'static> {
    Strategy {
        rules,
        sizing,
        costs: Costs::default(),
        funding: Funding::NONE,
        capital: Strategy::CAPITAL,
        bars_per_year: 365.0 * 24.0,
    }
}
