//! Rolling figures against fresh computations, also while an outlier of 10¹² passes through; and what a
//! change of the future may not do.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

use analytics::kalman::{Memory, Noise};
use analytics::{
    Baseline, CorrelationOf, Estimator, Hedge, HuberParams, Intercept, KalmanParams, KalmanSpread,
    Lookback, PairParams, Transform, Window, ZScore, analyse, rolling_correlation, walk_forward,
    zscore,
};
use proptest::prelude::*;

fn estimators() -> [Estimator; 4] {
    [
        Estimator::Ols,
        Estimator::Huber(HuberParams::default()),
        Estimator::TheilSen(Intercept::Separate),
        Estimator::TheilSen(Intercept::Joint),
    ]
}

/// Two related random walks from a seed.
fn walks(n: usize, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let (mut level, mut x, mut y) = (100.0, Vec::new(), Vec::new());
    for _ in 0..n {
        level += uniform();
        x.push(level);
        y.push(40.0 + 1.7 * level + 2.0 * uniform());
    }
    (y, x)
}

fn near(ours: f64, fresh: f64, scale: f64) -> bool {
    (ours - fresh).abs() <= 1e-9 * fresh.abs().max(scale)
}

/// Every entry against a fresh fit of its own bars.
fn check_fits(y: &[f64], x: &[f64], lookback: usize) {
    for estimator in estimators() {
        let lines = walk_forward(y, x, estimator, Lookback::new(lookback).unwrap()).unwrap();
        for t in lookback..y.len() {
            let (y, x) = (&y[t - lookback..t], &x[t - lookback..t]);
            let largest = y.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
            match (lines[t], estimator.fit(y, x)) {
                (Some(ours), Ok(fresh)) => {
                    let same = near(ours.beta, fresh.beta, 1.0);
                    let same = same && near(ours.alpha, fresh.alpha, largest);
                    assert!(same, "{estimator:?} at {t}: {ours:?}, fresh {fresh:?}");
                }
                (None, Err(_)) => {}
                (ours, fresh) => panic!("{estimator:?} at {t}: {ours:?}, fresh {fresh:?}"),
            }
        }
    }
}

#[test]
fn walk_forward_equals_a_fresh_fit_at_every_bar() {
    let (y, x) = walks(400, 1);
    check_fits(&y, &x, 60);
    check_fits(&y, &x, 3);
}

#[test]
fn walk_forward_equals_a_fresh_fit_while_an_outlier_of_1e12_passes() {
    let (y, x) = walks(260, 2);
    for (in_y, in_x) in [(1e12, 0.0), (0.0, 1e12), (1e12, 1e12), (-1e12, 1e12)] {
        let (mut y, mut x) = (y.clone(), x.clone());
        y[120] += in_y;
        x[120] += in_x;
        check_fits(&y, &x, 50);
    }
}

#[test]
fn walk_forward_keeps_the_level_of_y_while_an_outlier_passes_that_cannot_move_the_slope() {
    // Against an x of that size, symmetric about 0, the outlier is lost in β, which is next to nothing:
    // what it leaves behind shows in α alone.
    let (mut y, _) = walks(300, 6);
    y[120] = 1e12;
    let x: Vec<f64> = (0..300)
        .map(|t| [1e12, -1e12, 3e12, -3e12][t % 4])
        .collect();
    check_fits(&y, &x, 40);
}

#[test]
fn walk_forward_equals_a_fresh_fit_on_coarse_ticks_with_flat_stretches() {
    let (y, x) = walks(300, 3);
    let snap = |v: &Vec<f64>| v.iter().map(|v| v.round()).collect::<Vec<f64>>();
    check_fits(&snap(&y), &snap(&x), 20);
    let flat: Vec<f64> = (0..300)
        .map(|t| if (100..150).contains(&t) { 7.0 } else { x[t] })
        .collect();
    check_fits(&y, &flat, 20);
}

#[test]
fn walk_forward_equals_a_fresh_fit_on_a_huge_offset() {
    let (y, x) = walks(300, 4);
    let y: Vec<f64> = y.iter().map(|v| v + 1e9).collect();
    let x: Vec<f64> = x.iter().map(|v| v - 1e9).collect();
    for estimator in estimators() {
        let lines = walk_forward(&y, &x, estimator, Lookback::new(40).unwrap()).unwrap();
        for t in 40..300 {
            let fresh = estimator.fit(&y[t - 40..t], &x[t - 40..t]).unwrap();
            assert!(
                near(lines[t].unwrap().beta, fresh.beta, 1.0),
                "{estimator:?} at {t}"
            );
        }
    }
}

fn two_pass_z(s: &[f64], window: usize, t: usize, baseline: Baseline) -> Option<f64> {
    let end = if baseline == Baseline::Inclusive {
        t + 1
    } else {
        t
    };
    let values = &s[end.checked_sub(window)?..end];
    let n = values.len() as f64;
    let mean = values[0] + values.iter().map(|v| v - values[0]).sum::<f64>() / n;
    let rest = values.iter().map(|v| v - mean).sum::<f64>() / n;
    let mean = mean + rest;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let sd = (squares / (n - 1.0)).sqrt();
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    (sd >= 1e-13 * largest && sd > 0.0).then(|| (s[t] - mean) / sd)
}

