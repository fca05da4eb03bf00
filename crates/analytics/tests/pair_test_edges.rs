//! What the tests of this crate do with the degenerate inputs of `edges.json`, which records what the
//! Python references do with them. Where a reference answers with a figure that means nothing, we refuse.

mod common;

use analytics::cointegration::{
    BothDirections, EngleGrangerOptions, Warning, engle_granger, engle_granger_both, pair_tests,
};
use analytics::johansen::{JohansenOptions, johansen};
use analytics::mean_reversion::{half_life, hurst};
use analytics::stationarity::{AdfOptions, Lags, Regression, adf};
use analytics::{Degeneracy, Error};
use common::{assert_close, fixtures, lookup, number, numbers, read_json};
use serde_json::Value;

struct Edges {
    figures: Value,
    y: Vec<f64>,
    x: Vec<f64>,
}

fn edges() -> Edges {
    let figures = read_json(&fixtures().join("edges.json"));
    Edges {
        y: numbers(&figures["inputs"]["y"]),
        x: numbers(&figures["inputs"]["x"]),
        figures,
    }
}

impl Edges {
    fn number(&self, path: &str) -> f64 {
        number(lookup(&self.figures, path).expect("a path that exists")).expect("a number")
    }

    fn y_with_hole(&self) -> Vec<f64> {
        let mut y = self.y.clone();
        y[30] = f64::NAN;
        y
    }
}

const HOLE: Error = Error::NonFinite {
    series: "y",
    index: 30,
};

#[test]
fn nan_in_y_is_refused_by_engle_granger_where_the_reference_answers_p_zero() {
    let edges = edges();
    assert_eq!(edges.number("nan_in_y/eg_coint/result/p"), 0.0);
    let y = edges.y_with_hole();
    let options = EngleGrangerOptions::default();
    assert_eq!(engle_granger(&y, &edges.x, options), Err(HOLE));
    assert_eq!(engle_granger_both(&y, &edges.x, options), Err(HOLE));
    assert_eq!(pair_tests(&y, &edges.x, Default::default()), Err(HOLE));
    let as_x = engle_granger(&edges.x, &y, options);
    assert_eq!(
        as_x,
        Err(Error::NonFinite {
            series: "x",
            index: 30
        })
    );
}

#[test]
fn nan_in_a_single_series_is_refused_and_the_rest_without_it_agrees() {
    let edges = edges();
    let y = edges.y_with_hole();
    let refused = Error::NonFinite {
        series: "series",
        index: 30,
    };
    assert_eq!(adf(&y, AdfOptions::default()), Err(refused));
    assert_eq!(half_life(&y), Err(refused));
    assert_eq!(
        johansen(&[&edges.x, &y], JohansenOptions::default()),
        Err(Error::NonFinite {
            series: "series 2",
            index: 30
        })
    );

    // Whoever drops the value first gets what the reference gets.
    let dropped: Vec<f64> = y.into_iter().filter(|v| !v.is_nan()).collect();
    let ours = adf(&dropped, AdfOptions::default()).unwrap();
    let at = "nan_in_y/adf_drops_it/result";
    assert_close(
        "τ",
        ours.statistic,
        edges.number(&format!("{at}/stat")),
        1e-8,
        1.0,
    );
    assert_close(
        "p",
        ours.p_value,
        edges.number(&format!("{at}/p")),
        1e-6,
        1.0,
    );
    assert_eq!(
        ours.used_lag as f64,
        edges.number(&format!("{at}/used_lag"))
    );
    let ours = half_life(&dropped).unwrap();
    let at = "nan_in_y/half_life_drops_it/result";
    assert_close(
        "λ",
        ours.lambda,
        edges.number(&format!("{at}/lam")),
        1e-8,
        1.0,
    );
    assert_close(
        "t",
        ours.lambda_t.unwrap(),
        edges.number(&format!("{at}/lam_t")),
        1e-8,
        1.0,
    );
    assert_close(
        "bars",
        ours.bars.unwrap(),
        edges.number(&format!("{at}/half_life")),
        1e-8,
        1.0,
    );
}

