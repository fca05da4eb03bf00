//! What the models answer to the degenerate inputs of `fixtures/edges.json`, next to what the references do.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

mod common;

use analytics::kalman::{Init, KalmanParams, Noise, kalman};
use analytics::{
    Baseline, CorrelationOf, Degeneracy, Error, Estimator, HuberParams, Intercept, KalmanFilter,
    Lookback, PairParams, Window, analyse, huber, ols, rolling_correlation, theil_sen,
    walk_forward, zscore,
};
use common::{assert_close, fixtures, number, numbers, read_json, series};
use serde_json::Value;

struct Edges {
    y: Vec<f64>,
    x: Vec<f64>,
    figures: Value,
}

fn edges() -> Edges {
    let figures = read_json(&fixtures().join("edges.json"));
    Edges {
        y: numbers(&figures["inputs"]["y"]),
        x: numbers(&figures["inputs"]["x"]),
        figures,
    }
}

const CONSTANT_X: Error = Error::Degenerate(Degeneracy::Constant("x"));

fn window() -> Window {
    Window::new(20).unwrap()
}

fn correlation_of_levels(y: &[f64], x: &[f64]) -> analytics::Result<Vec<Option<f64>>> {
    rolling_correlation(y, x, window(), CorrelationOf::Levels)
}

#[test]
fn a_nan_is_refused_with_its_place_where_references_answer_nan_or_skip_it() {
    let Edges { mut y, x, .. } = edges();
    y[30] = f64::NAN;
    let hole = Error::NonFinite {
        series: "y",
        index: 30,
    };
    assert_eq!(ols(&y, &x).unwrap_err(), hole);
    assert_eq!(huber(&y, &x, &HuberParams::default()).unwrap_err(), hole);
    assert_eq!(theil_sen(&y, &x, Intercept::Separate).unwrap_err(), hole);
    let params = KalmanParams::of(Noise::pykalman());
    assert_eq!(kalman(&y, &x, &params).unwrap_err(), hole);
    assert_eq!(correlation_of_levels(&y, &x).unwrap_err(), hole);
    let spread: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
    let in_spread = Error::NonFinite {
        series: "spread",
        index: 30,
    };
    assert_eq!(
        zscore(&spread, window(), Baseline::Inclusive).unwrap_err(),
        in_spread
    );
    // A spread that is missing, as a walk-forward fit has them, is passed as such instead.
    let spread: Vec<Option<f64>> = y.iter().map(|v| v.is_finite().then_some(*v)).collect();
    let z = zscore(&spread, window(), Baseline::Inclusive).unwrap();
    assert!(z[29].is_some() && z[30..50].iter().all(Option::is_none) && z[50].is_some());
}

#[test]
fn the_reference_loses_its_state_to_a_nan_unless_it_is_masked() {
    let Edges { figures, .. } = edges();
    let beta = |case: &str| series(&figures["nan_in_y"][case]["result"]["beta"]);
    let (plain, masked) = (beta("kalman"), beta("kalman_masked"));
    assert!(plain[29].is_some() && plain[30..].iter().all(Option::is_none));
    assert_eq!((masked[30], masked.len()), (masked[29], 60));
    assert!(masked.iter().all(Option::is_some));
    // Nothing of the sort happens here: the bar is refused, and the filter goes on from where it was.
    let Edges { y, x, .. } = edges();
    let mut filter = KalmanFilter::new(KalmanParams::of(Noise::pykalman()));
    for t in 0..30 {
        let step = filter.push(y[t], x[t]).unwrap().unwrap();
        assert_close("beta", step.line.beta, plain[t].unwrap(), 1e-9, 1.0);
    }
    assert!(filter.push(f64::NAN, x[30]).is_err());
    let step = filter.push(y[31], x[31]).unwrap();
    assert!(step.unwrap().line.beta.is_finite());
}

