//! Hedge ratio models, walk-forward fits and rolling figures against the references on generated pairs, among
//! them one with coarse ticks, ties and outliers.

mod common;

use analytics::kalman::{Init, KalmanParams, Noise, kalman};
use analytics::{
    Baseline, CorrelationOf, Estimator, HuberParams, Intercept, Line, Lookback, Window, huber, ols,
    rolling_correlation, spread, theil_sen, walk_forward, zscore,
};
use common::{Golden, assert_close, fixtures, numbers, series};

fn goldens() -> Vec<Golden> {
    let directory = fixtures().join("generated");
    ["cointegrated_320", "walks_260", "outliers_240"]
        .map(|name| Golden::load(&directory, name))
        .into()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m, v| v.abs().max(m))
}

fn check(golden: &Golden, path: &str, ours: f64, tolerance: f64, scale: f64) {
    let name = format!("{} {path}", golden.name);
    assert_close(&name, ours, golden.number(path), tolerance, scale);
}

fn check_column(golden: &Golden, path: &str, ours: &[f64], tolerance: f64, scale: f64) {
    let theirs = numbers(golden.at(path));
    assert_eq!(ours.len(), theirs.len(), "{} {path}", golden.name);
    for (t, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let name = format!("{} {path}[{t}]", golden.name);
        assert_close(&name, *ours, theirs, tolerance, scale);
    }
}

#[test]
fn least_squares_and_newey_west_agree_with_statsmodels() {
    for golden in goldens() {
        let fit = ols(&golden.y, &golden.x).unwrap();
        let scale = largest(&golden.y);
        check(&golden, "ols/beta", fit.line.beta, 1e-10, 1.0);
        check(&golden, "ols/alpha", fit.line.alpha, 1e-10, scale);
        check(&golden, "ols/r2", fit.r2.unwrap(), 1e-10, 1.0);
        check(
            &golden,
            "ols/sigma2",
            fit.sigma.unwrap().powi(2),
            1e-10,
            1.0,
        );
        check(&golden, "ols/beta_se", fit.se.unwrap().beta, 1e-10, 1.0);
        check(&golden, "ols/alpha_se", fit.se.unwrap().alpha, 1e-10, scale);
        check(&golden, "ols/beta_t", fit.t_beta().unwrap(), 1e-10, 1.0);
        check(&golden, "ols/alpha_t", fit.t_alpha().unwrap(), 1e-10, 1.0);
        check(
            &golden,
            "ols/beta_se_hac",
            fit.se_hac.unwrap().beta,
            1e-9,
            1.0,
        );
        check(
            &golden,
            "ols/alpha_se_hac",
            fit.se_hac.unwrap().alpha,
            1e-9,
            scale,
        );
        let residuals = spread(&golden.y, &golden.x, fit.line).unwrap();
        check_column(&golden, "ols/spread", &residuals, 1e-10, scale);
    }
}

#[test]
fn huber_agrees_with_the_optimum() {
    for golden in goldens() {
        let fit = huber(&golden.y, &golden.x, &HuberParams::default()).unwrap();
        let scale = largest(&golden.y);
        check(&golden, "huber/beta", fit.line.beta, 1e-8, 1.0);
        check(&golden, "huber/alpha", fit.line.alpha, 1e-8, scale);
        check(&golden, "huber/scale", fit.scale, 1e-8, 1.0);
        check(&golden, "huber/objective", fit.objective, 1e-8, 1.0);
        assert_eq!(fit.outliers as f64, golden.number("huber/n_outliers"));
        assert!(fit.gradient <= 1e-10);
        let residuals = spread(&golden.y, &golden.x, fit.line).unwrap();
        check_column(&golden, "huber/spread", &residuals, 1e-8, scale);
    }
}

#[test]
fn theil_sen_agrees_with_scipy() {
    for golden in goldens() {
        let fit = theil_sen(&golden.y, &golden.x, Intercept::Separate).unwrap();
        let joint = theil_sen(&golden.y, &golden.x, Intercept::Joint).unwrap();
        let scale = largest(&golden.y);
        check(&golden, "theil_sen/beta", fit.line.beta, 1e-12, 1.0);
        check(&golden, "theil_sen/beta_low", fit.beta_low, 1e-12, 1.0);
        check(&golden, "theil_sen/beta_high", fit.beta_high, 1e-12, 1.0);
        check(&golden, "theil_sen/alpha", fit.line.alpha, 1e-12, scale);
        check(
            &golden,
            "theil_sen/alpha_joint",
            joint.line.alpha,
            1e-12,
            scale,
        );
        let residuals = spread(&golden.y, &golden.x, fit.line).unwrap();
        check_column(&golden, "theil_sen/spread", &residuals, 1e-12, scale);
    }
}