#[test]
fn an_infinity_is_refused_like_a_nan() {
    let edges = edges();
    for infinity in [f64::INFINITY, f64::NEG_INFINITY] {
        for index in [0, 30, 59] {
            let mut broken = edges.x.clone();
            broken[index] = infinity;
            let refused = |series| Error::NonFinite { series, index };
            let options = EngleGrangerOptions::default();
            let (good, broken) = (&edges.y[..], &broken[..]);
            for (y, x, series) in [(good, broken, "x"), (broken, good, "y")] {
                let refused = refused(series);
                assert_eq!(engle_granger(y, x, options), Err(refused));
                assert_eq!(engle_granger_both(y, x, options), Err(refused));
                assert_eq!(pair_tests(y, x, Default::default()), Err(refused));
            }
            let johansen = johansen(&[good, broken], JohansenOptions::default());
            assert_eq!(johansen, Err(refused("series 2")));
            let refused = refused("series");
            assert_eq!(adf(broken, AdfOptions::default()), Err(refused));
            assert_eq!(half_life(broken), Err(refused));
            // Hurst's exponent asks for a hundred values first.
            let long = [broken, good].concat();
            assert_eq!(hurst(&long), Err(refused));
        }
    }
}

#[test]
fn flat_x_is_refused_where_the_reference_tests_y_alone() {
    let edges = edges();
    assert!(edges.number("flat_x/eg_coint/result/p") > 0.0);
    let flat = [5.0; 60];
    let refused = Error::from(Degeneracy::Constant("x"));
    assert_eq!(
        engle_granger(&edges.y, &flat, EngleGrangerOptions::default()),
        Err(refused)
    );
    assert_eq!(
        pair_tests(&edges.y, &flat, Default::default()),
        Err(refused)
    );
    let refused = Error::from(Degeneracy::Constant("y"));
    assert_eq!(
        engle_granger(&flat, &edges.x, EngleGrangerOptions::default()),
        Err(refused)
    );
    assert_eq!(
        johansen(&[&edges.y, &flat], JohansenOptions::default()),
        Err(Degeneracy::Constant("series 2").into())
    );
}

#[test]
fn a_flat_spread_is_refused_by_name() {
    let flat = [5.0; 60];
    assert_eq!(
        adf(&flat, AdfOptions::default()),
        Err(Degeneracy::Constant("series").into())
    );
    // The reference says λ = 0 with no t; we say why there is none.
    assert_eq!(
        half_life(&flat),
        Err(Degeneracy::Constant("the lagged series").into())
    );
    assert_eq!(
        hurst(&[5.0; 120]),
        Err(Degeneracy::Constant("series").into())
    );
}

#[test]
fn an_exact_line_is_collinear_and_not_minus_infinity_with_p_zero() {
    let edges = edges();
    assert_eq!(
        edges.number("exact_line/eg_coint/result/stat"),
        f64::NEG_INFINITY
    );
    assert_eq!(edges.number("exact_line/eg_coint/result/p"), 0.0);
    let line: Vec<f64> = edges.x.iter().map(|x| 1.5 * x + 20.0).collect();
    let collinear = Error::from(Degeneracy::Collinear);
    let both = engle_granger_both(&line, &edges.x, EngleGrangerOptions::default()).unwrap();
    assert_eq!(
        both,
        BothDirections {
            y_on_x: Err(collinear),
            x_on_y: Err(collinear)
        }
    );
    assert_eq!(both.pair_p_value(), Err(collinear));
    // The legs themselves can still be tested; what rests on residuals cannot.
    let block = pair_tests(&line, &edges.x, Default::default()).unwrap();
    assert!(!block.cointegrated());
    assert!(block.adf_y.is_ok() && block.adf_x.is_ok());
    assert_eq!(block.adf_residuals, Err(collinear));
    assert_eq!(block.half_life, Err(collinear));
    assert_eq!(block.hurst, Err(collinear));
    assert!(matches!(block.johansen, Err(Error::Degenerate(_))));
}

