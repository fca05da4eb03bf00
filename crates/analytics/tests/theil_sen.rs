//! Theil-Sen against the definition: the median of all pairwise slopes.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

use analytics::{Error, Intercept, theil_sen, theil_sen_line};
use proptest::prelude::*;

/// Every slope of a pair with different x, sorted.
fn all_slopes(y: &[f64], x: &[f64]) -> Vec<f64> {
    let mut slopes = Vec::new();
    for i in 0..x.len() {
        for j in 0..i {
            if x[i] != x[j] {
                slopes.push((y[i] - y[j]) / (x[i] - x[j]));
            }
        }
    }
    slopes.sort_by(f64::total_cmp);
    slopes
}

fn median(values: &[f64]) -> f64 {
    let n = values.len();
    (values[(n - 1) / 2] + values[n / 2]) / 2.0
}

fn check(y: &[f64], x: &[f64]) {
    let slopes = all_slopes(y, x);
    match theil_sen(y, x, Intercept::Separate) {
        Ok(fit) => {
            let expected = median(&slopes);
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs().max(f64::MIN_POSITIVE);
            assert!(
                near(fit.line.beta, expected),
                "{} instead of {expected}",
                fit.line.beta
            );
            assert_eq!(fit.slopes, slopes.len() as u64);
            assert!(fit.beta_low <= fit.line.beta && fit.line.beta <= fit.beta_high);
            let line = theil_sen_line(y, x, Intercept::Separate).unwrap();
            assert!(near(line.beta, fit.line.beta));
        }
        Err(error) => assert!(slopes.is_empty(), "{error}"),
    }
}

/// Random walks of `n` steps from a seed, by a generator of our own.
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
        y.push(1.7 * level + 5.0 * uniform());
    }
    (y, x)
}

#[test]
fn many_points_agree_with_all_pairs() {
    for (n, seed) in [(300, 1), (1_000, 2), (1_700, 3), (2_001, 4)] {
        let (y, x) = walks(n, seed);
        check(&y, &x);
    }
}

#[test]
fn many_points_on_a_price_grid_agree_with_all_pairs() {
    for (n, tick) in [(1_000, 0.1), (2_000, 0.5), (3_000, 1.0), (2_000, 20.0)] {
        let (y, x) = walks(n, 7);
        let snap = |v: &f64| (v / tick).round() * tick;
        let (y, x): (Vec<_>, Vec<_>) = (y.iter().map(snap).collect(), x.iter().map(snap).collect());
        check(&y, &x);
    }
}

#[test]
fn many_points_with_one_slope_in_most_pairs_agree_with_all_pairs() {
    let n = 1_500;
    let x: Vec<f64> = (0..n).map(|i| f64::from(i % 700)).collect();
    check(&vec![3.0; x.len()], &x);
    let third: Vec<f64> = x.iter().map(|x| x / 3.0).collect();
    check(&third, &x);
    let mostly: Vec<f64> = x
        .iter()
        .enumerate()
        .map(|(i, x)| if i % 5 == 0 { -x } else { 2.0 * x })
        .collect();
    check(&mostly, &x);
    let steps: Vec<f64> = x.iter().map(|x| (x / 100.0).floor()).collect();
    check(&steps, &x);
    check(&x, &steps);
}

#[test]
fn adversarial_orders_agree_with_all_pairs() {
    let n = 1_200;
    let (y, x) = walks(n, 9);
    let reversed = |v: &[f64]| v.iter().rev().copied().collect::<Vec<_>>();
    check(&reversed(&y), &reversed(&x));
    let mut sorted: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (x, y): (Vec<f64>, Vec<f64>) = sorted.into_iter().unzip();
    check(&y, &x);
    let falling: Vec<f64> = (0..n).map(|i| -(i as f64).powi(2)).collect();
    let rising: Vec<f64> = (0..n).map(|i| i as f64).collect();
    check(&falling, &rising);
    let saw: Vec<f64> = (0..n)
        .map(|i| if i % 2 == 0 { 1e6 } else { -1e6 })
        .collect();
    check(&saw, &rising);
}

#[test]
fn tiny_moves_on_a_huge_offset_agree_with_all_pairs() {
    for move_size in [1e-3, 1e-5, 1e-6, 1e-7, 3e-8] {
        let (y, x) = walks(1_500, 11);
        let x: Vec<f64> = x.iter().map(|x| 1e9 + x * move_size).collect();
        let y: Vec<f64> = y.iter().map(|y| -3e9 + y * move_size).collect();
        check(&y, &x);
    }
}

#[test]
fn a_wild_outlier_does_not_move_the_answer() {
    let (mut y, mut x) = walks(1_500, 13);
    y[700] = 1e12;
    check(&y, &x);
    x[300] = -1e12;
    check(&y, &x);
}

#[test]
fn an_outlier_that_scales_all_other_points_to_nothing_does_not_move_the_answer() {
    for wild in [1e33, 1e100, 1e200, -1e200] {
        let (mut y, x) = walks(1_500, 13);
        y[700] = wild;
        check(&y, &x);
    }
    let (y, mut x) = walks(1_500, 13);
    x[700] = 1e200;
    check(&y, &x);
}

#[test]
fn denormals_have_slopes_too() {
    let x: Vec<f64> = (0..400).map(|i| f64::from_bits(1 + i * 17 % 391)).collect();
    let y: Vec<f64> = (0..400).map(|i| f64::from_bits(i * i % 1_001)).collect();
    check(&y, &x);
}

#[test]
fn two_points_are_their_own_line_and_equal_x_is_an_error() {
    let fit = theil_sen(&[1.0, 2.0], &[1.0, 3.0], Intercept::Separate).unwrap();
    assert_eq!((fit.line.beta, fit.slopes), (0.5, 1));
    let flat = theil_sen(&[1.0, 2.0], &[3.0, 3.0], Intercept::Separate);
    assert!(matches!(flat, Err(Error::Degenerate(_))));
    assert!(theil_sen(&[1.0], &[1.0], Intercept::Separate).is_err());
    assert!(theil_sen(&[], &[], Intercept::Joint).is_err());
}

#[test]
fn where_ties_leave_no_variance_the_interval_is_the_middle_slope() {
    // Sen's variance is −5 and −6.7 here; scipy answers NaN for both ends.
    let one = |at: usize| -> Vec<f64> { (0..6).map(|i| f64::from(u8::from(i == at))).collect() };
    let mostly = |last: f64| [&[0.0; 8][..], &[1.0, last]].concat();
    for (y, x, slope) in [(one(5), one(4), 0.0), (mostly(1.0), mostly(2.0), 0.5)] {
        check(&y, &x);
        let fit = theil_sen(&y, &x, Intercept::Separate).unwrap();
        let ours = (fit.line.beta, fit.beta_low, fit.beta_high);
        assert_eq!(ours, (slope, slope, slope));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_small_grid_agrees_with_all_pairs(
        points in prop::collection::vec((-4_i32..4, -4_i32..4), 2..80),
    ) {
        let (y, x): (Vec<f64>, Vec<f64>) =
            points.into_iter().map(|(y, x)| (f64::from(y), f64::from(x))).unzip();
        check(&y, &x);
    }

    #[test]
    fn any_points_agree_with_all_pairs(
        points in prop::collection::vec((-1e3_f64..1e3, -1e3_f64..1e3), 2..300),
        offset in prop::sample::select(vec![0.0, 1e5, 1e9]),
    ) {
        let (y, x): (Vec<f64>, Vec<f64>) =
            points.into_iter().map(|(y, x)| (y + offset, x - offset)).unzip();
        check(&y, &x);
    }
}
