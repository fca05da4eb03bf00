//! The session against the batch on the same bars.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

use analytics::kalman::{Init, Memory, Noise};
use analytics::{
    Baseline, CorrelationOf, Error, Estimator, Hedge, HuberParams, Intercept, KalmanParams,
    KalmanSpread, Line, Lookback, PairParams, Point, Session, Transform, Window, ZScore, analyse,
};
use proptest::prelude::*;

fn hedges() -> Vec<Hedge> {
    let lookback = Lookback::new(25).unwrap();
    let memory = Memory::new(20.0).unwrap();
    let mut hedges = vec![Hedge::Fixed(Line {
        alpha: 3.0,
        beta: 1.4,
    })];
    for estimator in [
        Estimator::Ols,
        Estimator::Huber(HuberParams::default()),
        Estimator::TheilSen(Intercept::Separate),
        Estimator::TheilSen(Intercept::Joint),
    ] {
        hedges.push(Hedge::WalkForward {
            estimator,
            lookback,
        });
    }
    for noise in [
        Noise::Memory { lookback, memory },
        Noise::MaximumLikelihood { lookback },
        Noise::pykalman(),
    ] {
        for init in [
            Init::Training,
            Init::Pykalman,
            Init::Identity,
            Init::Diffuse,
        ] {
            if let Ok(params) = KalmanParams::new(noise, init) {
                for spread in [KalmanSpread::Innovation, KalmanSpread::Filtered] {
                    hedges.push(Hedge::Kalman { params, spread });
                }
            }
        }
    }
    hedges
}

fn all_params() -> Vec<PairParams> {
    let window = Window::new(12).unwrap();
    let scores = [
        ZScore::Rolling {
            window,
            baseline: Baseline::Inclusive,
        },
        ZScore::Rolling {
            window,
            baseline: Baseline::Exclusive,
        },
        ZScore::Innovation,
    ];
    let mut all = Vec::new();
    for hedge in hedges() {
        for z in scores {
            for (transform, of) in [
                (Transform::Level, CorrelationOf::Levels),
                (Transform::Log, CorrelationOf::Returns),
            ] {
                if let Ok(params) = PairParams::new(transform, hedge, z) {
                    all.push(params.with_correlation(window, of));
                }
            }
        }
    }
    all
}

/// Equal to 1e-9 of the larger of the second and 1.
fn same(ours: Option<f64>, theirs: Option<f64>, scale: f64) -> bool {
    match (ours, theirs) {
        (None, None) => true,
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(scale),
        _ => false,
    }
}

