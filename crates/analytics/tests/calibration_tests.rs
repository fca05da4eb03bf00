//! How often the tests are right on series whose truth is known.

use analytics::cointegration::{EngleGrangerOptions, engle_granger, pair_tests};
use analytics::johansen::{JohansenOptions, johansen};
use analytics::stationarity::{AdfOptions, adf};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const PAIRS: u64 = 500;

/// A standard normal value (Box & Muller 1958).
fn normal(random: &mut StdRng) -> f64 {
    let (u, v): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

fn walk(random: &mut StdRng, n: usize) -> Vec<f64> {
    let mut level = 100.0;
    (0..n)
        .map(|_| {
            level += 0.1 * normal(random);
            level
        })
        .collect()
}

/// y = 20 + 1.5·x + an AR(1) error whose deviations halve in `half_life` bars.
fn cointegrated(random: &mut StdRng, n: usize, half_life: f64) -> (Vec<f64>, Vec<f64>) {
    let keep = (-std::f64::consts::LN_2 / half_life).exp();
    let x = walk(random, n);
    let mut error = 0.0;
    let y = x
        .iter()
        .map(|x| {
            error = keep * error + 0.1 * normal(random);
            20.0 + 1.5 * x + error
        })
        .collect();
    (y, x)
}

fn share(hits: usize) -> f64 {
    hits as f64 / PAIRS as f64
}

#[test]
fn engle_granger_rejects_about_five_percent_of_independent_random_walks() {
    let mut random = StdRng::seed_from_u64(20_251_122);
    let (mut by_tables, mut by_plain_adf) = (0, 0);
    for _ in 0..PAIRS {
        let (y, x) = (walk(&mut random, 1_000), walk(&mut random, 1_000));
        let block = pair_tests(&y, &x, Default::default()).unwrap();
        by_tables += usize::from(block.cointegrated());
        by_plain_adf += usize::from(block.adf_residuals.unwrap().p_value < 0.05);
    }
    let (by_tables, by_plain_adf) = (share(by_tables), share(by_plain_adf));
    eprintln!("rejected: {by_tables} by Engle-Granger, {by_plain_adf} by plain ADF");
    assert!((0.03..=0.08).contains(&by_tables), "{by_tables}");
    // Why plain ADF is never the verdict.
    assert!(by_plain_adf > 0.10, "{by_plain_adf}");
}

#[test]
fn engle_granger_finds_cointegrated_pairs_with_a_half_life_of_twenty_bars() {
    let mut random = StdRng::seed_from_u64(7);
    for half_life in [5.0, 20.0] {
        let found = (0..PAIRS)
            .filter(|_| {
                let (y, x) = cointegrated(&mut random, 1_000, half_life);
                engle_granger(&y, &x, EngleGrangerOptions::default())
                    .unwrap()
                    .rejects()
            })
            .count();
        eprintln!("half-life {half_life}: found {}", share(found));
        assert!(
            share(found) >= 0.95,
            "half-life {half_life}: {}",
            share(found)
        );
    }
}

#[test]
fn adf_rejects_about_five_percent_of_random_walks() {
    let mut random = StdRng::seed_from_u64(11);
    let rejected = (0..PAIRS)
        .filter(|_| {
            let series = walk(&mut random, 1_000);
            adf(&series, AdfOptions::default())
                .unwrap()
                .rejects_unit_root()
        })
        .count();
    assert!(
        (0.03..=0.08).contains(&share(rejected)),
        "{}",
        share(rejected)
    );
}

#[test]
fn johansen_keeps_its_size_on_walks_with_drift_and_finds_cointegrated_pairs() {
    let mut random = StdRng::seed_from_u64(13);
    let finds = |y: &[f64], x: &[f64]| {
        let test = johansen(&[y, x], JohansenOptions::default()).unwrap();
        usize::from(test.rank_at_95() > 0)
    };
    let (mut drifting, mut driftless, mut cointegrates) = (0, 0, 0);
    for _ in 0..PAIRS {
        let (mut y, mut x) = (walk(&mut random, 1_000), walk(&mut random, 1_000));
        driftless += finds(&y, &x);
        for (t, (y, x)) in y.iter_mut().zip(&mut x).enumerate() {
            *y += 0.1 * t as f64;
            *x -= 0.05 * t as f64;
        }
        drifting += finds(&y, &x);
        let (y, x) = cointegrated(&mut random, 1_000, 20.0);
        cointegrates += finds(&y, &x);
    }
    let (drifting, driftless) = (share(drifting), share(driftless));
    eprintln!(
        "rejected: {drifting} with drift, {driftless} without; found {}",
        share(cointegrates)
    );
    assert!((0.03..=0.08).contains(&drifting), "{drifting}");
    // The tables are for series with drift, and reject more without: the module page says so.
    assert!((0.05..=0.14).contains(&driftless), "{driftless}");
    assert!(share(cointegrates) >= 0.95, "{}", share(cointegrates));
}
