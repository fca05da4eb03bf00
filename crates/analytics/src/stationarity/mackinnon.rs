//! MacKinnon's response surfaces for the tests of this crate.
//!
//! p-values: J. G. MacKinnon, "Approximate asymptotic distribution functions for unit-root and
//! cointegration tests", *Journal of Business & Economic Statistics* 12 (1994), 167–176. Critical values:
//! J. G. MacKinnon, "Critical values for cointegration tests", Queen's University working paper 1227
//! (2010); those without a constant are the ones of 1996, which the paper did not renew.
//!
//! **Where reference and paper differ.** The second-order coefficient of the 1 % value for two series and
//! a constant is −33.527 in statsmodels (and so in what people compare with) and −22.527 in the paper.
//! This module follows statsmodels. The difference is 11/n² in the critical value: 4.4e-5 at n = 500, and
//! none in the p-value, on which the verdict rests.
//!
//! **Accuracy.** statrs' normal distribution function is exact to 2e-10 of its value from Φ(−37.5) = 5e-308 to 1
//! (tested against scipy at 1e-9), three digits more than is asked of a p-value.

use statrs::distribution::{ContinuousCDF, Normal};

/// Which statistic a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// One series, no deterministic terms.
    UnitRootNone,
    /// One series, a constant.
    UnitRootConstant,
    /// One series, a constant and a linear trend.
    UnitRootTrend,
    /// Residuals of one series on another with a constant (Engle & Granger, N = 2).
    ResidualsOfTwo,
}

/// Values below which a statistic rejects at 1, 5 and 10 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CriticalValues {
    /// At 1 %.
    pub one_percent: f64,
    /// At 5 %.
    pub five_percent: f64,
    /// At 10 %.
    pub ten_percent: f64,
}

/// Approximate asymptotic p-value of the statistic τ, in 0 … 1. Beyond the range of the table it is
/// exactly 0 or 1; a NaN gives 1, the value that claims nothing.
///
/// # Cost
/// O(1).
#[must_use]
pub fn p_value(table: Table, statistic: f64) -> f64 {
    let surface = table.surface();
    if statistic > surface.greatest || statistic.is_nan() || statistic == f64::INFINITY {
        return 1.0;
    }
    if statistic < surface.least {
        return 0.0;
    }
    let quantile = if statistic <= surface.knee {
        polynomial(&surface.left, statistic)
    } else {
        polynomial(&surface.right, statistic)
    };
    Normal::standard().cdf(quantile)
}

/// Critical values for a regression of `rows` rows: β∞ + β₁/n + β₂/n² + β₃/n³.
///
/// # Cost
/// O(1).
#[must_use]
pub fn critical_values(table: Table, rows: usize) -> CriticalValues {
    let [one, five, ten] = table.surface().critical;
    let at = 1.0 / rows.max(1) as f64;
    CriticalValues {
        one_percent: polynomial(&one, at),
        five_percent: polynomial(&five, at),
        ten_percent: polynomial(&ten, at),
    }
}

/// Coefficients by rising power.
fn polynomial(coefficients: &[f64], at: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * at + c)
}

struct Surface {
    least: f64,
    knee: f64,
    greatest: f64,
    left: [f64; 3],
    right: [f64; 4],
    critical: [[f64; 4]; 3],
}

impl Table {
    fn surface(self) -> &'static Surface {
        match self {
            Self::UnitRootNone => &UNIT_ROOT_NONE,
            Self::UnitRootConstant => &UNIT_ROOT_CONSTANT,
            Self::UnitRootTrend => &UNIT_ROOT_TREND,
            Self::ResidualsOfTwo => &RESIDUALS_OF_TWO,
        }
    }
}

const UNIT_ROOT_NONE: Surface = Surface {
    least: -19.04,
    knee: -1.04,
    greatest: f64::INFINITY,
    left: [0.6344, 1.2378, 3.2496e-2],
    right: [0.4797, 9.3557e-1, -0.6999e-1, 3.3066e-2],
    critical: [
        [-2.56574, -2.2358, -3.627, 0.0],
        [-1.94100, -0.2686, -3.365, 31.223],
        [-1.61682, 0.2656, -2.714, 25.364],
    ],
};

const UNIT_ROOT_CONSTANT: Surface = Surface {
    least: -18.83,
    knee: -1.61,
    greatest: 2.74,
    left: [2.1659, 1.4412, 3.8269e-2],
    right: [1.7339, 9.3202e-1, -1.2745e-1, -1.0368e-2],
    critical: [
        [-3.43035, -6.5393, -16.786, -79.433],
        [-2.86154, -2.8903, -4.234, -40.040],
        [-2.56677, -1.5384, -2.809, 0.0],
    ],
};

const UNIT_ROOT_TREND: Surface = Surface {
    least: -16.18,
    knee: -2.89,
    greatest: 0.7,
    left: [3.2512, 1.6047, 4.9588e-2],
    right: [2.5261, 6.1654e-1, -3.7956e-1, -6.0285e-2],
    critical: [
        [-3.95877, -9.0531, -28.428, -134.155],
        [-3.41049, -4.3904, -9.036, -45.374],
        [-3.12705, -2.5856, -3.925, -22.380],
    ],
};

const RESIDUALS_OF_TWO: Surface = Surface {
    least: -18.86,
    knee: -2.62,
    greatest: 0.92,
    left: [2.92, 1.5012, 3.9796e-2],
    right: [2.1945, 6.4695e-1, -2.9198e-1, -4.2377e-2],
    critical: [
        // The paper prints −22.527 as the third figure: see the module page.
        [-3.89644, -10.9519, -33.527, 0.0],
        [-3.33613, -6.1101, -6.823, 0.0],
        [-3.04445, -4.2412, -2.720, 0.0],
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_percent_value_for_two_series_follows_statsmodels_and_not_the_paper() {
        let rows = 499;
        let n = rows as f64;
        let ours = critical_values(Table::ResidualsOfTwo, rows).one_percent;
        let statsmodels = -3.91852234143638;
        let paper = -3.89644 - 10.9519 / n - 22.527 / (n * n);
        assert!((ours - statsmodels).abs() < 1e-13);
        assert!((paper - ours - 11.0 / (n * n)).abs() < 1e-13);
    }

    #[test]
    fn residuals_need_a_more_negative_statistic_than_a_plain_series() {
        let plain = p_value(Table::UnitRootConstant, -3.0);
        let residuals = p_value(Table::ResidualsOfTwo, -3.0);
        assert!((plain - 0.035).abs() < 5e-4, "{plain}");
        assert!((residuals - 0.110).abs() < 5e-4, "{residuals}");
    }

    #[test]
    fn beyond_its_range_a_table_answers_zero_or_one() {
        assert_eq!(p_value(Table::ResidualsOfTwo, -18.87), 0.0);
        assert_eq!(p_value(Table::ResidualsOfTwo, 0.93), 1.0);
        assert_eq!(p_value(Table::UnitRootConstant, f64::NEG_INFINITY), 0.0);
        assert_eq!(p_value(Table::UnitRootNone, f64::INFINITY), 1.0);
        assert_eq!(p_value(Table::UnitRootTrend, f64::NAN), 1.0);
    }
}
