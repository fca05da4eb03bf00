//! Whatever the input, a public function answers or says why not; and no figure that it answers is NaN.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

use analytics::align::{Closes, Join, align};
use analytics::kalman::{Delta, Init, Memory, Noise};
use analytics::{
    Baseline, CorrelationOf, Estimator, Hedge, HuberParams, Intercept, KalmanParams, KalmanSpread,
    KalmanStep, Line, Lookback, PairParams, Point, RollingCorrelation, RollingFit, RollingZScore,
    Session, Threshold, Transform, Window, ZScore, analyse, huber, huber_from, kalman::kalman, ols,
    rolling_correlation, spread, theil_sen, theil_sen_line, walk_forward, zscore,
};
use proptest::prelude::*;

/// Ordinary prices, and everything that is none.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => 90.0_f64..110.0,
        2 => (-3_i32..4).prop_map(f64::from),
        1 => any::<f64>(),
        1 => prop::sample::select(vec![
            0.0, -0.0, 5e-324, -5e-324, 1e-310, f64::MIN_POSITIVE, 1e-160, 1e150, 1e155, 1e308,
            f64::MAX, f64::MIN, 1e12, f64::INFINITY, f64::NEG_INFINITY, f64::NAN,
        ]),
    ]
}

/// As [`value`] but finite, so that more than the first check is reached.
fn finite() -> impl Strategy<Value = f64> {
    value().prop_map(|v| if v.is_finite() { v } else { 100.0 })
}

fn estimators() -> [Estimator; 4] {
    [
        Estimator::Ols,
        Estimator::Huber(HuberParams::default()),
        Estimator::TheilSen(Intercept::Separate),
        Estimator::TheilSen(Intercept::Joint),
    ]
}

fn hedges(lookback: Lookback) -> Vec<Hedge> {
    let mut hedges = vec![Hedge::Fixed(Line {
        alpha: f64::MAX,
        beta: f64::MAX,
    })];
    for estimator in estimators() {
        hedges.push(Hedge::InSample(estimator));
        hedges.push(Hedge::WalkForward {
            estimator,
            lookback,
        });
    }
    for noise in [
        Noise::Memory {
            lookback,
            memory: Memory::default(),
        },
        Noise::MaximumLikelihood { lookback },
        Noise::Pykalman {
            delta: Delta::default(),
        },
    ] {
        for init in [Init::Training, Init::Diffuse] {
            if let Ok(params) = KalmanParams::new(noise, init) {
                for spread in [KalmanSpread::Innovation, KalmanSpread::Filtered] {
                    hedges.push(Hedge::Kalman { params, spread });
                }
            }
        }
    }
    hedges
}

fn check_point(point: &Point) {
    let line = point.line.into_iter().flat_map(|l| [l.alpha, l.beta]);
    let kalman = point.kalman.into_iter().flat_map(|k| {
        [
            k.innovation,
            k.innovation_variance,
            k.standardized(),
            k.var_beta,
            k.covariance,
            k.var_alpha,
        ]
    });
    let mut figures = line
        .chain(point.spread)
        .chain(point.z)
        .chain(point.correlation)
        .chain(kalman);
    assert!(figures.all(f64::is_finite), "{point:?}");
}

