//! What tests say about a pair, as it is sent.

use analytics::{
    Error,
    cointegration::{EngleGranger, PairTestOptions, Warning, pair_tests},
    johansen::{Johansen, JohansenRank, JohansenValues},
    stationarity::{Adf, mackinnon::CriticalValues},
};
use api_types::{
    HalfLife, JohansenTest, Missing, PairTests, PairWarning, UnitRootTest, WarningCode,
};

use super::rows::count;

/// The tests, which of them failed and why, and what puts them in doubt.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) tests: PairTests,
    pub(crate) missing: Vec<Missing>,
    pub(crate) warnings: Vec<PairWarning>,
}

/// Tests `y` and `x`, transformed closes of the same bars of `interval_ms`.
pub(crate) fn verdict(y: &[f64], x: &[f64], interval_ms: i64) -> Verdict {
    let nothing = PairTests {
        observations: count(y.len()),
        cointegrated: None,
        engle_granger_yx: None,
        engle_granger_xy: None,
        adf_y: None,
        adf_x: None,
        adf_residuals: None,
        johansen: None,
        half_life: None,
        hurst: None,
    };
    let mut missing = Vec::new();
    let found = match pair_tests(y, x, PairTestOptions::default()) {
        Ok(found) => found,
        Err(error) => {
            missing.push(lack("tests", error));
            return Verdict {
                tests: nothing,
                missing,
                warnings: Vec::new(),
            };
        }
    };
    let (forth, back) = (found.engle_granger.y_on_x, found.engle_granger.x_on_y);
    let tests = PairTests {
        cointegrated: forth.ok().map(|test| test.rejects()),
        engle_granger_yx: or_missing(&mut missing, "tests.engleGrangerYx", forth, of_pair),
        engle_granger_xy: or_missing(&mut missing, "tests.engleGrangerXy", back, of_pair),
        adf_y: or_missing(&mut missing, "tests.adfY", found.adf_y, of_series),
        adf_x: or_missing(&mut missing, "tests.adfX", found.adf_x, of_series),
        adf_residuals: or_missing(
            &mut missing,
            "tests.adfResiduals",
            found.adf_residuals,
            of_series,
        ),
        johansen: or_missing(
            &mut missing,
            "tests.johansen",
            found.johansen.as_ref(),
            rank,
        )
        .flatten(),
        half_life: or_missing(
            &mut missing,
            "tests.halfLife",
            found.half_life,
            |half_life| HalfLife {
                bars: half_life.bars,
                bars_discrete: half_life.bars_discrete,
                ms: half_life.time(interval_ms as f64),
                lambda: half_life.lambda,
                lambda_t: half_life.lambda_t,
            },
        ),
        hurst: or_missing(&mut missing, "tests.hurst", found.hurst, |hurst| hurst),
        ..nothing
    };
    let warnings = found.warnings.iter();
    let warnings = warnings
        .filter_map(|&warning| doubt(warning, &tests))
        .collect();
    Verdict {
        tests,
        missing,
        warnings,
    }
}

/// A figure that could not be computed.
pub(crate) fn lack(figure: &str, reason: impl std::fmt::Display) -> Missing {
    Missing {
        figure: figure.to_owned(),
        reason: reason.to_string(),
    }
}

fn or_missing<T, E: std::borrow::Borrow<Error>, U>(
    missing: &mut Vec<Missing>,
    figure: &str,
    found: Result<T, E>,
    told: impl FnOnce(T) -> U,
) -> Option<U> {
    match found {
        Ok(found) => Some(told(found)),
        Err(error) => {
            missing.push(lack(figure, error.borrow()));
            None
        }
    }
}

fn of_pair(test: EngleGranger) -> UnitRootTest {
    UnitRootTest {
        statistic: test.statistic,
        p_value: test.p_value,
        lags: count(test.used_lag),
        critical: critical(test.critical),
    }
}

fn of_series(test: Adf) -> UnitRootTest {
    UnitRootTest {
        statistic: test.statistic,
        p_value: test.p_value,
        lags: count(test.used_lag),
        critical: critical(test.critical),
    }
}

const fn critical(values: CriticalValues) -> [f64; 3] {
    [values.one_percent, values.five_percent, values.ten_percent]
}

fn rank(test: &Johansen) -> Option<JohansenTest> {
    let pair = |ranks: &[JohansenRank]| -> Option<[JohansenRank; 2]> { ranks.try_into().ok() };
    let (trace, eigenvalue) = (pair(&test.trace)?, pair(&test.max_eigenvalue)?);
    let values = |values: JohansenValues| [values.at_90, values.at_95, values.at_99];
    Some(JohansenTest {
        trace: trace.map(|rank| rank.statistic),
        trace_critical: trace.map(|rank| values(rank.critical)),
        max_eigenvalue: eigenvalue.map(|rank| rank.statistic),
        max_eigenvalue_critical: eigenvalue.map(|rank| values(rank.critical)),
        rank_at_95: count(test.rank_at_95()),
    })
}

fn doubt(warning: Warning, tests: &PairTests) -> Option<PairWarning> {
    let p = |test: Option<UnitRootTest>| test.map_or(f64::NAN, |test| test.p_value);
    let (code, detail) = match warning {
        Warning::StationaryY => (
            WarningCode::StationaryY,
            format!(
                "y itself is stationary (ADF p = {:.4}): cointegration is about series that wander",
                p(tests.adf_y)
            ),
        ),
        Warning::StationaryX => (
            WarningCode::StationaryX,
            format!(
                "x itself is stationary (ADF p = {:.4}): cointegration is about series that wander",
                p(tests.adf_x)
            ),
        ),
        Warning::DirectionsDisagree => (
            WarningCode::DirectionsDisagree,
            format!(
                "Engle-Granger of y on x has p = {:.4}, of x on y p = {:.4}: one rejects at 5 %, the other \
                 does not",
                p(tests.engle_granger_yx),
                p(tests.engle_granger_xy)
            ),
        ),
        _ => return None,
    };
    Some(PairWarning { code, detail })
}