#[test]
fn states_innovations_and_their_variances_agree_with_pykalman() {
    for golden in goldens() {
        for (model, init) in [
            ("kalman", Init::Pykalman),
            ("kalman_identity", Init::Identity),
        ] {
            let params = KalmanParams::new(Noise::pykalman(), init).unwrap();
            let run = kalman(&golden.y, &golden.x, &params).unwrap();
            let steps: Vec<_> = run.steps.into_iter().map(Option::unwrap).collect();
            let scale = largest(&golden.y);
            let column = |key: &str, f: fn(&analytics::KalmanStep) -> f64, scale: f64| {
                let ours: Vec<f64> = steps.iter().map(f).collect();
                check_column(&golden, &format!("{model}/{key}"), &ours, 1e-9, scale);
            };
            column("beta", |s| s.line.beta, 1.0);
            column("alpha", |s| s.line.alpha, scale);
            column("e", |s| s.innovation, scale);
            column("s", |s| s.innovation_variance, 1.0);
            column("beta_variance", |s| s.var_beta, 1.0);
            column("alpha_variance", |s| s.var_alpha, 1.0);
            column("beta_alpha_covariance", |s| s.covariance, 1e-3);
        }
    }
}

#[test]
fn walk_forward_fits_agree_with_a_fresh_fit_of_the_reference_at_each_bar() {
    for golden in goldens() {
        for (place, lookback) in [40, 101].into_iter().enumerate() {
            let block = &golden.at("walk_forward")[place];
            assert_eq!(block["lookback"], lookback);
            for (key, estimator, tolerance) in [
                ("ols", Estimator::Ols, 1e-9),
                ("huber", Estimator::Huber(HuberParams::default()), 1e-8),
                ("theil_sen", Estimator::TheilSen(Intercept::Separate), 1e-12),
            ] {
                let lookback = Lookback::new(lookback).unwrap();
                let lines = walk_forward(&golden.y, &golden.x, estimator, lookback).unwrap();
                let (none, lines) = lines.split_at(lookback.get());
                assert!(none.iter().all(Option::is_none));
                let (beta, alpha) = (numbers(&block[key]["beta"]), numbers(&block[key]["alpha"]));
                assert_eq!(beta.len(), lines.len());
                for (t, line) in lines.iter().enumerate() {
                    let Line { alpha: a, beta: b } = line.unwrap();
                    let name = format!("{} {key} {}[{t}]", golden.name, lookback.get());
                    assert_close(&name, b, beta[t], tolerance, 1.0);
                    assert_close(&name, a, alpha[t], tolerance, largest(&golden.y));
                }
            }
        }
    }
}

#[test]
fn rolling_figures_agree_with_two_passes_in_extended_precision() {
    for golden in goldens() {
        let window = Window::new(20).unwrap();
        let spread: Vec<Option<f64>> = series(golden.at("ols/spread"));
        let compare = |path: &str, ours: &[Option<f64>]| {
            let theirs = series(golden.at(path));
            assert_eq!(ours.len(), theirs.len());
            for (t, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                let name = format!("{} {path}[{t}]", golden.name);
                assert_eq!(ours.is_some(), theirs.is_some(), "{name}");
                if let (Some(ours), Some(theirs)) = (ours, theirs) {
                    assert_close(&name, *ours, theirs, 1e-9, 1.0);
                }
            }
        };
        let z = |baseline| zscore(&spread, window, baseline).unwrap();
        compare("rolling/z_inclusive", &z(Baseline::Inclusive));
        compare("rolling/z_exclusive", &z(Baseline::Exclusive));
        let correlation = |of| rolling_correlation(&golden.y, &golden.x, window, of).unwrap();
        compare(
            "rolling/correlation_levels",
            &correlation(CorrelationOf::Levels),
        );
        compare(
            "rolling/correlation_returns",
            &correlation(CorrelationOf::Returns)[1..],
        );
    }
}
