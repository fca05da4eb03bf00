//! The filter with `noise = memory` against pykalman started from statsmodels' least squares, on generated
//! pairs. What the references do on their own is in `golden_generated_models.rs`.

mod common;

use analytics::Lookback;
use analytics::kalman::{KalmanParams, Memory, Noise, kalman};
use common::{Golden, assert_close, fixtures, numbers};

#[test]
fn kalman_with_memory_noise_starts_from_least_squares_and_goes_on_as_pykalman() {
    for name in ["cointegrated_320", "walks_260", "outliers_240"] {
        let golden = Golden::load(&fixtures().join("generated"), name);
        let theirs = |key: &str| golden.number(&format!("kalman_memory/{key}"));
        let column = |key: &str| numbers(golden.at(&format!("kalman_memory/{key}")));
        let lookback = theirs("lookback") as usize;
        let noise = Noise::Memory {
            lookback: Lookback::new(lookback).unwrap(),
            memory: Memory::new(theirs("memory")).unwrap(),
        };
        let run = kalman(&golden.y, &golden.x, &KalmanParams::of(noise)).unwrap();

        let (beta, alpha, e, s) = (column("beta"), column("alpha"), column("e"), column("s"));
        assert!(run.steps[..lookback].iter().all(Option::is_none));
        assert_eq!(run.steps.len(), lookback + beta.len());
        let scale = golden.y.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        for (t, step) in run.steps[lookback..].iter().enumerate() {
            let (what, step) = (format!("{name} [{t}]"), step.unwrap());
            assert_close(&what, step.line.beta, beta[t], 1e-9, 1.0);
            assert_close(&what, step.line.alpha, alpha[t], 1e-9, scale);
            assert_close(&what, step.innovation, e[t], 1e-9, scale);
            assert_close(&what, step.innovation_variance, s[t], 1e-9, 0.0);
        }
        let r = run.variances.observation;
        assert_close("R", r, theirs("observation_covariance"), 1e-9, 0.0);
        let sd = run.standardized_sd.unwrap();
        assert_close("sd(e/√S)", sd, theirs("standardized_sd"), 1e-9, 0.0);
    }
}
