//! Speed of the tests of a pair. Each row of the project's speed table that rests on this half of the
//! crate has a group here, at 500, 2,000, 10,000 and 50,000 bars.

use std::hint::black_box;
use std::num::NonZeroUsize;

use analytics::Progress;
use analytics::align::Closes;
use analytics::cointegration::{
    EngleGrangerOptions, PairTestOptions, engle_granger_both, pair_tests,
};
use analytics::johansen::{JohansenOptions, johansen};
use analytics::mean_reversion::{half_life, hurst};
use analytics::scan::{ScanParams, scan};
use analytics::stationarity::{AdfOptions, adf};
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

fn single_series(c: &mut Criterion) {
    let mut group = c.benchmark_group("adf, lags by AIC");
    for n in SIZES {
        let (y, _) = pair(n, 1);
        group.bench_with_input(BenchmarkId::from_parameter(n), &y, |b, y| {
            b.iter(|| adf(black_box(y), AdfOptions::default()));
        });
    }
    group.finish();
    let mut group = c.benchmark_group("half-life");
    for n in SIZES {
        let (y, _) = pair(n, 1);
        group.bench_with_input(BenchmarkId::from_parameter(n), &y, |b, y| {
            b.iter(|| half_life(black_box(y)));
        });
    }
    group.finish();
    let mut group = c.benchmark_group("hurst");
    for n in SIZES {
        let (y, _) = pair(n, 1);
        group.bench_with_input(BenchmarkId::from_parameter(n), &y, |b, y| {
            b.iter(|| hurst(black_box(y)));
        });
    }
    group.finish();
}

fn pairs(c: &mut Criterion) {
    let mut group = c.benchmark_group("engle-granger, both directions");
    for n in SIZES {
        let (y, x) = pair(n, 2);
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            b.iter(|| {
                engle_granger_both(black_box(&y), black_box(&x), EngleGrangerOptions::default())
            });
        });
    }
    group.finish();
    let mut group = c.benchmark_group("johansen");
    for n in SIZES {
        let (y, x) = pair(n, 2);
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            b.iter(|| johansen(&[black_box(&y), black_box(&x)], JohansenOptions::default()));
        });
    }
    group.finish();
    let mut group = c.benchmark_group("all tests of a pair");
    for n in [500, 1_000, 2_000, 10_000, 50_000] {
        let (y, x) = pair(n, 2);
        group.bench_function(BenchmarkId::from_parameter(n), |b| {
            b.iter(|| pair_tests(black_box(&y), black_box(&x), PairTestOptions::default()));
        });
    }
    group.finish();
}

/// The scanner's work: 28 symbols × 5,000 bars, both directions of 378 pairs, on two threads.
fn scan_of_a_market(c: &mut Criterion) {
    let closes: Vec<Vec<f64>> = (0..28).map(|seed| pair(5_000, seed).1).collect();
    let times_ms: Vec<i64> = (0..5_000).map(|bar| bar * 60_000).collect();
    let symbols: Vec<Closes<'_>> = closes
        .iter()
        .map(|closes| Closes {
            times_ms: &times_ms,
            closes,
        })
        .collect();
    let two = NonZeroUsize::new(2).expect("not zero");
    let mut group = c.benchmark_group("scan");
    group.sample_size(10);
    group.bench_function("28 symbols x 5,000 bars, 756 tests, 2 threads", |b| {
        b.iter(|| {
            scan(
                black_box(&symbols),
                &ScanParams::minutes(),
                two,
                &Progress::default(),
            )
        });
    });
    group.finish();
}

criterion_group!(benches, single_series, pairs, scan_of_a_market);
criterion_main!(benches);
