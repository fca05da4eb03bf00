//! Properties that the tests of a pair have on any input at all.

use analytics::cointegration::{
    EngleGrangerOptions, Leg, PairTestOptions, benjamini_hochberg, engle_granger,
    engle_granger_both, engle_granger_of_legs, pair_tests, pair_tests_of_legs,
    residual_tests_of_legs,
};
use analytics::johansen::{DetOrder, JohansenOptions, johansen};
use analytics::mean_reversion::{half_life, hurst};
use analytics::stationarity::mackinnon::{Table, critical_values, p_value};
use analytics::stationarity::{AdfOptions, Lags, Regression, adf, default_max_lag};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Anything that fits into 64 bits, with the values that break things more often than chance would.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3_f64,
        2 => any::<f64>(),
        1 => prop::sample::select(vec![
            0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE,
            5e-324, 1e-310, 1e300, -1e300, 1e12,
        ]),
        2 => (-3..3_i32).prop_map(f64::from),
    ]
}

/// Series that get past the first checks: finite, at scales from subnormal to nearly infinite, with ties
/// and jumps.
fn finite_series(n: usize) -> impl Strategy<Value = Vec<f64>> {
    let scale = prop::sample::select(vec![
        1e-320, 1e-300, 1e-9, 1.0, 6e4, 1e9, 1e150, 1e300, 1e307,
    ]);
    let step = prop_oneof![
        3 => -1.0..1.0_f64,
        2 => (-1..=1_i32).prop_map(f64::from),
        1 => prop::sample::select(vec![0.0, 1e-12, 1e12]),
    ];
    (scale, any::<bool>(), prop::collection::vec(step, n)).prop_map(|(scale, walk, steps)| {
        let mut level = 1.0;
        steps
            .into_iter()
            .map(|step| {
                level = if walk { level + step } else { step };
                (level * scale).clamp(f64::MIN, f64::MAX)
            })
            .collect()
    })
}

fn regressions() -> impl Strategy<Value = Regression> {
    prop::sample::select(vec![
        Regression::None,
        Regression::Constant,
        Regression::ConstantTrend,
    ])
}

fn lag_rules() -> impl Strategy<Value = Lags> {
    prop_oneof![
        Just(Lags::Aic),
        Just(Lags::Bic),
        (0..30_usize).prop_map(Lags::Fixed),
        any::<usize>().prop_map(Lags::Fixed),
    ]
}

fn adf_options() -> impl Strategy<Value = AdfOptions> {
    let max_lag = prop::option::of(prop_oneof![0..40_usize, any::<usize>()]);
    (regressions(), lag_rules(), max_lag).prop_map(|(regression, lags, max_lag)| AdfOptions {
        regression,
        lags,
        max_lag,
    })
}

fn johansen_options() -> impl Strategy<Value = JohansenOptions> {
    let orders = prop::sample::select(vec![DetOrder::None, DetOrder::Constant, DetOrder::Trend]);
    let lags = prop_oneof![0..6_usize, any::<usize>()];
    (orders, lags).prop_map(|(det_order, lagged_differences)| JohansenOptions {
        det_order,
        lagged_differences,
    })
}

