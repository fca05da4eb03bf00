//! Hedge ratio models against statsmodels, scikit-learn's objective, scipy and pykalman: on the synthetic pair
//! that is part of the project, and on every pair of `GOLDEN_DIR` where that is set.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

mod common;

use analytics::kalman::{Init, KalmanParams, Noise, kalman};
use analytics::{
    Baseline, CorrelationOf, HuberParams, Intercept, Line, Window, huber, ols, rolling_correlation,
    spread, theil_sen, zscore,
};
use common::{Golden, assert_close, fixtures, private_goldens, series};

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m, v| v.abs().max(m))
}

fn check_line(golden: &Golden, path: &str, ours: Line, tolerance: f64) {
    let name = format!("{} {path}", golden.name);
    let theirs = |key: &str| golden.number(&format!("{path}/{key}"));
    assert_close(&name, ours.beta, theirs("beta"), tolerance, 1.0);
    assert_close(
        &name,
        ours.alpha,
        theirs("alpha"),
        tolerance,
        largest(&golden.y),
    );
}

/// A series of the golden files: `values`, or `head` and `tail` when it is long, with its sums.
fn check_series(golden: &Golden, path: &str, ours: &[Option<f64>], tolerance: f64, scale: f64) {
    let name = format!("{} {path}", golden.name);
    let theirs = golden.at(path);
    assert_eq!(theirs["n"], ours.len(), "{name}");
    let nulls = ours.iter().filter(|v| v.is_none()).count();
    assert_eq!(theirs["nulls"], nulls, "{name}: nulls");
    let compare = |expected: Vec<Option<f64>>, first: usize| {
        for (place, expected) in expected.into_iter().enumerate() {
            let t = first + place;
            assert_eq!(expected.is_some(), ours[t].is_some(), "{name}[{t}]");
            if let (Some(expected), Some(ours)) = (expected, ours[t]) {
                assert_close(&format!("{name}[{t}]"), ours, expected, tolerance, scale);
            }
        }
    };
    let values = &theirs["values"];
    if values.is_array() {
        compare(series(values), 0);
        return;
    }
    compare(series(&values["head"]), 0);
    let tail = series(&values["tail"]);
    let first = ours.len() - tail.len();
    compare(tail, first);
    let sum: f64 = ours.iter().flatten().sum();
    let theirs = golden.number(&format!("{path}/sum"));
    let scale = scale * ours.len() as f64;
    assert_close(&format!("{name} sum"), sum, theirs, tolerance, scale);
}

fn check_ols(golden: &Golden) {
    let fit = ols(&golden.y, &golden.x).unwrap();
    check_line(golden, "models/ols/fit", fit.line, 1e-10);
    let near = |key: &str, ours: f64, scale: f64| {
        let theirs = golden.number(&format!("models/ols/fit/{key}"));
        assert_close(
            &format!("{} {key}", golden.name),
            ours,
            theirs,
            1e-10,
            scale,
        );
    };
    let se = fit.se.unwrap();
    near("beta_se", se.beta, 1.0);
    near("alpha_se", se.alpha, largest(&golden.y));
    near("beta_t", fit.t_beta().unwrap(), 1.0);
    near("alpha_t", fit.t_alpha().unwrap(), 1.0);
    near("r2", fit.r2.unwrap(), 1.0);
    near("sigma2", fit.sigma.unwrap().powi(2), 1.0);
}

/// What a chart of the least-squares model shows: spread, z-score, correlation of the legs.
fn check_charts(golden: &Golden) {
    let line = ols(&golden.y, &golden.x).unwrap().line;
    let residuals = spread(&golden.y, &golden.x, line).unwrap();
    let residuals: Vec<Option<f64>> = residuals.into_iter().map(Some).collect();
    let scale = largest(&golden.y);
    check_series(golden, "models/ols/spread", &residuals, 1e-10, scale);
    let bars = golden.at("meta/window").as_u64().unwrap();
    let window = Window::new(bars as usize).unwrap();
    let z = zscore(&residuals, window, Baseline::Inclusive).unwrap();
    check_series(golden, "models/ols/zscore", &z, 1e-9, 1.0);
    let levels = CorrelationOf::Levels;
    let correlation = rolling_correlation(&golden.y, &golden.x, window, levels).unwrap();
    check_series(golden, "correlation", &correlation, 1e-9, 1.0);
}

fn check_theil_sen(golden: &Golden) {
    let fit = theil_sen(&golden.y, &golden.x, Intercept::Separate).unwrap();
    let path = "models/theil_sen_scipy/fit";
    check_line(golden, path, fit.line, 1e-12);
    for (key, ours) in [("beta_low", fit.beta_low), ("beta_high", fit.beta_high)] {
        let theirs = golden.number(&format!("{path}/{key}"));
        assert_close(&format!("{} {key}", golden.name), ours, theirs, 1e-12, 1.0);
    }
}

fn check_huber(golden: &Golden) {
    let fit = huber(&golden.y, &golden.x, &HuberParams::default()).unwrap();
    let path = "models/huber/optimum";
    check_line(golden, path, fit.line, 1e-8);
    let near = |key: &str, ours: f64| {
        let theirs = golden.number(&format!("{path}/{key}"));
        assert_close(&format!("{} {key}", golden.name), ours, theirs, 1e-8, 1.0);
    };
    near("scale", fit.scale);
    near("objective", fit.objective);
    let scikit_learn = golden.number("models/huber/objective");
    assert!(
        fit.objective <= scikit_learn * (1.0 + 1e-14),
        "{}",
        golden.name
    );
    assert!(fit.gradient <= 1e-10, "{}: {fit:?}", golden.name);
}

fn check_kalman(golden: &Golden) {
    for (path, init) in [
        ("kalman", Init::Pykalman),
        ("kalman_identity_start", Init::Identity),
    ] {
        let path = format!("models/{path}");
        let params = KalmanParams::new(Noise::pykalman(), init).unwrap();
        let run = kalman(&golden.y, &golden.x, &params).unwrap();
        let column =
            |f: &dyn Fn(usize) -> f64| (0..golden.y.len()).map(|t| Some(f(t))).collect::<Vec<_>>();
        let line = |t: usize| run.steps[t].unwrap().line;
        let scale = largest(&golden.y);
        check_series(
            golden,
            &format!("{path}/beta"),
            &column(&|t| line(t).beta),
            1e-9,
            1.0,
        );
        check_series(
            golden,
            &format!("{path}/alpha"),
            &column(&|t| line(t).alpha),
            1e-9,
            scale,
        );
        let residual = |t: usize| {
            run.steps[t]
                .unwrap()
                .filtered_residual(golden.y[t], golden.x[t])
        };
        check_series(
            golden,
            &format!("{path}/spread"),
            &column(&residual),
            1e-9,
            scale,
        );
    }
}

fn check(golden: &Golden) {
    check_ols(golden);
    check_charts(golden);
    check_huber(golden);
    check_theil_sen(golden);
    check_kalman(golden);
}

#[test]
fn models_of_the_synthetic_pair_agree_with_the_references() {
    check(&Golden::load(&fixtures(), "pair_500"));
}

#[test]
fn models_of_every_golden_pair_agree_with_the_references() {
    for golden in private_goldens("models_of_every_golden_pair_agree_with_the_references") {
        check(&golden);
    }
}