#[test]
fn z_scores_equal_two_passes_while_an_outlier_of_1e12_passes() {
    let (mut s, _) = walks(500, 5);
    s[200] = 1e12;
    s[203] = -1e12;
    for baseline in [Baseline::Inclusive, Baseline::Exclusive] {
        for window in [3, 20, 60] {
            let spread: Vec<Option<f64>> = s.iter().copied().map(Some).collect();
            let z = zscore(&spread, Window::new(window).unwrap(), baseline).unwrap();
            for (t, z) in z.iter().enumerate() {
                let expected = two_pass_z(&s, window, t, baseline);
                assert_eq!(z.is_some(), expected.is_some(), "{t}");
                if let (Some(z), Some(expected)) = (z, expected) {
                    assert!(near(*z, expected, 1.0), "{t}: {z} instead of {expected}");
                }
            }
        }
    }
}

#[test]
fn a_flat_window_has_no_z_score_and_an_inclusive_z_stays_below_its_bound() {
    let flat = [Some(0.1); 10];
    let z = zscore(&flat, Window::new(4).unwrap(), Baseline::Inclusive).unwrap();
    assert_eq!(z, [None; 10]);
    let mut stepped = [Some(0.1); 12];
    stepped[6] = Some(5.0);
    let z = zscore(&stepped, Window::new(4).unwrap(), Baseline::Inclusive).unwrap();
    assert!((z[6].unwrap() - 1.5).abs() < 1e-12, "(w − 1)/√w");
    assert_eq!(z[5], None);
    assert_eq!(z[10], None, "the step has left the window");
    let z = zscore(&stepped, Window::new(4).unwrap(), Baseline::Exclusive).unwrap();
    assert_eq!(z[6], None, "the four before are flat");
}

#[test]
fn a_missing_spread_empties_the_window() {
    let mut spread: Vec<Option<f64>> = (0..12).map(|t| Some(f64::from(t % 5))).collect();
    spread[6] = None;
    let z = zscore(&spread, Window::new(3).unwrap(), Baseline::Inclusive).unwrap();
    let present: Vec<bool> = z.iter().map(Option::is_some).collect();
    let expected: Vec<bool> = (0..12).map(|t| (2..6).contains(&t) || t >= 9).collect();
    assert_eq!(present, expected);
}

#[test]
fn correlations_equal_two_passes_after_an_outlier_has_gone() {
    let (mut y, x) = walks(300, 6);
    y[100] = 1e12;
    let window = 25;
    for of in [CorrelationOf::Levels, CorrelationOf::Returns] {
        let r = rolling_correlation(&y, &x, Window::new(window).unwrap(), of).unwrap();
        let (a, b): (Vec<f64>, Vec<f64>) = match of {
            CorrelationOf::Levels => (y.clone(), x.clone()),
            CorrelationOf::Returns => {
                let returns = |v: &[f64]| {
                    let mut r = vec![f64::NAN];
                    r.extend(v.windows(2).map(|w| w[1].ln() - w[0].ln()));
                    r
                };
                (returns(&y), returns(&x))
            }
        };
        let first = if of == CorrelationOf::Levels {
            window - 1
        } else {
            window
        };
        assert!(r[..first].iter().all(Option::is_none));
        for t in first..300 {
            let (a, b) = (&a[t + 1 - window..=t], &b[t + 1 - window..=t]);
            let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
            let (ma, mb) = (mean(a), mean(b));
            let product = |u: &[f64], mu: f64, v: &[f64], mv: f64| -> f64 {
                u.iter().zip(v).map(|(u, v)| (u - mu) * (v - mv)).sum()
            };
            let expected =
                product(a, ma, b, mb) / (product(a, ma, a, ma) * product(b, mb, b, mb)).sqrt();
            assert!(near(r[t].unwrap(), expected, 1.0), "{of:?} at {t}");
        }
    }
}

fn every_causal_hedge() -> Vec<Hedge> {
    let lookback = Lookback::new(30).unwrap();
    let memory = Memory::new(20.0).unwrap();
    let mut hedges: Vec<Hedge> = estimators()
        .map(|estimator| Hedge::WalkForward {
            estimator,
            lookback,
        })
        .into();
    for noise in [
        Noise::Memory { lookback, memory },
        Noise::MaximumLikelihood { lookback },
        Noise::pykalman(),
    ] {
        hedges.push(Hedge::Kalman {
            params: KalmanParams::of(noise),
            spread: KalmanSpread::Innovation,
        });
    }
    hedges
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn changing_a_bar_changes_nothing_before_it(
        seed in 0_u64..1_000,
        bar in 1_usize..120,
        factor in prop::sample::select(vec![0.5, 1.01, 3.0, 1e9]),
    ) {
        let (y, x) = walks(120, seed);
        let window = Window::new(10).unwrap();
        for hedge in every_causal_hedge() {
            for transform in [Transform::Level, Transform::Log] {
                let params = PairParams::new(transform, hedge, ZScore::default()).unwrap();
                let params = params.with_correlation(window, CorrelationOf::Returns);
                let before = analyse(&y, &x, &params).unwrap();
                let (mut y, mut x) = (y.clone(), x.clone());
                y[bar] *= factor;
                x[bar] /= factor;
                let Ok(after) = analyse(&y, &x, &params) else {
                    continue;
                };
                for t in 0..bar {
                    // Training on the first bars is the only look ahead, and shows nothing there.
                    prop_assert_eq!(before.point(t), after.point(t), "{:?} at {}", hedge, t);
                }
            }
        }
    }
}
