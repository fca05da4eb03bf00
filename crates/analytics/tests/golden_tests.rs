//! ADF, Engle-Granger and half-life against statsmodels: on the synthetic pair that is part of the project,
//! and on every pair of `GOLDEN_DIR` where that is set.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use analytics::cointegration::{EngleGrangerOptions, engle_granger_both, pair_tests};
use analytics::mean_reversion::half_life;
use analytics::stationarity::mackinnon::CriticalValues;
use analytics::stationarity::{Adf, AdfOptions, Lags, Regression, adf};
use common::{Golden, assert_close, fixtures, private_goldens};

const STATISTIC: f64 = 1e-8;
const P_VALUE: f64 = 1e-6;

fn options(regression: Regression, lags: Lags) -> AdfOptions {
    AdfOptions {
        regression,
        lags,
        max_lag: None,
    }
}

fn check_critical(golden: &Golden, path: &str, ours: CriticalValues) {
    for (level, ours) in [
        ("1%", ours.one_percent),
        ("5%", ours.five_percent),
        ("10%", ours.ten_percent),
    ] {
        let theirs = golden.number(&format!("{path}/crit/{level}"));
        assert_close(
            &format!("{} {path} {level}", golden.name),
            ours,
            theirs,
            1e-12,
            1.0,
        );
    }
}

fn check_adf(golden: &Golden, path: &str, ours: Adf) {
    let name = format!("{} {path}", golden.name);
    assert_eq!(
        ours.used_lag as f64,
        golden.number(&format!("{path}/used_lag")),
        "{name}"
    );
    assert_eq!(
        ours.observations as f64,
        golden.number(&format!("{path}/nobs")),
        "{name}"
    );
    let theirs = golden.number(&format!("{path}/stat"));
    assert_close(&name, ours.statistic, theirs, STATISTIC, 1.0);
    assert_close(
        &name,
        ours.p_value,
        golden.number(&format!("{path}/p")),
        P_VALUE,
        1.0,
    );
    check_critical(golden, path, ours.critical);
    match common::number(golden.at(&format!("{path}/ic_best"))) {
        Some(theirs) => {
            let ours = ours.information_criterion.expect("a criterion");
            assert_close(&name, ours, theirs, STATISTIC, 1.0);
        }
        None => assert_eq!(ours.information_criterion, None, "{name}"),
    }
}

/// The spread that the reference's own OLS coefficients leave.
fn reference_residuals(golden: &Golden) -> Vec<f64> {
    let beta = golden.number("models/ols/fit/beta");
    let alpha = golden.number("models/ols/fit/alpha");
    let pairs = golden.y.iter().zip(&golden.x);
    pairs.map(|(y, x)| y - alpha - beta * x).collect()
}

fn check_all(golden: &Golden) {
    check_adf(
        golden,
        "adf_on_prices/y",
        adf(&golden.y, AdfOptions::default()).unwrap(),
    );
    check_adf(
        golden,
        "adf_on_prices/x",
        adf(&golden.x, AdfOptions::default()).unwrap(),
    );

    let spread = reference_residuals(golden);
    let variants = [
        ("models/ols/adf", Regression::Constant, Lags::Aic),
        (
            "adf_variants_on_ols_spread/no constant, AIC",
            Regression::None,
            Lags::Aic,
        ),
        (
            "adf_variants_on_ols_spread/constant and trend, AIC",
            Regression::ConstantTrend,
            Lags::Aic,
        ),
        (
            "adf_variants_on_ols_spread/constant, BIC",
            Regression::Constant,
            Lags::Bic,
        ),
        (
            "adf_variants_on_ols_spread/constant, lag 1",
            Regression::Constant,
            Lags::Fixed(1),
        ),
        (
            "adf_variants_on_ols_spread/constant, lag 0",
            Regression::Constant,
            Lags::Fixed(0),
        ),
    ];
    for (path, regression, lags) in variants {
        check_adf(
            golden,
            path,
            adf(&spread, options(regression, lags)).unwrap(),
        );
    }

    let ours = engle_granger_both(&golden.y, &golden.x, EngleGrangerOptions::default()).unwrap();
    for (path, ours) in [("coint/y_on_x", ours.y_on_x), ("coint/x_on_y", ours.x_on_y)] {
        let ours = ours.unwrap();
        let name = format!("{} {path}", golden.name);
        assert_close(
            &name,
            ours.statistic,
            golden.number(&format!("{path}/stat")),
            STATISTIC,
            1.0,
        );
        assert_close(
            &name,
            ours.p_value,
            golden.number(&format!("{path}/p")),
            P_VALUE,
            1.0,
        );
        check_critical(golden, path, ours.critical);
    }
    let forth = ours.y_on_x.unwrap();
    assert_close(
        "beta",
        forth.beta,
        golden.number("models/ols/fit/beta"),
        1e-10,
        1.0,
    );
    let largest = golden.y.iter().fold(0.0_f64, |most, y| most.max(y.abs()));
    assert_close(
        "alpha",
        forth.alpha,
        golden.number("models/ols/fit/alpha"),
        1e-10,
        largest,
    );
    assert_close(
        "r2",
        forth.r_squared,
        golden.number("models/ols/fit/r2"),
        1e-10,
        1.0,
    );

    let path = "models/ols/half_life";
    let ours = half_life(&spread).unwrap();
    assert_close(
        "λ",
        ours.lambda,
        golden.number(&format!("{path}/lam")),
        1e-8,
        1.0,
    );
    assert_close(
        "c",
        ours.intercept,
        golden.number(&format!("{path}/const")),
        1e-8,
        1.0,
    );
    assert_close(
        "t",
        ours.lambda_t.unwrap(),
        golden.number(&format!("{path}/lam_t")),
        1e-8,
        1.0,
    );
    for (key, ours) in [
        ("half_life", ours.bars),
        ("half_life_phi", ours.bars_discrete),
    ] {
        let theirs = golden.number(&format!("{path}/{key}"));
        assert_close(key, ours.unwrap(), theirs, 1e-8, 1.0);
    }

    // The whole block of a pair uses the same residuals.
    let block = pair_tests(&golden.y, &golden.x, Default::default()).unwrap();
    check_adf(golden, "models/ols/adf", block.adf_residuals.unwrap());
    check_adf(golden, "adf_on_prices/y", block.adf_y.unwrap());
    let theirs = golden.number(&format!("{path}/half_life"));
    let ours = block.half_life.unwrap().bars.unwrap();
    assert_close("half-life of the block", ours, theirs, 1e-8, 1.0);
    assert_eq!(block.cointegrated(), golden.number("coint/y_on_x/p") < 0.05);
}

#[test]
fn the_synthetic_pair_agrees_with_statsmodels() {
    check_all(&Golden::load(&fixtures(), "pair_500"));
}

#[test]
fn every_private_pair_agrees_with_statsmodels() {
    for golden in private_goldens("every_private_pair_agrees_with_statsmodels") {
        eprintln!("checking {}", golden.name);
        check_all(&golden);
    }
}