#[test]
fn collinear_begins_where_the_reference_lets_it_begin() {
    // R² = 1 − 100·√ε = 1 − 1.490e-6. An error that is orthogonal to x and to the constant makes the
    // unexplained share of y's variance what it is meant to be.
    let x = edges().x;
    let n = x.len() as f64;
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let centred = |v: &[f64]| {
        let mean = v.iter().sum::<f64>() / n;
        v.iter().map(|v| v - mean).collect::<Vec<f64>>()
    };
    let dx = centred(&x);
    let raw = (0..60).map(|t| if t % 3 == 0 { 1.0 } else { -0.5 });
    let raw = centred(&raw.collect::<Vec<f64>>());
    let slope = sum(&raw, &dx) / sum(&dx, &dx);
    let u: Vec<f64> = raw.iter().zip(&dx).map(|(r, d)| r - slope * d).collect();
    let with_unexplained = |d: f64| {
        let share = (d / (1.0 - d) * sum(&dx, &dx) / sum(&u, &u)).sqrt();
        let y: Vec<f64> = x.iter().zip(&u).map(|(x, u)| x + share * u).collect();
        engle_granger(&y, &x, EngleGrangerOptions::default())
    };
    assert_eq!(with_unexplained(1.45e-6), Err(Degeneracy::Collinear.into()));
    let test = with_unexplained(1.53e-6).unwrap();
    assert_close("1 − R²", 1.0 - test.r_squared, 1.53e-6, 1e-6, 0.0);
}

#[test]
fn short_series_agree_with_the_reference_as_long_as_it_has_an_answer() {
    let edges = edges();
    let options = AdfOptions::default();
    assert_eq!(
        adf(&edges.y[..3], options),
        Err(Error::TooFew { needed: 4, got: 3 })
    );
    for n in [4, 5, 6, 8, 12] {
        let ours = adf(&edges.y[..n], options).unwrap();
        let at = format!("short/adf_{n}/result");
        let what = format!("n = {n}");
        // The reference inverts a matrix whose condition is that of the prices, squared; at n = 4 and 12
        // this costs it digits.
        assert_close(
            &what,
            ours.statistic,
            edges.number(&format!("{at}/stat")),
            1e-8,
            1.0,
        );
        assert_close(
            &what,
            ours.p_value,
            edges.number(&format!("{at}/p")),
            1e-6,
            1.0,
        );
        assert_eq!(
            ours.used_lag as f64,
            edges.number(&format!("{at}/used_lag")),
            "{what}"
        );
        assert_eq!(
            ours.observations as f64,
            edges.number(&format!("{at}/nobs")),
            "{what}"
        );
    }
}

#[test]
fn every_test_says_how_many_observations_it_needs() {
    let edges = edges();
    for n in 0..12 {
        let (y, x) = (&edges.y[..n], &edges.x[..n]);
        for error in [
            adf(y, AdfOptions::default()).err(),
            half_life(y).err(),
            hurst(y).err(),
            johansen(&[y, x], JohansenOptions::default()).err(),
            engle_granger(y, x, EngleGrangerOptions::default()).err(),
        ]
        .into_iter()
        .flatten()
        {
            let Error::TooFew { needed, got } = error else {
                panic!("n = {n}: {error}")
            };
            assert!(got == n && needed > n);
        }
    }
    assert!(adf(&edges.y[..4], AdfOptions::default()).is_ok());
    assert!(half_life(&edges.y[..4]).is_ok());
}

#[test]
fn legs_of_different_length_are_refused() {
    let edges = edges();
    let refused = Error::LengthMismatch {
        left: 60,
        right: 59,
    };
    let short = &edges.x[..59];
    assert_eq!(
        engle_granger(&edges.y, short, EngleGrangerOptions::default()),
        Err(refused)
    );
    assert_eq!(
        johansen(&[&edges.y, short], JohansenOptions::default()),
        Err(refused)
    );
    let none: [&[f64]; 0] = [];
    assert!(matches!(
        johansen(&none, JohansenOptions::default()),
        Err(Error::BadParameter { .. })
    ));
}

