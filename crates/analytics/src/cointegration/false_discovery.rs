//! Many tests at once.

use crate::{Error, Result};

/// p-values adjusted for the number of tests, as Benjamini & Hochberg: the least share of false
/// discoveries at which each test would still be called one. In the order given, each in 0 … 1, never
/// below its p-value, and in the same order of size.
///
/// Leave out pairs whose test failed: they are no tests.
///
/// # Errors
/// [`NonFinite`](Error::NonFinite) for a NaN or an infinity, [`BadParameter`](Error::BadParameter) for a value
/// outside 0 … 1.
///
/// # Cost
/// O(m log m) for m tests.
///
/// # Source
/// Benjamini & Hochberg 1995, step-up with monotone values; scipy's `false_discovery_control` to 1e-15.
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>> {
    Error::check_finite("p-values", p_values)?;
    if !p_values.iter().all(|p| (0.0..=1.0).contains(p)) {
        return Err(Error::BadParameter {
            name: "a p-value",
            allowed: "from 0 to 1",
        });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let tests = p_values.len() as f64;
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, &test) in order.iter().enumerate().rev() {
        least = least.min(p_values[test] * (tests / (rank + 1) as f64));
        adjusted[test] = least;
    }
    Ok(adjusted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_stepped_up_and_stay_in_the_order_given() {
        let adjusted = benjamini_hochberg(&[0.04, 0.01, 0.03, 0.5]).unwrap();
        let expected = [0.16 / 3.0, 0.04, 0.16 / 3.0, 0.5];
        for (ours, expected) in adjusted.iter().zip(expected) {
            assert!((ours - expected).abs() < 1e-15);
        }
        assert_eq!(benjamini_hochberg(&[]), Ok(Vec::new()));
        assert_eq!(benjamini_hochberg(&[0.7]), Ok(vec![0.7]));
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        assert!(benjamini_hochberg(&[0.1, f64::NAN]).is_err());
        assert!(benjamini_hochberg(&[0.1, 1.5]).is_err());
        assert!(benjamini_hochberg(&[-0.1]).is_err());
    }
}