fn check_all(y: &[f64], x: &[f64]) {
    if let Ok(fit) = ols(y, x) {
        let se = fit
            .se
            .into_iter()
            .chain(fit.se_hac)
            .flat_map(|s| [s.alpha, s.beta]);
        let mut figures = [fit.line.alpha, fit.line.beta]
            .into_iter()
            .chain(se)
            .chain(fit.r2)
            .chain(fit.sigma);
        assert!(figures.all(f64::is_finite), "{fit:?}");
        let _ = (fit.t_alpha(), fit.t_beta());
    }
    for penalty in [0.0, 1e-4] {
        let params = HuberParams::new(1.35, penalty).unwrap();
        for fit in [
            huber(y, x, &params),
            huber_from(
                y,
                x,
                &params,
                Line {
                    alpha: f64::NAN,
                    beta: 1e300,
                },
            ),
            huber_from(
                y,
                x,
                &params,
                Line {
                    alpha: 0.0,
                    beta: 1e9,
                },
            ),
        ]
        .into_iter()
        .flatten()
        {
            let figures = [
                fit.line.alpha,
                fit.line.beta,
                fit.scale,
                fit.objective,
                fit.gradient,
            ];
            assert!(figures.into_iter().all(f64::is_finite), "{fit:?}");
        }
    }
    for intercept in [Intercept::Separate, Intercept::Joint] {
        if let Ok(fit) = theil_sen(y, x, intercept) {
            assert!(fit.line.alpha.is_finite() && fit.line.beta.is_finite());
            assert!(
                fit.beta_low <= fit.line.beta && fit.line.beta <= fit.beta_high,
                "{fit:?}"
            );
        }
        let _ = theil_sen_line(y, x, intercept);
    }
    let _ = spread(
        y,
        x,
        Line {
            alpha: f64::MAX,
            beta: -f64::MAX,
        },
    );
    let window = Window::new(4).unwrap();
    for of in [CorrelationOf::Levels, CorrelationOf::Returns] {
        if let Ok(r) = rolling_correlation(y, x, window, of) {
            assert!(r.into_iter().flatten().all(|r| (-1.0..=1.0).contains(&r)));
        }
        let mut rolling = RollingCorrelation::new(window, of);
        for (y, x) in y.iter().zip(x) {
            let _ = rolling.peek(*y, *x);
            let _ = rolling.push(*y, *x);
        }
    }
    for baseline in [Baseline::Inclusive, Baseline::Exclusive] {
        let some: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
        if let Ok(z) = zscore(&some, window, baseline) {
            assert!(z.into_iter().flatten().all(f64::is_finite));
        }
        let mut rolling = RollingZScore::new(window, baseline);
        for s in some {
            let _ = rolling.peek(s);
            assert!(rolling.push(s).is_none_or(f64::is_finite));
        }
    }
    let lookback = Lookback::new(6).unwrap();
    for estimator in estimators() {
        let _ = walk_forward(y, x, estimator, lookback);
        let mut fit = RollingFit::new(estimator, lookback);
        for (y, x) in y.iter().zip(x) {
            let _ = fit.push(*y, *x);
        }
    }
    for hedge in hedges(lookback) {
        if let Hedge::Kalman { params, .. } = hedge
            && let Ok(run) = kalman(y, x, &params)
        {
            assert!(run.standardized_sd.is_none_or(f64::is_finite), "{run:?}");
            let mut scores = run.steps.iter().flatten().map(KalmanStep::standardized);
            assert!(scores.all(f64::is_finite), "{run:?}");
        }
        for z in [
            ZScore::Rolling {
                window,
                baseline: Baseline::Inclusive,
            },
            ZScore::Innovation,
        ] {
            for transform in [Transform::Level, Transform::Log] {
                let Ok(params) = PairParams::new(transform, hedge, z) else {
                    continue;
                };
                let params = params.with_correlation(window, CorrelationOf::Levels);
                if let Ok(analysis) = analyse(y, x, &params) {
                    assert!(analysis.standardized_sd.is_none_or(f64::is_finite));
                    for t in 0..=analysis.len() {
                        check_point(&analysis.point(t));
                    }
                }
                let Ok(mut session) = Session::new(params) else {
                    continue;
                };
                for (y, x) in y.iter().zip(x) {
                    if let Ok(point) = session.provisional(*y, *x) {
                        check_point(&point);
                    }
                    if let Ok(point) = session.push(*y, *x) {
                        check_point(&point);
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_two_series(
        y in prop::collection::vec(value(), 0..24),
        x in prop::collection::vec(value(), 0..24),
    ) {
        check_all(&y, &x);
    }

    #[test]
    fn any_finite_pair(pairs in prop::collection::vec((finite(), finite()), 0..40)) {
        let (y, x): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        check_all(&y, &x);
    }

    #[test]
    fn any_rows_to_align(
        times in prop::collection::vec(any::<i64>(), 0..12),
        other in prop::collection::vec(-5_i64..5, 0..12),
        closes in prop::collection::vec(value(), 0..12),
        bucket_ms in any::<i64>(),
        max_fill in any::<u32>(),
    ) {
        let mut sorted = times.clone();
        sorted.sort_unstable();
        sorted.dedup();
        for times_ms in [&times, &sorted, &other] {
            let y = Closes { times_ms, closes: &closes };
            let zeros = vec![1.0; sorted.len()];
            let x = Closes { times_ms: &sorted, closes: &zeros };
            if let Ok(rows) = align(y, x, Join { bucket_ms, max_fill }) {
                prop_assert_eq!(rows.joined + rows.filled, rows.times_ms.len());
                prop_assert!((0.0..=1.0).contains(&rows.filled_share()));
            }
        }
    }

    #[test]
    fn any_parameter(
        a in value(),
        b in value(),
        n in prop_oneof![
            any::<usize>(), 0..20_usize, Just(10_000_000), Just(usize::MAX), Just(usize::MAX - 1),
        ],
    ) {
        let (y, x) = ([1.0, 2.0, 4.0, 3.0, 5.0, 9.0], [1.0, 2.0, 3.0, 5.0, 4.0, 7.0]);
        let rising = [Some(1.0), Some(2.0), Some(3.0)];
        let _ = (Memory::new(a), Delta::new(a), HuberParams::new(a, b), Lookback::new(n));
        if let Ok(window) = Window::new(n) {
            let z = ZScore::Rolling { window, baseline: Baseline::Inclusive };
            if let Ok(threshold) = Threshold::new(a, z) {
                prop_assert!(threshold.get() < z.bound().unwrap());
            }
            for baseline in [Baseline::Inclusive, Baseline::Exclusive] {
                let _ = zscore(&[Some(a), None, Some(b)], window, baseline);
                let _ = zscore(&rising, window, baseline);
                let mut rolling = RollingZScore::new(window, baseline);
                let _ = (rolling.push(rising[0]), rolling.push(rising[1]), rolling.peek(rising[2]));
            }
            let _ = rolling_correlation(&[a], &[b], window, CorrelationOf::Levels);
        }
        if let Ok(lookback) = Lookback::new(n) {
            for estimator in estimators() {
                let _ = RollingFit::new(estimator, lookback).push(a, b);
                let _ = walk_forward(&y, &x, estimator, lookback);
            }
            for hedge in hedges(lookback) {
                if let Hedge::Kalman { params, .. } = hedge {
                    let _ = kalman(&y, &x, &params);
                }
            }
        }
        if let Ok(params) = HuberParams::new(a, b) {
            let _ = huber(&[1.0, 2.0, 4.0, 3.0], &[1.0, 2.0, 3.0, 5.0], &params);
        }
    }
}

#[test]
fn a_hundred_thousand_equal_or_alternating_values_are_handled() {
    let n = 100_000;
    let flat = vec![1.0; n];
    let saw: Vec<f64> = (0..n).map(|i| (i % 2) as f64).collect();
    let rising: Vec<f64> = (0..n).map(|i| i as f64).collect();
    for (y, x) in [
        (&flat, &saw),
        (&saw, &flat),
        (&saw, &rising),
        (&rising, &saw),
        (&rising, &rising),
    ] {
        let _ = theil_sen(y, x, Intercept::Joint);
        let _ = huber(y, x, &HuberParams::default());
        let _ = ols(y, x);
    }
}