/// Calls everything; whatever comes back as a value must be finite and in its range.
fn check_everything(
    y: &[f64],
    x: &[f64],
    adf_options: AdfOptions,
    johansen_options: JohansenOptions,
) {
    let engle_granger_options = EngleGrangerOptions {
        lags: adf_options.lags,
        max_lag: adf_options.max_lag,
    };
    if let Ok(test) = adf(y, adf_options) {
        assert!(test.statistic.is_finite() && (0.0..=1.0).contains(&test.p_value));
        assert!(test.information_criterion.is_none_or(f64::is_finite));
        assert_eq!(test.observations, y.len() - 1 - test.used_lag);
    }
    if let Ok(found) = half_life(y) {
        assert!(found.lambda.is_finite() && found.intercept.is_finite());
        assert!(found.lambda_t.is_none_or(f64::is_finite));
        for bars in [found.bars, found.bars_discrete].into_iter().flatten() {
            assert!(bars.is_finite() && bars > 0.0);
        }
    }
    if let Ok(exponent) = hurst(y) {
        assert!(exponent.is_finite());
    }
    if let Ok(test) = johansen(&[y, x], johansen_options) {
        for (trace, max) in test.trace.iter().zip(&test.max_eigenvalue) {
            assert!(trace.statistic.is_finite() && max.statistic.is_finite());
            assert!(trace.statistic >= max.statistic && max.statistic >= -1e-9);
        }
        assert!(test.eigenvalues.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!(test.vectors.iter().flatten().all(|v| v.is_finite()));
    }
    let _ = johansen(&[y, x, y], johansen_options);
    let alone = engle_granger(y, x, engle_granger_options);
    if let Ok(test) = alone {
        assert!(test.statistic.is_finite() && (0.0..=1.0).contains(&test.p_value));
        assert!(test.beta.is_finite() && test.alpha.is_finite());
        assert!((0.0..1.0).contains(&test.r_squared));
    }
    if let Ok(both) = engle_granger_both(y, x, engle_granger_options) {
        assert_eq!(both.y_on_x, alone);
        match (both.y_on_x, both.x_on_y) {
            (Ok(forth), Ok(back)) => {
                let p = both.pair_p_value().expect("both directions have one");
                // The lesser of the two, paid for twice, and a probability still.
                let least = forth.p_value.min(back.p_value);
                assert!(p <= 1.0 && (p == 2.0 * least || (p == 1.0 && least > 0.5)));
            }
            (Err(error), _) | (Ok(_), Err(error)) => {
                assert_eq!(both.pair_p_value(), Err(error));
            }
        }
    }
    let options = PairTestOptions {
        engle_granger: engle_granger_options,
        adf: adf_options,
        johansen: johansen_options,
    };
    let block = pair_tests(y, x, options);
    if let (Ok(a), Ok(b)) = (Leg::new("y", y), Leg::new("x", x)) {
        assert_eq!(engle_granger_of_legs(&a, &b, engle_granger_options), alone);
        assert_eq!(pair_tests_of_legs(&a, &b, options), block);
        let part = residual_tests_of_legs(&a, &b, engle_granger_options);
        if let (Ok(part), Ok(whole)) = (part, &block) {
            assert_eq!(part.engle_granger, whole.engle_granger);
            assert_eq!((part.half_life, part.hurst), (whole.half_life, whole.hurst));
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 600,
        // Cargo runs a test in the directory of its package.
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/pair_test_properties.proptest-regressions",
        ))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_input_makes_anything_panic_or_answer_with_nan(
        y in prop::collection::vec(any_value(), 0..140),
        x in prop::collection::vec(any_value(), 0..140),
        adf_options in adf_options(),
        johansen_options in johansen_options(),
    ) {
        check_everything(&y, &x, adf_options, johansen_options);
        let n = y.len().min(x.len());
        check_everything(&y[..n], &x[..n], adf_options, johansen_options);
    }

    #[test]
    fn no_finite_input_makes_anything_panic_or_answer_with_nan(
        (y, x) in (0..160_usize).prop_flat_map(|n| (finite_series(n), finite_series(n))),
        adf_options in adf_options(),
        johansen_options in johansen_options(),
    ) {
        check_everything(&y, &x, adf_options, johansen_options);
        check_everything(&y, &y, adf_options, johansen_options);
    }

    #[test]
    fn tables_answer_for_every_statistic(statistic in any::<f64>(), rows in any::<usize>()) {
        for table in [
            Table::UnitRootNone, Table::UnitRootConstant, Table::UnitRootTrend, Table::ResidualsOfTwo,
        ] {
            prop_assert!((0.0..=1.0).contains(&p_value(table, statistic)));
            prop_assert!(critical_values(table, rows).one_percent.is_finite());
        }
        let _ = default_max_lag(rows, Regression::Constant);
    }

    #[test]
    fn adjusted_p_values_are_probabilities_not_below_their_own(
        p in prop::collection::vec(prop_oneof![4 => 0.0..=1.0_f64, 1 => any::<f64>()], 0..40),
    ) {
        if let Ok(adjusted) = benjamini_hochberg(&p) {
            for (adjusted, p) in adjusted.iter().zip(&p) {
                prop_assert!(adjusted >= p && *adjusted <= 1.0);
            }
        } else {
            prop_assert!(p.iter().any(|p| !(0.0..=1.0).contains(p)));
        }
    }

    #[test]
    fn neither_the_unit_nor_the_origin_of_prices_changes_a_verdict(
        steps in prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64), 60..200),
        y_unit in prop::sample::select(vec![1e-6, 1.0, 1e3, 1e12]),
        x_unit in prop::sample::select(vec![1e-6, 1.0, 1e3, 1e12]),
    ) {
        let (mut level, mut error) = (0.0, 0.0);
        let (y, x): (Vec<f64>, Vec<f64>) = steps
            .iter()
            .map(|(a, b)| {
                level += a;
                error = 0.8 * error + b;
                (2.0 * level + error, level)
            })
            .unzip();
        let base = pair_tests(&y, &x, PairTestOptions::default()).unwrap();
        let y: Vec<f64> = y.iter().map(|v| (v + 1e3) * y_unit).collect();
        let x: Vec<f64> = x.iter().map(|v| (v - 1e3) * x_unit).collect();
        let moved = pair_tests(&y, &x, PairTestOptions::default()).unwrap();
        for (a, b) in [
            (base.engle_granger.y_on_x, moved.engle_granger.y_on_x),
            (base.engle_granger.x_on_y, moved.engle_granger.x_on_y),
        ] {
            let (a, b) = (a.unwrap(), b.unwrap());
            prop_assert!((a.statistic - b.statistic).abs() < 1e-7 * a.statistic.abs().max(1.0));
            prop_assert!((a.p_value - b.p_value).abs() < 1e-6);
        }
        let (a, b) = (base.johansen.unwrap(), moved.johansen.unwrap());
        prop_assert!((a.trace[0].statistic - b.trace[0].statistic).abs() < 1e-6 * a.trace[0].statistic);
        let (a, b) = (base.half_life.unwrap(), moved.half_life.unwrap());
        prop_assert!((a.lambda - b.lambda).abs() < 1e-8);
        prop_assert_eq!(base.warnings, moved.warnings);
    }
}
