//! The tests of this crate against figures that `reference/generate.py` made on synthetic pairs.

mod common;

use analytics::cointegration::{
    EngleGrangerOptions, benjamini_hochberg, engle_granger, pair_tests,
};
use analytics::johansen::{DetOrder, JohansenOptions, johansen};
use analytics::mean_reversion::{half_life, hurst};
use analytics::stationarity::mackinnon::{self, CriticalValues, Table};
use analytics::stationarity::{AdfOptions, Lags, Regression, adf};
use common::{Golden, assert_close, fixtures, number, numbers};
use serde_json::Value;
use statrs::distribution::{ContinuousCDF, Normal};

const PAIRS: [&str; 3] = ["cointegrated_320", "walks_260", "outliers_240"];

fn pairs() -> impl Iterator<Item = Golden> {
    let directory = fixtures().join("generated");
    PAIRS
        .into_iter()
        .map(move |name| Golden::load(&directory, name))
}

/// Rules for lags as the references write them.
fn lags(case: &Value) -> (Lags, Option<usize>) {
    let maximum = case["maxlag"].as_u64().map(|lag| lag as usize);
    match case["autolag"].as_str() {
        Some("AIC" | "aic") => (Lags::Aic, maximum),
        Some("BIC" | "bic") => (Lags::Bic, maximum),
        None => (Lags::Fixed(maximum.expect("a fixed number")), None),
        Some(other) => panic!("{other}?"),
    }
}

fn check_critical(what: &str, ours: CriticalValues, theirs: [f64; 3]) {
    for (ours, theirs) in [ours.one_percent, ours.five_percent, ours.ten_percent]
        .into_iter()
        .zip(theirs)
    {
        assert_close(what, ours, theirs, 1e-12, 1.0);
    }
}

fn critical(case: &Value) -> [f64; 3] {
    ["1%", "5%", "10%"].map(|level| number(&case["crit"][level]).expect("a critical value"))
}

#[test]
fn adf_agrees_for_every_regression_and_rule_of_lags() {
    for golden in pairs() {
        let spread = numbers(golden.at("ols/spread"));
        for case in golden.at("adf").as_array().unwrap() {
            let series = match case["series"].as_str() {
                Some("y") => &golden.y,
                Some("x") => &golden.x,
                _ => &spread,
            };
            let regression = match case["regression"].as_str() {
                Some("n") => Regression::None,
                Some("c") => Regression::Constant,
                _ => Regression::ConstantTrend,
            };
            let (lags, max_lag) = lags(case);
            let options = AdfOptions {
                regression,
                lags,
                max_lag,
            };
            let what = format!("{} {} {options:?}", golden.name, case["series"]);
            let ours = adf(series, options).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_eq!(
                Some(ours.used_lag as u64),
                case["used_lag"].as_u64(),
                "{what}"
            );
            assert_eq!(
                Some(ours.observations as u64),
                case["nobs"].as_u64(),
                "{what}"
            );
            assert_close(
                &what,
                ours.statistic,
                number(&case["stat"]).unwrap(),
                1e-8,
                1.0,
            );
            assert_close(&what, ours.p_value, number(&case["p"]).unwrap(), 1e-6, 1.0);
            check_critical(&what, ours.critical, critical(case));
            match number(&case["ic_best"]) {
                Some(theirs) => {
                    assert_close(
                        &what,
                        ours.information_criterion.unwrap(),
                        theirs,
                        1e-8,
                        1.0,
                    );
                }
                None => assert_eq!(ours.information_criterion, None),
            }
        }
    }
}

#[test]
fn engle_granger_agrees_in_both_directions_for_every_rule_of_lags() {
    for golden in pairs() {
        for case in golden.at("coint").as_array().unwrap() {
            let (y, x) = match case["direction"].as_str() {
                Some("y_on_x") => (&golden.y, &golden.x),
                _ => (&golden.x, &golden.y),
            };
            let (lags, max_lag) = lags(case);
            let options = EngleGrangerOptions { lags, max_lag };
            let ours = engle_granger(y, x, options).unwrap();
            let what = format!("{} {} {options:?}", golden.name, case["direction"]);
            assert_close(
                &what,
                ours.statistic,
                number(&case["stat"]).unwrap(),
                1e-8,
                1.0,
            );
            assert_close(&what, ours.p_value, number(&case["p"]).unwrap(), 1e-6, 1.0);
            check_critical(&what, ours.critical, critical(case));
        }
    }
}