#[test]
fn summaries_of_the_reference_have_no_figures_that_a_flat_spread_could_be_judged_by() {
    let Edges { figures, .. } = edges();
    let of = |case: &str, key: &str| number(&figures[case]["summary"]["result"][key]);
    assert_eq!(of("nan_in_y", "n"), Some(59.0), "the NaN is left out");
    assert_eq!(of("flat_spread", "std"), Some(0.0));
    assert_eq!(of("flat_spread", "skew"), None);
    let z = zscore(&[Some(5.0); 60], window(), Baseline::Inclusive).unwrap();
    assert!(z.iter().all(Option::is_none));
}

#[test]
fn an_infinity_anywhere_is_refused_with_its_place() {
    let Edges { y, x, .. } = edges();
    let params = KalmanParams::of(Noise::pykalman());
    let lookback = Lookback::new(20).unwrap();
    for infinity in [f64::INFINITY, f64::NEG_INFINITY] {
        for index in [0, 30, 59] {
            for series in ["y", "x"] {
                let (mut y, mut x) = (y.clone(), x.clone());
                let wrong = if series == "y" { &mut y } else { &mut x };
                wrong[index] = infinity;
                let refused = Error::NonFinite { series, index };
                assert_eq!(ols(&y, &x).unwrap_err(), refused);
                let fit = huber(&y, &x, &HuberParams::default());
                assert_eq!(fit.unwrap_err(), refused);
                let fit = theil_sen(&y, &x, Intercept::Separate);
                assert_eq!(fit.unwrap_err(), refused);
                assert_eq!(kalman(&y, &x, &params).unwrap_err(), refused);
                let lines = walk_forward(&y, &x, Estimator::Ols, lookback);
                assert_eq!(lines.unwrap_err(), refused);
                assert_eq!(correlation_of_levels(&y, &x).unwrap_err(), refused);
                let all = analyse(&y, &x, &PairParams::default());
                assert_eq!(all.unwrap_err(), refused);
            }
            let mut s: Vec<Option<f64>> = y.iter().copied().map(Some).collect();
            s[index] = Some(infinity);
            let refused = Error::NonFinite {
                series: "spread",
                index,
            };
            let z = zscore(&s, window(), Baseline::Inclusive);
            assert_eq!(z.unwrap_err(), refused);
        }
    }
}

#[test]
fn a_flat_x_is_refused_where_references_answer_a_line_through_the_origin() {
    let Edges { y, figures, .. } = edges();
    let flat = vec![5.0; 60];
    assert!(number(&figures["flat_x"]["ols"]["result"]["beta"]).is_some());
    assert_eq!(ols(&y, &flat).unwrap_err(), CONSTANT_X);
    assert_eq!(
        huber(&y, &flat, &HuberParams::default()).unwrap_err(),
        CONSTANT_X
    );
    assert_eq!(
        theil_sen(&y, &flat, Intercept::Separate).unwrap_err(),
        CONSTANT_X
    );
    // pandas and we agree: no correlation with something that does not move.
    assert_eq!(correlation_of_levels(&y, &flat).unwrap(), [None; 60]);
    assert_eq!(correlation_of_levels(&flat, &y).unwrap(), [None; 60]);
    assert_eq!(correlation_of_levels(&flat, &flat).unwrap(), [None; 60]);
}

#[test]
fn a_flat_spread_has_no_z_score() {
    let Edges { y, .. } = edges();
    let flat = [Some(5.0); 60];
    let z = |s: &[Option<f64>]| zscore(s, window(), Baseline::Inclusive).unwrap();
    assert_eq!(z(&flat), [None; 60]);
    let stepped: Vec<_> = flat[..30]
        .iter()
        .copied()
        .chain(y[..30].iter().copied().map(Some))
        .collect();
    let z = z(&stepped);
    assert!(z[..30].iter().all(Option::is_none), "flat until the step");
    assert!(z[30..].iter().all(Option::is_some));
}

