//! The tests of this crate against figures that `reference/generate.py` made on synthetic pairs.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

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

/// Every case of a list, all with the same series.
fn check_johansen(name: &str, cases: &Value, series: &[&[f64]]) {
    for case in cases.as_array().unwrap() {
        let options = JohansenOptions {
            det_order: match case["det_order"].as_i64() {
                Some(-1) => DetOrder::None,
                Some(0) => DetOrder::Constant,
                _ => DetOrder::Trend,
            },
            lagged_differences: case["k_ar_diff"].as_u64().unwrap() as usize,
        };
        let what = format!("{name} × {} {options:?}", series.len());
        let ours = johansen(series, options).unwrap();
        assert_eq!(ours.trace.len(), series.len(), "{what}");
        // Without a constant the reference inverts products of whole price levels, and of three series keeps
        // ten digits of an eigenvalue: those of ours are those of extended precision.
        let uncentred = options.det_order == DetOrder::None && series.len() > 2;
        let tolerance = if uncentred { 1e-7 } else { 1e-8 };
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
        for r in 0..series.len() {
            assert_close(&what, ours.eigenvalues[r], eig[r], tolerance, 1e-2);
            assert_close(&what, ours.trace[r].statistic, trace[r], tolerance, 1.0);
            assert_close(
                &what,
                ours.max_eigenvalue[r].statistic,
                max_eig[r],
                tolerance,
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

#[test]
fn johansen_agrees_for_every_deterministic_order_and_number_of_lags() {
    for golden in pairs() {
        let two: [&[f64]; 2] = [&golden.y, &golden.x];
        check_johansen(&golden.name, golden.at("johansen"), &two);
    }
}

#[test]
fn johansen_of_three_series_agrees() {
    for golden in pairs() {
        let third = numbers(golden.at("johansen_of_three/third"));
        let three: [&[f64]; 3] = [&golden.y, &golden.x, &third];
        check_johansen(&golden.name, golden.at("johansen_of_three/cases"), &three);
    }
}

#[test]
fn every_row_of_the_critical_values_of_johansen_is_that_of_the_reference() {
    let tables = common::read_json(&fixtures().join("generated/tables.json"));
    // Twelve walks, whose test of rank r has the row for 12 − r series.
    let mut draw = 7_u32;
    let mut step = || {
        draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(draw >> 8) / f64::from(1 << 24) - 0.5
    };
    let walk = |_| {
        let mut level = 0.0;
        let steps = (0..200).map(|_| {
            level += step();
            level
        });
        steps.collect::<Vec<f64>>()
    };
    let walks: Vec<Vec<f64>> = (0..12).map(walk).collect();
    let series: Vec<&[f64]> = walks.iter().map(Vec::as_slice).collect();
    let orders = [DetOrder::None, DetOrder::Constant, DetOrder::Trend];
    for (order, det_order) in orders.into_iter().enumerate() {
        let options = JohansenOptions {
            det_order,
            lagged_differences: 1,
        };
        let ours = johansen(&series, options).unwrap();
        for (key, ranks) in [("trace", &ours.trace), ("max_eig", &ours.max_eigenvalue)] {
            let rows = tables["johansen"][key][order].as_array().unwrap();
            assert_eq!((ranks.len(), rows.len()), (12, 12));
            for (rank, row) in ranks.iter().rev().zip(rows) {
                let ours = rank.critical;
                let ours = [ours.at_90, ours.at_95, ours.at_99];
                assert_eq!(ours.to_vec(), numbers(row), "{key} {det_order:?}");
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
