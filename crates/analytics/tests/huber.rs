//! Huber's regression: optimality, robustness, degenerate cases.

use analytics::{Degeneracy, Error, HuberParams, Line, huber, huber_from};
use proptest::prelude::*;

fn objective(y: &[f64], x: &[f64], line: Line, scale: f64, params: &HuberParams) -> f64 {
    let epsilon = params.epsilon();
    let loss = |(y, x): (&f64, &f64)| {
        let r = line.residual(*y, *x).abs();
        if r <= epsilon * scale {
            r * r / scale
        } else {
            2.0 * epsilon * r - scale * epsilon * epsilon
        }
    };
    let losses: f64 = y.iter().zip(x).map(loss).sum();
    y.len() as f64 * scale + losses + params.penalty() * line.beta * line.beta
}

#[test]
fn so_many_coincident_points_that_no_scale_is_best_are_an_error_and_fewer_a_fit() {
    // A line through the 20 leaves σ to fall to 0; from some number of others on, another line is better.
    for others in [3_i32, 5, 8, 20, 40, 80] {
        let mut x = vec![100.0; 20];
        let mut y = vec![50.0; 20];
        for i in 0..others {
            x.push(100.0 + f64::from(i + 1));
            y.push(50.0 + f64::from(i * i) * 0.3);
        }
        let fit = huber(&y, &x, &HuberParams::default());
        if others <= 8 {
            assert_eq!(fit, Err(Degeneracy::Coincident.into()), "{others}");
        } else {
            let fit = fit.unwrap();
            assert!(fit.gradient <= 1e-10 && fit.scale > 1e-3, "{fit:?}");
        }
    }
}

#[test]
fn an_exact_line_is_found_with_a_scale_of_nothing() {
    let x: Vec<f64> = (0..60)
        .map(|t| 100.0 + f64::from(t * t % 17) / 8.0)
        .collect();
    let y: Vec<f64> = x.iter().map(|x| 1.5 * x + 20.0).collect();
    let fit = huber(&y, &x, &HuberParams::default()).unwrap();
    assert!((fit.line.beta - 1.5).abs() < 1e-12, "{fit:?}");
    assert!(fit.scale < 1e-12);
}

#[test]
fn a_constant_x_is_an_error_where_scikit_learn_answers_a_line() {
    let result = huber(&[1.0, 2.0, 4.0], &[5.0; 3], &HuberParams::default());
    assert!(matches!(result, Err(Error::Degenerate(_))));
}

#[test]
fn sums_that_overflow_are_no_optimum() {
    let (y, x) = (
        [10.0, 12.0, 11.0, 9.0, 10.0, 8.0],
        [1.0, 1.6e308, 2.0, 3.0, 4.0, 5.0],
    );
    let start = Line {
        alpha: 0.0,
        beta: 0.0,
    };
    assert_eq!(
        huber_from(&y, &x, &HuberParams::default(), start),
        Err(Degeneracy::OutOfRange("y").into())
    );
}

proptest! {
    #[test]
    fn no_near_point_has_a_lower_objective(
        noise in prop::collection::vec((-1.0_f64..1.0, -1.0_f64..1.0), 20..120),
        outlier in prop::sample::select(vec![0.0, 1e3, 1e12]),
        price in prop::sample::select(vec![0.01, 1.0, 3_000.0, 6e4]),
    ) {
        let x: Vec<f64> = noise.iter().map(|n| price * (30.0 + n.0)).collect();
        let mut y: Vec<f64> = noise.iter().map(|n| 7.0 + 2.0 * (30.0 + n.0) + n.1.powi(3)).collect();
        y[5] += outlier;
        let params = HuberParams::default();
        let fit = huber(&y, &x, &params).unwrap();
        prop_assert!(fit.gradient <= 1e-10, "{fit:?}");
        let best = objective(&y, &x, fit.line, fit.scale, &params);
        prop_assert!((best - fit.objective).abs() <= 1e-9 * best);
        for (da, db, ds) in [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (-1.0, 1.0, 1.0)] {
            for size in [1e-6, 1e-3, -1e-6, -1e-3] {
                let line = Line {
                    alpha: fit.line.alpha + da * size,
                    beta: fit.line.beta * (1.0 + db * size),
                };
                let scale = fit.scale * (1.0 + ds * size);
                let other = objective(&y, &x, line, scale, &params);
                prop_assert!(other >= best * (1.0 - 1e-13), "{other} < {best}");
            }
        }
        let again = huber_from(&y, &x, &params, Line { alpha: 0.0, beta: 0.0 }).unwrap();
        prop_assert!((again.line.beta - fit.line.beta).abs() <= 1e-9 * fit.line.beta.abs().max(1.0));
    }
}
