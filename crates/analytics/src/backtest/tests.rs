//! Signals that nobody outside can make: those that know the future.

use super::{Bars, Costs, Funding, LegPrices, Rules, Signals, Sizing, Strategy, backtest};
use crate::{
    Baseline, Estimator, Hedge, KalmanParams, KalmanSpread, Lookback, PairParams, Threshold,
    Transform, Window, ZScore,
    kalman::{Memory, Noise},
    spread,
};

const SEEDS: u64 = 500;
const BARS: usize = 500;
const WARMUP: usize = 130;

/// Opens and closes of two legs that have nothing to do with each other, each price a fair game.
struct Walks {
    times_ms: Vec<i64>,
    columns: [Vec<f64>; 4],
}

impl Walks {
    fn new(seed: u64) -> Self {
        let mut normal = normals(seed);
        let mut columns = [const { Vec::new() }; 4];
        let mut prices = [1_000.0, 1_000.0];
        for _ in 0..BARS {
            for (leg, price) in prices.iter_mut().enumerate() {
                *price += 0.3 * normal();
                columns[2 * leg].push(*price);
                *price += normal();
                columns[2 * leg + 1].push(*price);
            }
        }
        Self {
            times_ms: (0..BARS as i64).map(|t| t * 60_000).collect(),
            columns,
        }
    }

    fn bars(&self) -> Bars<'_> {
        let [y_open, y_close, x_open, x_close] = &self.columns;
        let leg = |open, close| LegPrices { open, close };
        Bars::new(
            &self.times_ms,
            60_000,
            leg(y_open, y_close),
            leg(x_open, x_close),
        )
        .unwrap()
    }
}

fn normals(seed: u64) -> impl FnMut() -> f64 {
    let mut state = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    move || (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

fn zscore() -> ZScore {
    ZScore::Rolling {
        window: Window::new(30).unwrap(),
        baseline: Baseline::Inclusive,
    }
}

fn strategy(sizing: Sizing) -> Strategy<'static> {
    let level = |level| Threshold::new(level, zscore()).unwrap();
    Strategy {
        rules: Rules::new(level(1.5), level(0.5), Some(level(3.5)), None).unwrap(),
        sizing,
        costs: Costs::default(),
        funding: Funding::NONE,
        capital: Strategy::CAPITAL,
        bars_per_year: 365.0 * 1_440.0,
    }
}

/// Mean of net + costs over all seeds, in standard errors.
fn mean_in_errors(sizing: Sizing, signals: impl Fn(&Bars<'_>) -> Signals) -> f64 {
    let before_costs: Vec<f64> = (0..SEEDS)
        .map(|seed| {
            let walks = Walks::new(seed);
            let bars = walks.bars();
            let found = backtest(&bars, &signals(&bars), WARMUP..BARS, &strategy(sizing)).unwrap();
            found.performance.net + found.performance.costs()
        })
        .collect();
    let n = before_costs.len() as f64;
    let mean = before_costs.iter().sum::<f64>() / n;
    let variance = before_costs.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    assert!(variance > 0.0, "nothing was traded");
    mean / (variance / n).sqrt()
}

fn honest(transform: Transform, hedge: Hedge) -> impl Fn(&Bars<'_>) -> Signals {
    let params = PairParams::new(transform, hedge, zscore()).unwrap();
    move |bars| Signals::of(bars, &params).unwrap()
}

fn walk_forward() -> Hedge {
    Hedge::WalkForward {
        estimator: Estimator::Ols,
        lookback: Lookback::new(100).unwrap(),
    }
}

#[test]
fn on_random_walks_what_is_earned_before_costs_is_nothing_but_chance() {
    let kalman = Hedge::Kalman {
        params: KalmanParams::of(Noise::Memory {
            lookback: Lookback::new(100).unwrap(),
            memory: Memory::new(50.0).unwrap(),
        }),
        spread: KalmanSpread::Innovation,
    };
    for (name, sizing, signals) in [
        (
            "least squares, levels",
            Sizing::BetaNeutral,
            honest(Transform::Level, walk_forward()),
        ),
        (
            "least squares, logarithms",
            Sizing::DollarNeutral,
            honest(Transform::Log, walk_forward()),
        ),
        (
            "kalman",
            Sizing::BetaNeutral,
            honest(Transform::Level, kalman),
        ),
    ] {
        let errors = mean_in_errors(sizing, signals);
        assert!(
            errors.abs() <= 3.0,
            "{name}: {errors:.2} standard errors from 0"
        );
    }
}

#[test]
fn the_same_test_fails_for_coefficients_fitted_to_the_whole_range() {
    let leaky = |bars: &Bars<'_>| {
        let (y, x) = (bars.y_closes(), bars.x_closes());
        let line = Estimator::Ols.fit(y, x).unwrap();
        let spread = spread(y, x, line).unwrap();
        let sd = (spread.iter().map(|s| s * s).sum::<f64>() / (spread.len() - 2) as f64).sqrt();
        Signals {
            transform: Transform::Level,
            spread: Vec::new(),
            z: spread.iter().map(|s| Some(s / sd)).collect(),
            beta: vec![Some(line.beta.abs()); bars.len()],
        }
    };
    let errors = mean_in_errors(Sizing::BetaNeutral, leaky);
    assert!(errors > 5.0, "{errors:.2} standard errors from 0");
}

#[test]
fn the_same_test_fails_for_signals_that_come_one_bar_early() {
    let on_time = honest(Transform::Level, walk_forward());
    let early = |bars: &Bars<'_>| {
        let mut signals = on_time(bars);
        signals.z.rotate_left(1);
        signals
    };
    let errors = mean_in_errors(Sizing::BetaNeutral, early);
    assert!(errors.abs() > 5.0, "{errors:.2} standard errors from 0");
}