#[test]
fn johansen_agrees_for_every_deterministic_order_and_number_of_lags() {
    for golden in pairs() {
        for case in golden.at("johansen").as_array().unwrap() {
            let options = JohansenOptions {
                det_order: match case["det_order"].as_i64() {
                    Some(-1) => DetOrder::None,
                    Some(0) => DetOrder::Constant,
                    _ => DetOrder::Trend,
                },
                lagged_differences: case["k_ar_diff"].as_u64().unwrap() as usize,
            };
            let what = format!("{} {options:?}", golden.name);
            let ours = johansen(&[&golden.y, &golden.x], options).unwrap();
            let vectors: Vec<Vec<f64>> = case["evec"]
                .as_array()
                .unwrap()
                .iter()
                .map(numbers)
                .collect();
            let (eig, trace, max_eig) = (
                numbers(&case["eig"]),
                numbers(&case["trace"]),
                numbers(&case["max_eig"]),
            );
            for r in 0..2 {
                assert_close(&what, ours.eigenvalues[r], eig[r], 1e-8, 1e-2);
                assert_close(&what, ours.trace[r].statistic, trace[r], 1e-8, 1.0);
                assert_close(
                    &what,
                    ours.max_eigenvalue[r].statistic,
                    max_eig[r],
                    1e-8,
                    1.0,
                );
                for (ours, table) in [
                    (ours.trace[r], "trace_crit"),
                    (ours.max_eigenvalue[r], "max_eig_crit"),
                ] {
                    let ours = [
                        ours.critical.at_90,
                        ours.critical.at_95,
                        ours.critical.at_99,
                    ];
                    assert_eq!(ours.to_vec(), numbers(&case[table][r]), "{what}");
                }
                // The reference stores a vector in a column, and leaves its sign open.
                let sign = vectors[0][r].signum();
                for (ours, row) in ours.vectors[r].iter().zip(&vectors) {
                    assert_close(&what, *ours, sign * row[r], 1e-7, 1e-3);
                }
            }
        }
    }
}

#[test]
fn half_life_and_hurst_agree_on_the_residuals() {
    for golden in pairs() {
        let spread = numbers(golden.at("ols/spread"));
        let ours = half_life(&spread).unwrap();
        assert_close("λ", ours.lambda, golden.number("half_life/lam"), 1e-8, 1.0);
        assert_close(
            "t",
            ours.lambda_t.unwrap(),
            golden.number("half_life/lam_t"),
            1e-8,
            1.0,
        );
        assert_close(
            "c",
            ours.intercept,
            golden.number("half_life/const"),
            1e-8,
            1.0,
        );
        for (name, series) in [("spread", &spread), ("y", &golden.y), ("x", &golden.x)] {
            let theirs = golden.number(&format!("hurst/{name}"));
            assert_close("H", hurst(series).unwrap(), theirs, 1e-9, 1.0);
        }
        let block = pair_tests(&golden.y, &golden.x, Default::default()).unwrap();
        assert_close(
            "H of the block",
            block.hurst.unwrap(),
            golden.number("hurst/spread"),
            1e-9,
            1.0,
        );
        assert_close(
            "λ of the block",
            block.half_life.unwrap().lambda,
            ours.lambda,
            1e-9,
            1.0,
        );
    }
}

#[test]
fn the_normal_distribution_is_exact_enough_far_into_its_tails() {
    let tables = common::read_json(&fixtures().join("generated/tables.json"));
    let normal = Normal::standard();
    for row in tables["normal_cdf"].as_array().unwrap() {
        let [at, theirs] = numbers(row)[..] else {
            panic!("two numbers")
        };
        let ours = normal.cdf(at);
        // 1e-6 is asked of p. The library keeps nine digits of it, even where p is 1e-300.
        assert_close(&format!("Φ({at})"), ours, theirs, 1e-9, 0.0);
    }
}

#[test]
fn mackinnon_agrees_from_one_end_of_its_tables_to_the_other() {
    let tables = common::read_json(&fixtures().join("generated/tables.json"));
    for (name, table) in [
        ("unit_root_none", Table::UnitRootNone),
        ("unit_root_constant", Table::UnitRootConstant),
        ("unit_root_trend", Table::UnitRootTrend),
        ("residuals_of_two", Table::ResidualsOfTwo),
    ] {
        let theirs = &tables["mackinnon"][name];
        for row in theirs["p"].as_array().unwrap() {
            let [statistic, p] = numbers(row)[..] else {
                panic!("two numbers")
            };
            let ours = mackinnon::p_value(table, statistic);
            assert_close(&format!("{name} τ = {statistic}"), ours, p, 1e-9, 0.0);
        }
        for row in theirs["crit"].as_array().unwrap() {
            let rows = row[0].as_u64().unwrap() as usize;
            let ours = mackinnon::critical_values(table, rows);
            check_critical(name, ours, numbers(&row[1]).try_into().unwrap());
        }
    }
}

#[test]
fn false_discovery_control_agrees_with_scipy_with_ties_and_zeros() {
    let tables = common::read_json(&fixtures().join("generated/tables.json"));
    let theirs = &tables["benjamini_hochberg"];
    let ours = benjamini_hochberg(&numbers(&theirs["p"])).unwrap();
    for (ours, theirs) in ours.into_iter().zip(numbers(&theirs["adjusted"])) {
        assert_close("adjusted p", ours, theirs, 1e-15, 1.0);
    }
}