#[test]
fn a_straight_line_and_a_repeating_pattern_leave_no_residual() {
    let line: Vec<f64> = (0..200).map(f64::from).collect();
    let pattern: Vec<f64> = (0..200).map(|t| [1.0, 5.0, 2.0][t % 3]).collect();
    for series in [line, pattern] {
        for regression in [Regression::Constant, Regression::ConstantTrend] {
            for lags in [Lags::Aic, Lags::Bic, Lags::Fixed(4)] {
                let options = AdfOptions {
                    regression,
                    lags,
                    max_lag: None,
                };
                assert!(matches!(adf(&series, options), Err(Error::Degenerate(_))));
            }
        }
    }
}

#[test]
fn a_stationary_leg_is_warned_of() {
    let edges = edges();
    // Noise against a walk: y needs no partner to be stationary.
    let mut draw = 7_u32;
    let noise: Vec<f64> = (0..60)
        .map(|_| {
            draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(draw >> 8)
        })
        .collect();
    let block = pair_tests(&noise, &edges.x, Default::default()).unwrap();
    assert!(block.adf_y.unwrap().rejects_unit_root());
    assert!(block.warnings.contains(&Warning::StationaryY));
    assert!(!block.warnings.contains(&Warning::StationaryX));
    assert_eq!(
        block.hurst,
        Err(Error::TooFew {
            needed: 100,
            got: 60
        })
    );
}

#[test]
fn a_stationary_x_is_warned_of_and_directions_that_disagree_are() {
    let edges = edges();
    let mut draw = 7_u32;
    let mut uniform = || {
        draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(draw >> 8) / f64::from(1 << 24) - 0.5
    };
    let noise: Vec<f64> = (0..60).map(|_| uniform()).collect();
    let block = pair_tests(&edges.y, &noise, Default::default()).unwrap();
    assert!(block.adf_x.unwrap().rejects_unit_root());
    assert!(block.warnings.contains(&Warning::StationaryX));
    assert!(!block.warnings.contains(&Warning::StationaryY));

    // Legs loosely tied: on 60 bars the two directions part often enough.
    let (mut agree, mut disagree) = (0, 0);
    for _ in 0..200 {
        let (mut level, mut error) = (0.0, 0.0);
        let (y, x): (Vec<f64>, Vec<f64>) = (0..60)
            .map(|_| {
                level += uniform();
                error = 0.7 * error + uniform();
                (level + error, level)
            })
            .unzip();
        let block = pair_tests(&y, &x, Default::default()).unwrap();
        let both = block.engle_granger;
        let parted = both.y_on_x.unwrap().rejects() != both.x_on_y.unwrap().rejects();
        let warned = block.warnings.contains(&Warning::DirectionsDisagree);
        assert_eq!(warned, parted);
        disagree += u32::from(parted);
        agree += u32::from(!parted);
    }
    assert!(disagree > 0 && agree > 0, "{disagree} of 200 disagree");
}

#[test]
fn engle_granger_of_a_short_even_number_of_bars_has_no_degree_of_freedom() {
    let edges = edges();
    let test =
        |n: usize| engle_granger(&edges.y[..n], &edges.x[..n], EngleGrangerOptions::default());
    assert_eq!(
        test(20),
        Err(Error::TooFew {
            needed: 21,
            got: 20
        })
    );
    assert!(test(19).is_ok() && test(21).is_ok() && test(22).is_ok());
}

#[test]
fn levels_that_dwarf_their_moves_give_the_figures_of_the_moves() {
    let edges = edges();
    // Multiples of 2⁻⁷, so that 2³⁰ is added without rounding.
    let low: Vec<f64> = edges
        .y
        .iter()
        .map(|v| (v * 128.0).round() / 128.0)
        .collect();
    let high: Vec<f64> = low.iter().map(|v| v + 1_073_741_824.0).collect();
    let (a, b) = (
        adf(&low, AdfOptions::default()),
        adf(&high, AdfOptions::default()),
    );
    assert_close("τ", b.unwrap().statistic, a.unwrap().statistic, 1e-10, 1.0);
    let options = EngleGrangerOptions::default();
    let (a, b) = (
        engle_granger(&low, &edges.x, options),
        engle_granger(&high, &edges.x, options),
    );
    assert_close("τ", b.unwrap().statistic, a.unwrap().statistic, 1e-8, 1.0);
}