#[test]
fn an_exact_line_is_fitted_exactly() {
    let Edges { x, figures, .. } = edges();
    let line: Vec<f64> = x.iter().map(|x| 1.5 * x + 20.0).collect();
    let fit = ols(&line, &x).unwrap();
    assert_close("ols beta", fit.line.beta, 1.5, 1e-12, 1.0);
    assert_close("r2", fit.r2.unwrap(), 1.0, 1e-12, 1.0);
    let fit = huber(&line, &x, &HuberParams::default()).unwrap();
    assert_close("huber beta", fit.line.beta, 1.5, 1e-12, 1.0);
    assert!(fit.scale < 1e-11);
    let fit = theil_sen(&line, &x, Intercept::Separate).unwrap();
    let theirs = &figures["exact_line"]["theil_sen_scipy"]["result"];
    for (key, ours) in [
        ("beta", fit.line.beta),
        ("beta_low", fit.beta_low),
        ("beta_high", fit.beta_high),
    ] {
        assert_close(key, ours, number(&theirs[key]).unwrap(), 1e-12, 1.0);
    }
    assert_close(
        "alpha",
        fit.line.alpha,
        number(&theirs["alpha"]).unwrap(),
        1e-12,
        200.0,
    );
    // The reference's list has a value wherever its window is full, and so have we.
    let ours = correlation_of_levels(&line, &x).unwrap();
    let theirs = figures["exact_line"]["correlation"]["result"]
        .as_array()
        .unwrap();
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours.is_some(), number(theirs).is_some());
        assert!(ours.is_none_or(|r| (r - 1.0).abs() < 1e-9));
    }
}

#[test]
fn short_series_give_what_they_can() {
    let Edges { y, x, figures } = edges();
    let short = &figures["short"];
    assert_eq!(
        ols(&y[..1], &x[..1]).unwrap_err(),
        Error::TooFew { needed: 2, got: 1 }
    );
    let theirs = |case: &str, key: &str| number(&short[case]["result"][key]);
    let two = ols(&y[..2], &x[..2]).unwrap();
    assert_close(
        "two",
        two.line.beta,
        theirs("ols_2", "beta").unwrap(),
        1e-10,
        1.0,
    );
    assert_eq!(
        (two.sigma, two.se, two.se_hac),
        (None, None, None),
        "statsmodels: inf"
    );
    let three = ols(&y[..3], &x[..3]).unwrap();
    for (key, ours) in [
        ("beta", three.line.beta),
        ("beta_se", three.se.unwrap().beta),
        ("beta_t", three.t_beta().unwrap()),
        ("r2", three.r2.unwrap()),
    ] {
        assert_close(key, ours, theirs("ols_3", key).unwrap(), 1e-10, 1.0);
    }
    let ten: Vec<Option<f64>> = y[..10].iter().copied().map(Some).collect();
    assert_eq!(
        zscore(&ten, window(), Baseline::Inclusive).unwrap(),
        [None; 10]
    );
    for n in [1, 2] {
        let params = KalmanParams::new(Noise::pykalman(), Init::Pykalman).unwrap();
        let run = kalman(&y[..n], &x[..n], &params).unwrap();
        let result = &short[format!("kalman_{n}")]["result"];
        let (beta, alpha) = (numbers(&result["beta"]), numbers(&result["alpha"]));
        for t in 0..n {
            let line = run.steps[t].unwrap().line;
            assert_close("beta", line.beta, beta[t], 1e-9, 1.0);
            assert_close("alpha", line.alpha, alpha[t], 1e-9, 1.0);
        }
    }
    for empty in [
        ols(&[], &[]).map(|_| ()),
        theil_sen(&[], &[], Intercept::Joint).map(|_| ()),
    ] {
        assert_eq!(empty, Err(Error::TooFew { needed: 2, got: 0 }));
    }
}

#[test]
fn the_number_of_points_at_which_scikit_learn_starts_to_draw_lots_means_nothing_here() {
    // scikit-learn's estimator is exact up to 141 points and random from 142 on.
    let (y, x) = common::read_pair(&fixtures().join("pair_500.csv"));
    for n in [141, 142] {
        let fit = theil_sen(&y[..n], &x[..n], Intercept::Separate).unwrap();
        let mut slopes = Vec::new();
        for i in 0..n {
            for j in 0..i {
                slopes.push((y[i] - y[j]) / (x[i] - x[j]));
            }
        }
        slopes.sort_by(f64::total_cmp);
        let k = slopes.len();
        let median = (slopes[(k - 1) / 2] + slopes[k / 2]) / 2.0;
        assert_close("median", fit.line.beta, median, 1e-12, 1.0);
    }
}