fn same_point(ours: &Point, theirs: &Point, scale: f64) -> bool {
    let beta = |p: &Point| p.line.map(|l| l.beta);
    let alpha = |p: &Point| p.line.map(|l| l.alpha);
    let variance = |p: &Point| p.kalman.map(|k| k.innovation_variance);
    same(beta(ours), beta(theirs), 1.0)
        && same(alpha(ours), alpha(theirs), scale)
        && same(ours.spread, theirs.spread, scale)
        && same(ours.z, theirs.z, 1.0)
        && same(ours.spread_mean, theirs.spread_mean, scale)
        && same(ours.spread_sd, theirs.spread_sd, scale)
        && same(ours.correlation, theirs.correlation, 1.0)
        && same(variance(ours), variance(theirs), 1.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn pushes_and_replacements_equal_the_batch_on_the_same_bars(
        steps in prop::collection::vec((-1.0_f64..1.0, -1.0_f64..1.0, 0_usize..4), 40..110),
        outlier in prop::option::of(0_usize..60),
    ) {
        // Each bar: some provisional values while it is open, then its close.
        let (mut level, mut y, mut x) = (100.0, Vec::new(), Vec::new());
        for (dx, dy, _) in &steps {
            level += dx;
            x.push(level);
            y.push(20.0 + 1.5 * level + dy);
        }
        if let Some(bar) = outlier.filter(|&bar| bar < y.len()) {
            y[bar] = 1e12;
        }
        let largest = y.iter().fold(1.0_f64, |m, v| m.max(*v));
        for params in all_params() {
            let batch = analyse(&y, &x, &params).unwrap();
            let mut session = Session::new(params).unwrap();
            for (t, (_, _, replacements)) in steps.iter().enumerate() {
                for r in 0..*replacements {
                    let (open_y, open_x) = (y[t] * (1.0 + 0.01 * r as f64), x[t] * (1.0 - 0.02 * r as f64));
                    let point = session.provisional(open_y, open_x).unwrap();
                    if t % 29 == 28 {
                        let (mut y, mut x) = (y[..t].to_vec(), x[..t].to_vec());
                        y.push(open_y);
                        x.push(open_x);
                        let batch = analyse(&y, &x, &params).unwrap().point(t);
                        prop_assert!(
                            same_point(&point, &batch, largest),
                            "{params:?} open at {t}: {point:?}, batch {batch:?}"
                        );
                    }
                }
                let before = session.provisional(y[t], x[t]).unwrap();
                let point = session.push(y[t], x[t]).unwrap();
                prop_assert!(same_point(&before, &point, largest), "{params:?} at {t}: {before:?}, {point:?}");
                let expected = batch.point(t);
                prop_assert!(
                    same_point(&point, &expected, largest),
                    "{params:?} at {t}: {point:?}, batch {expected:?}"
                );
            }
            prop_assert!(same(session.standardized_sd(), batch.standardized_sd, 1.0));
            prop_assert_eq!(session.bars(), y.len());
        }
    }
}

#[test]
fn a_session_refuses_a_fit_over_all_bars() {
    let hedge = Hedge::InSample(Estimator::Ols);
    let params = PairParams::new(Transform::Level, hedge, ZScore::default()).unwrap();
    assert!(matches!(
        Session::new(params).map(|_| ()),
        Err(Error::BadParameter { name: "fit", .. })
    ));
}

#[test]
fn innovation_scores_are_refused_without_a_filter_in_units_of_the_data() {
    let pykalman = Hedge::Kalman {
        params: KalmanParams::of(Noise::pykalman()),
        spread: KalmanSpread::Innovation,
    };
    for hedge in [Hedge::default(), Hedge::InSample(Estimator::Ols), pykalman] {
        assert!(PairParams::new(Transform::Level, hedge, ZScore::Innovation).is_err());
    }
    let memory = Hedge::Kalman {
        params: KalmanParams::default(),
        spread: KalmanSpread::Innovation,
    };
    assert!(PairParams::new(Transform::Level, memory, ZScore::Innovation).is_ok());
}

#[test]
fn a_bar_that_cannot_be_used_is_refused_and_leaves_the_session_as_it_was() {
    let params = PairParams::new(Transform::Log, Hedge::default(), ZScore::default()).unwrap();
    let params = params.with_correlation(Window::new(3).unwrap(), CorrelationOf::Returns);
    let mut session = Session::new(params).unwrap();
    session.push(1.0, 2.0).unwrap();
    for (y, x) in [
        (f64::NAN, 1.0),
        (1.0, f64::INFINITY),
        (0.0, 1.0),
        (1.0, -1.0),
    ] {
        assert!(session.push(y, x).is_err());
        assert!(session.provisional(y, x).is_err());
    }
    assert_eq!(session.bars(), 1);
    assert!(session.push(1.0, 2.0).is_ok());
}

#[test]
fn in_sample_coefficients_are_the_same_at_every_bar() {
    let x: Vec<f64> = (0..50).map(|t| f64::from(t * t % 19)).collect();
    let y: Vec<f64> = (0..50).map(|t| f64::from(t * 7 % 13)).collect();
    let hedge = Hedge::InSample(Estimator::Ols);
    let params = PairParams::new(Transform::Level, hedge, ZScore::default()).unwrap();
    let analysis = analyse(&y, &x, &params).unwrap();
    let line = Estimator::Ols.fit(&y, &x).unwrap();
    assert_eq!(analysis.lines, vec![Some(line); 50]);
    assert_eq!(analysis.len(), 50);
    assert!(!analysis.is_empty());
}
