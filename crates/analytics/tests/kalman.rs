//! The Kalman filter: independence of units, truth covered, covariance kept.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

use analytics::kalman::{Calibration, Init, Memory, Noise, kalman};
use analytics::{Degeneracy, Error, KalmanFilter, KalmanParams, Lookback};

/// Standard normal numbers from a seed.
fn normals(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    move || (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

fn memory(lookback: usize, bars: f64) -> Noise {
    Noise::Memory {
        lookback: Lookback::new(lookback).unwrap(),
        memory: Memory::new(bars).unwrap(),
    }
}

fn likelihood(lookback: usize) -> Noise {
    Noise::MaximumLikelihood {
        lookback: Lookback::new(lookback).unwrap(),
    }
}

/// A pair with an AR(1) spread.
fn pair(n: usize, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let mut normal = normals(seed);
    let (mut level, mut spread) = (100.0, 0.0);
    (0..n)
        .map(|_| {
            level += 0.2 * normal();
            spread = 0.9 * spread + 0.3 * normal();
            (30.0 + 1.4 * level + spread, level)
        })
        .unzip()
}

#[test]
fn units_of_either_price_do_not_matter() {
    let (y, x) = pair(700, 1);
    // The likeliest ratio is found to 1e-5 of a decade; everything else is rounding.
    for (noise, tolerance) in [
        (memory(200, 100.0), 1e-9),
        (memory(200, 10.0), 1e-9),
        (likelihood(200), 1e-5),
    ] {
        let params = KalmanParams::of(noise);
        let plain = kalman(&y, &x, &params).unwrap();
        for (by_y, by_x) in [(1_000.0, 1_000.0), (1.0, 1_000.0), (1e-3, 7.0)] {
            let scale = |v: &[f64], by: f64| v.iter().map(|v| v * by).collect::<Vec<_>>();
            let scaled = kalman(&scale(&y, by_y), &scale(&x, by_x), &params).unwrap();
            for (a, b) in plain.steps.iter().zip(&scaled.steps) {
                let (Some(a), Some(b)) = (a, b) else {
                    assert!(a.is_none() && b.is_none());
                    continue;
                };
                let close = |a: f64, b: f64| (a - b).abs() <= tolerance * b.abs();
                let (z, scaled_z) = (a.standardized(), b.standardized());
                assert!((z - scaled_z).abs() <= tolerance, "{a:?} {b:?}");
                assert!(close(a.line.beta * by_y / by_x, b.line.beta));
                assert!(close(a.line.alpha * by_y, b.line.alpha));
            }
            let sd = |run: &analytics::Kalman| run.standardized_sd.unwrap();
            assert!((sd(&plain) - sd(&scaled)).abs() <= tolerance);
        }
    }
}

#[test]
fn powers_of_two_rescale_exactly() {
    let (y, x) = pair(400, 2);
    let params = KalmanParams::of(memory(100, 100.0));
    let plain = kalman(&y, &x, &params).unwrap();
    let x: Vec<f64> = x.iter().map(|x| x * 1_024.0).collect();
    let scaled = kalman(&y, &x, &params).unwrap();
    for (a, b) in plain.steps.iter().zip(&scaled.steps).skip(100) {
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!(a.standardized(), b.standardized());
        assert_eq!(a.line.beta, b.line.beta * 1_024.0);
        assert_eq!(a.line.alpha, b.line.alpha);
    }
}

#[test]
fn output_starts_after_the_training_bars() {
    let (y, x) = pair(120, 3);
    for noise in [memory(50, 100.0), likelihood(50)] {
        for init in [
            Init::Training,
            Init::Pykalman,
            Init::Identity,
            Init::Diffuse,
        ] {
            let params = KalmanParams::new(noise, init).unwrap();
            let run = kalman(&y, &x, &params).unwrap();
            assert!(run.steps[..50].iter().all(Option::is_none));
            assert!(run.steps[50..].iter().all(Option::is_some));
        }
    }
    let params = KalmanParams::of(memory(50, 100.0));
    assert_eq!(
        kalman(&y[..50], &x[..50], &params),
        Err(Error::TooFew {
            needed: 51,
            got: 50
        })
    );
}

/// Coefficients that walk at random with the steps that the filter assumes.
fn walking(n: usize, seed: u64, ratio: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut normal = normals(seed);
    let (mut level, mut beta, mut alpha) = (100.0, 1.5, 20.0);
    let (mut y, mut x, mut betas) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        level = 100.0 + 0.98 * (level - 100.0) + 2.0 * normal();
        beta += ratio.sqrt() / 100.0 * normal();
        alpha += ratio.sqrt() * normal();
        x.push(level);
        y.push(alpha + beta * level + normal());
        betas.push(beta);
    }
    (y, x, betas)
}

#[test]
fn maximum_likelihood_covers_the_truth_of_random_walk_coefficients() {
    let ratio: f64 = 1e-2;
    let (mut covered, mut bars, mut logs) = (0, 0, 0.0);
    let runs = 40;
    for seed in 0..runs {
        let (y, x, betas) = walking(1_200, seed, ratio);
        let run = kalman(&y, &x, &KalmanParams::of(likelihood(600))).unwrap();
        let found = run.variances.alpha_step / run.variances.observation;
        logs += (found / ratio).log10().abs();
        for (step, beta) in run.steps.iter().zip(betas) {
            let Some(step) = step else { continue };
            bars += 1;
            covered += usize::from((step.line.beta - beta).abs() < 1.96 * step.var_beta.sqrt());
        }
        assert_eq!(run.calibration(), Some(Calibration::Fair));
    }
    let share = covered as f64 / bars as f64;
    assert!((0.90..0.99).contains(&share), "{share} of β within 1.96 sd");
    let off = logs / runs as f64;
    assert!(off < 0.3, "ratio off by {off} decades on average");
}

#[test]
fn the_diffuse_start_forgets_that_it_knew_nothing() {
    let (y, x) = pair(3_000, 4);
    let run = |init| {
        let params = KalmanParams::new(memory(100, 50.0), init).unwrap();
        kalman(&y, &x, &params).unwrap().steps[2_999].unwrap()
    };
    let (trained, diffuse) = (run(Init::Training), run(Init::Diffuse));
    // α and β trade off along a direction that prices near 100 hardly tell and that is forgotten last.
    let apart = (trained.line.beta - diffuse.line.beta).abs();
    assert!(
        apart < 0.2 * trained.var_beta.sqrt(),
        "{trained:?} {diffuse:?}"
    );
    assert!((trained.var_beta / diffuse.var_beta - 1.0).abs() < 0.02);
    assert!((trained.standardized() - diffuse.standardized()).abs() < 1e-2);
}

#[test]
fn the_gain_of_memory_forgets_over_about_as_many_bars() {
    // A step in the level of y is half forgotten after ln 2·M bars, α and β sharing it.
    let mut normal = normals(5);
    let n = 2_000;
    let x: Vec<f64> = (0..n).map(|_| 100.0 + normal()).collect();
    let y: Vec<f64> = (0..n)
        .map(|t| 50.0 + 1.5 * x[t] + 0.01 * normal() + if t >= 1_000 { 1.0 } else { 0.0 })
        .collect();
    for bars in [50.0, 100.0] {
        let run = kalman(&y, &x, &KalmanParams::of(memory(500, bars))).unwrap();
        let e = |t: usize| run.steps[t].unwrap().innovation;
        let half = (1_000..n).find(|&t| e(t) < 0.5).unwrap() - 1_000;
        let expected = bars * std::f64::consts::LN_2;
        assert!(
            (0.4 * expected..1.6 * expected).contains(&(half as f64)),
            "half forgotten after {half} bars, memory {bars}"
        );
    }
}

#[test]
fn training_on_a_constant_x_or_an_exact_line_is_an_error() {
    let (y, x) = pair(100, 6);
    let params = KalmanParams::of(memory(50, 100.0));
    let flat = vec![3.0; 100];
    assert_eq!(
        kalman(&y, &flat, &params),
        Err(Degeneracy::Constant("x").into())
    );
    let exact: Vec<f64> = x.iter().map(|x| 1.5 * x + 20.0).collect();
    assert_eq!(
        kalman(&exact, &x, &params),
        Err(Degeneracy::Collinear.into())
    );
    let mut filter = KalmanFilter::new(params);
    for y in &y[..49] {
        assert_eq!(filter.push(*y, 3.0), Ok(None));
    }
    assert!(filter.push(y[49], 3.0).is_err());
    assert!(filter.push(y[50], 4.0).is_err(), "and stays so");
    assert!(filter.peek(y[50], 4.0).is_err());
}

#[test]
fn parity_noise_warns_that_its_deviations_mean_nothing_at_real_prices() {
    let (y, x) = pair(500, 7);
    let run = kalman(&y, &x, &KalmanParams::of(Noise::pykalman())).unwrap();
    assert_eq!(run.calibration(), Some(Calibration::TooWide));
    let run = kalman(&y, &x, &KalmanParams::of(memory(100, 100.0))).unwrap();
    assert_eq!(run.calibration(), Some(Calibration::Fair));
}

#[test]
fn the_covariance_stays_positive_semi_definite_over_ten_million_steps() {
    let mut normal = normals(8);
    let noises: Vec<f64> = (0..10_007).map(|_| normal()).collect();
    for (noise, init) in [
        (Noise::pykalman(), Init::Pykalman),
        (memory(100, 1e6), Init::Diffuse),
    ] {
        let mut filter = KalmanFilter::new(KalmanParams::new(noise, init).unwrap());
        for t in 0..10_000_000 {
            let x = 94_000.0 + 50.0 * noises[t % 10_007];
            let y = 3_400.0 + 0.03 * (x - 94_000.0) + noises[(7 * t + 3) % 9_973];
            if let Some(step) = filter.push(y, x).unwrap() {
                assert!(
                    step.var_beta >= 0.0 && step.var_alpha >= 0.0,
                    "{t}: {step:?}"
                );
                let determinant = step.var_beta * step.var_alpha - step.covariance.powi(2);
                let rounding = 1e-12 * step.var_beta * step.var_alpha;
                assert!(determinant >= -rounding, "{t}: {step:?}");
                assert!(step.innovation_variance > 0.0);
            }
        }
    }
}
