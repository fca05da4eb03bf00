//! Speed of the hedge ratio models and rolling figures. Each row of the project's speed table that rests on
//! this half of the crate has a group here, at 500, 2,000, 10,000 and 50,000 bars; Theil-Sen also at 1,000,000.

use std::hint::black_box;
use std::time::Duration;

use analytics::cointegration::{EngleGrangerOptions, engle_granger_both};
use analytics::kalman::{KalmanParams, Noise, kalman};
use analytics::stationarity::{AdfOptions, adf};
use analytics::{
    Baseline, CorrelationOf, Estimator, Hedge, HuberParams, Intercept, KalmanSpread, Lookback,
    PairParams, Transform, Window, ZScore, analyse, huber, ols, rolling_correlation, theil_sen,
    theil_sen_line, walk_forward, zscore,
};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const SIZES: [usize; 4] = [500, 2_000, 10_000, 50_000];

/// A random walk near 100, and a leg that follows it with a fading error.
fn pair(n: usize, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut level, mut error) = (100.0, 0.0);
    (0..n)
        .map(|_| {
            level += 0.1 * (random.random::<f64>() - 0.5);
            error = 0.9 * error + 0.1 * (random.random::<f64>() - 0.5);
            (20.0 + 1.5 * level + error, level)
        })
        .unzip()
}

/// Runs `work` on a pair of each size.
fn group<T>(c: &mut Criterion, name: &str, sizes: &[usize], work: impl Fn(&[f64], &[f64]) -> T) {
    let mut group = c.benchmark_group(name);
    group.warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(2));
    group.sample_size(10);
    for &n in sizes {
        let (y, x) = pair(n, 1);
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, _| {
            b.iter(|| work(black_box(&y), black_box(&x)));
        });
    }
    group.finish();
}

fn in_sample(c: &mut Criterion) {
    let sizes = [&SIZES[..], &[1_000_000]].concat();
    group(c, "ols with Newey-West errors", &SIZES, ols);
    group(c, "huber", &SIZES, |y, x| {
        huber(y, x, &HuberParams::default())
    });
    group(c, "theil-sen, coefficients", &sizes, |y, x| {
        theil_sen_line(y, x, Intercept::Separate)
    });
    group(c, "theil-sen with its interval", &sizes, |y, x| {
        theil_sen(y, x, Intercept::Separate)
    });
    let memory = KalmanParams::default();
    group(c, "kalman, noise memory", &SIZES[1..], |y, x| {
        kalman(y, x, &memory)
    });
    let parity = KalmanParams::of(Noise::pykalman());
    group(c, "kalman, noise pykalman", &SIZES, |y, x| {
        kalman(y, x, &parity)
    });
    let likelihood = KalmanParams::of(Noise::MaximumLikelihood {
        lookback: Lookback::default(),
    });
    group(c, "kalman, noise ml", &SIZES[1..], |y, x| {
        kalman(y, x, &likelihood)
    });
}

fn moving(c: &mut Criterion) {
    // A look-back of 500 needs more bars than that.
    let sizes = &SIZES[1..];
    for (name, estimator) in [
        ("walk-forward ols, lookback 500", Estimator::Ols),
        (
            "walk-forward huber, lookback 500",
            Estimator::Huber(HuberParams::default()),
        ),
        (
            "walk-forward theil-sen, lookback 500",
            Estimator::TheilSen(Intercept::Separate),
        ),
    ] {
        group(c, name, sizes, |y, x| {
            walk_forward(y, x, estimator, Lookback::default())
        });
    }
    group(c, "z-score, window 60", &SIZES, |y, _| {
        let spread: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
        zscore(&spread, Window::default(), Baseline::Inclusive)
    });
    group(c, "correlation of returns, window 60", &SIZES, |y, x| {
        rolling_correlation(y, x, Window::default(), CorrelationOf::Returns)
    });
}

/// What one view of a pair costs: the whole chart of a model, one ADF of its spread, and Engle-Granger both
/// ways.
fn pair_analytics(c: &mut Criterion) {
    let walk_forward = |estimator| Hedge::WalkForward {
        estimator,
        lookback: Lookback::default(),
    };
    let filter = Hedge::Kalman {
        params: KalmanParams::default(),
        spread: KalmanSpread::default(),
    };
    let mut group = c.benchmark_group("pair analytics, 1,000 bars");
    group.sample_size(10);
    let (y, x) = pair(1_000, 1);
    for (name, hedge) in [
        ("ols", walk_forward(Estimator::Ols)),
        (
            "theil-sen",
            walk_forward(Estimator::TheilSen(Intercept::Separate)),
        ),
        ("kalman", filter),
    ] {
        let params = PairParams::new(Transform::Level, hedge, ZScore::default())
            .expect("a rolling z-score fits every hedge")
            .with_correlation(Window::default(), CorrelationOf::Returns);
        group.bench_function(name, |b| {
            b.iter(|| {
                let (y, x) = (black_box(&y[..]), black_box(&x[..]));
                let analysis = analyse(y, x, &params).expect("legs that move");
                let spread: Vec<f64> = analysis.spread.iter().copied().flatten().collect();
                let stationarity = adf(&spread, AdfOptions::default());
                let both = engle_granger_both(y, x, EngleGrangerOptions::default());
                (analysis, stationarity, both)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, in_sample, moving, pair_analytics);
criterion_main!(benches);
