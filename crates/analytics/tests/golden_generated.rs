//! The hedge ratio models against figures that `reference/generate.py` made on synthetic pairs: least squares
//! with HAC errors, Huber at its optimum, scipy's Theil-Sen, pykalman.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use analytics::kalman::{Init, Kalman, KalmanParams, Memory, Noise, kalman};
use analytics::{HuberParams, Intercept, Line, Lookback, huber, ols, theil_sen};
use common::{Golden, assert_close, fixtures, numbers};

const PAIRS: [&str; 3] = ["cointegrated_320", "walks_260", "outliers_240"];

fn pairs() -> impl Iterator<Item = Golden> {
    let directory = fixtures().join("generated");
    PAIRS
        .into_iter()
        .map(move |name| Golden::load(&directory, name))
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0_f64, |most, v| most.max(v.abs()))
}

/// The line and the spread that it leaves.
fn check_line(golden: &Golden, model: &str, ours: Line, tolerance: f64) {
    let name = format!("{} {model}", golden.name);
    let scale = largest(&golden.y);
    let theirs = |key: &str| golden.number(&format!("{model}/{key}"));
    assert_close(&name, ours.beta, theirs("beta"), tolerance, 1.0);
    assert_close(&name, ours.alpha, theirs("alpha"), tolerance, scale);
    let spread = numbers(golden.at(&format!("{model}/spread")));
    for (t, theirs) in spread.into_iter().enumerate() {
        let ours = ours.residual(golden.y[t], golden.x[t]);
        assert_close(&format!("{name} s[{t}]"), ours, theirs, tolerance, scale);
    }
}

#[test]
fn least_squares_and_both_kinds_of_errors_agree_with_statsmodels() {
    for golden in pairs() {
        let fit = ols(&golden.y, &golden.x).unwrap();
        check_line(&golden, "ols", fit.line, 1e-10);
        let close = |key: &str, ours: f64, tolerance: f64| {
            let theirs = golden.number(&format!("ols/{key}"));
            assert_close(
                &format!("{} {key}", golden.name),
                ours,
                theirs,
                tolerance,
                1.0,
            );
        };
        close("r2", fit.r2.unwrap(), 1e-10);
        close("sigma2", fit.sigma.unwrap().powi(2), 1e-10);
        close("beta_se", fit.se.unwrap().beta, 1e-10);
        close("alpha_se", fit.se.unwrap().alpha, 1e-10);
        close("beta_t", fit.t_beta().unwrap(), 1e-10);
        close("alpha_t", fit.t_alpha().unwrap(), 1e-10);
        close("beta_se_hac", fit.se_hac.unwrap().beta, 1e-9);
        close("alpha_se_hac", fit.se_hac.unwrap().alpha, 1e-9);
    }
}

#[test]
fn huber_reaches_the_optimum_at_every_price_scale() {
    for golden in pairs() {
        let fit = huber(&golden.y, &golden.x, &HuberParams::default()).unwrap();
        check_line(&golden, "huber", fit.line, 1e-8);
        assert_close("σ", fit.scale, golden.number("huber/scale"), 1e-8, 0.0);
        assert_close(
            "f",
            fit.objective,
            golden.number("huber/objective"),
            1e-12,
            0.0,
        );
        assert_eq!(fit.outliers as f64, golden.number("huber/n_outliers"));
    }
}

#[test]
fn theil_sen_agrees_with_scipy_in_both_intercepts_and_the_interval() {
    for golden in pairs() {
        let fit = theil_sen(&golden.y, &golden.x, Intercept::Separate).unwrap();
        check_line(&golden, "theil_sen", fit.line, 1e-12);
        let number = |key: &str| golden.number(&format!("theil_sen/{key}"));
        assert_close("low", fit.beta_low, number("beta_low"), 1e-12, 1.0);
        assert_close("high", fit.beta_high, number("beta_high"), 1e-12, 1.0);
        let joint = theil_sen(&golden.y, &golden.x, Intercept::Joint).unwrap();
        let scale = largest(&golden.y);
        assert_close(
            "joint",
            joint.line.alpha,
            number("alpha_joint"),
            1e-12,
            scale,
        );
    }
}

/// States, innovations and their variances, from the first bar after training.
fn check_filter(golden: &Golden, path: &str, run: &Kalman, training: usize) {
    let theirs = |key: &str| numbers(golden.at(&format!("{path}/{key}")));
    let (beta, alpha, e, s) = (theirs("beta"), theirs("alpha"), theirs("e"), theirs("s"));
    assert_eq!(run.steps.len(), training + beta.len());
    assert!(run.steps[..training].iter().all(Option::is_none));
    let scale = largest(&golden.y);
    for (t, step) in run.steps[training..].iter().enumerate() {
        let (what, step) = (format!("{} {path} [{t}]", golden.name), step.unwrap());
        assert_close(&what, step.line.beta, beta[t], 1e-9, 1.0);
        assert_close(&what, step.line.alpha, alpha[t], 1e-9, scale);
        assert_close(&what, step.innovation, e[t], 1e-9, scale);
        assert_close(&what, step.innovation_variance, s[t], 1e-9, 1.0);
    }
}

#[test]
fn kalman_agrees_with_pykalman_in_states_innovations_and_variances() {
    for golden in pairs() {
        for (path, init) in [
            ("kalman", Init::Pykalman),
            ("kalman_identity", Init::Identity),
        ] {
            let params = KalmanParams::new(Noise::pykalman(), init).unwrap();
            let run = kalman(&golden.y, &golden.x, &params).unwrap();
            check_filter(&golden, path, &run, 0);
            let variances = numbers(golden.at(&format!("{path}/beta_variance")));
            for (step, theirs) in run.steps.iter().zip(variances) {
                assert_close("var β", step.unwrap().var_beta, theirs, 1e-9, 1.0);
            }
        }
    }
}

#[test]
fn kalman_with_memory_noise_starts_from_least_squares_and_goes_on_as_pykalman() {
    for golden in pairs() {
        let lookback = golden.number("kalman_memory/lookback") as usize;
        let noise = Noise::Memory {
            lookback: Lookback::new(lookback).unwrap(),
            memory: Memory::new(golden.number("kalman_memory/memory")).unwrap(),
        };
        let run = kalman(&golden.y, &golden.x, &KalmanParams::of(noise)).unwrap();
        check_filter(&golden, "kalman_memory", &run, lookback);
        let theirs = golden.number("kalman_memory/observation_covariance");
        assert_close("R", run.variances.observation, theirs, 1e-9, 0.0);
        let theirs = golden.number("kalman_memory/standardized_sd");
        assert_close("sd(e/√S)", run.standardized_sd.unwrap(), theirs, 1e-8, 0.0);
    }
}
