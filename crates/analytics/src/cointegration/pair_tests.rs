//! Everything that tests say about a pair, on its in-sample residuals.

use super::engle_granger::{
    BothDirections, COLLINEAR_R_SQUARED, EngleGranger, EngleGrangerOptions, of_residuals,
};
use super::leg::{Leg, Line, cross};
use crate::johansen::{Johansen, JohansenOptions, johansen};
use crate::mean_reversion::{HalfLife, half_life, hurst};
use crate::stationarity::{Adf, AdfOptions, adf};
use crate::{Degeneracy, Error, Result};

/// Parameters of [`pair_tests`]. The defaults are those of the references.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct PairTestOptions {
    /// Of Engle-Granger's residual regressions.
    pub engle_granger: EngleGrangerOptions,
    /// Of the plain ADF tests: each leg, and the residuals.
    pub adf: AdfOptions,
    /// Of Johansen's test.
    pub johansen: JohansenOptions,
}

/// What a scanner asks of each pair: the tests of its residuals, and none that belong to a leg alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResidualTests {
    /// Engle-Granger both ways: the only source of the verdict.
    pub engle_granger: BothDirections,
    /// Half-life of the residuals of y on x.
    pub half_life: Result<HalfLife>,
    /// Hurst exponent of the residuals of y on x.
    pub hurst: Result<f64>,
}

/// Engle-Granger both ways, half-life and Hurst exponent of the pair `y`, `x`, on its in-sample
/// least-squares residuals.
///
/// ```
/// use analytics::cointegration::{EngleGrangerOptions, Leg, residual_tests_of_legs};
///
/// // Each symbol is prepared once, however many pairs it is part of.
/// let mut draw = 7_u32;
/// let mut walk = || {
///     let mut level = 100.0;
///     let steps = (0..300).map(|_| {
///         draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
///         level += f64::from(draw >> 8) / f64::from(1 << 24) - 0.5;
///         level
///     });
///     steps.collect::<Vec<f64>>()
/// };
/// let legs = [walk(), walk(), walk()]
///     .iter()
///     .map(|closes| Leg::new("closes", closes))
///     .collect::<Result<Vec<_>, _>>()?;
/// for (i, y) in legs.iter().enumerate() {
///     for x in &legs[i + 1..] {
///         let tests = residual_tests_of_legs(y, x, EngleGrangerOptions::default())?;
///         assert!(tests.engle_granger.pair_p_value()? > 0.01);
///     }
/// }
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// # Errors
/// [`LengthMismatch`](Error::LengthMismatch), and [`Degenerate`](Error::Degenerate) when the slope leaves the
/// range of `f64`. Anything that spoils only some of the figures is in their place.
///
/// # Cost
/// Two ADF regressions and O(n).
pub fn residual_tests_of_legs(
    y: &Leg,
    x: &Leg,
    options: EngleGrangerOptions,
) -> Result<ResidualTests> {
    residual_tests(y, x, options).map(|(tests, _)| tests)
}

/// A pair of legs in the direction with the smaller p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetterDirection {
    /// Whether that is x on y.
    pub swapped: bool,
    /// Engle-Granger's test in that direction.
    pub test: EngleGranger,
    /// The test in the other one.
    pub other: EngleGranger,
    /// Half-life of the residuals of that direction.
    pub half_life: Result<HalfLife>,
    /// Hurst exponent of the residuals of that direction.
    pub hurst: Result<f64>,
}

/// Engle-Granger of `y` and `x` both ways, and half-life and Hurst exponent on the in-sample least-squares residuals
/// of the better one: of two equal p-values y on x.
///
/// # Errors
/// As [`residual_tests_of_legs`], and those of the tests, y on x first.
///
/// # Cost
/// As [`residual_tests_of_legs`].
pub fn better_direction_of_legs(
    y: &Leg,
    x: &Leg,
    options: EngleGrangerOptions,
) -> Result<BetterDirection> {
    let cross = cross(y, x)?;
    let (forth, back) = (Line::fit(y, x, cross)?, Line::fit(x, y, cross)?);
    let (of_forth, of_back) = (forth.residuals(y, x), back.residuals(x, y));
    let test = of_residuals(&forth, &of_forth, options)?;
    let other = of_residuals(&back, &of_back, options)?;
    let swapped = other.p_value < test.p_value;
    let (test, other, residuals) = if swapped {
        (other, test, of_back)
    } else {
        (test, other, of_forth)
    };
    Ok(BetterDirection {
        swapped,
        test,
        other,
        half_life: half_life(&residuals),
        hurst: hurst(&residuals),
    })
}

/// The tests, and the residuals of y on x unless those are rounding errors.
fn residual_tests(
    y: &Leg,
    x: &Leg,
    options: EngleGrangerOptions,
) -> Result<(ResidualTests, Result<Vec<f64>>)> {
    let cross = cross(y, x)?;
    let (forth, back) = (Line::fit(y, x, cross)?, Line::fit(x, y, cross)?);
    let residuals = forth.residuals(y, x);
    let engle_granger = BothDirections {
        y_on_x: of_residuals(&forth, &residuals, options),
        x_on_y: of_residuals(&back, &back.residuals(x, y), options),
    };
    let residuals = if forth.r_squared < COLLINEAR_R_SQUARED {
        Ok(residuals)
    } else {
        Err(Error::from(Degeneracy::Collinear))
    };
    let values = residuals.as_deref().map_err(|error| *error);
    let tests = ResidualTests {
        engle_granger,
        half_life: values.and_then(half_life),
        hurst: values.and_then(hurst),
    };
    Ok((tests, residuals))
}

/// Something that puts the verdict of [`PairTests`] in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// y itself is stationary at 5 %: cointegration is about series that wander.
    StationaryY,
    /// x itself is stationary at 5 %.
    StationaryX,
    /// One direction rejects at 5 % and the other does not.
    DirectionsDisagree,
}

/// What the tests say about a pair. A figure that cannot be computed carries the reason, and does not
/// take the others with it.
#[derive(Clone, Debug, PartialEq)]
pub struct PairTests {
    /// Engle-Granger both ways: the only source of the verdict.
    pub engle_granger: BothDirections,
    /// ADF of y itself.
    pub adf_y: Result<Adf>,
    /// ADF of x itself.
    pub adf_x: Result<Adf>,
    /// ADF of the residuals of y on x by the tables for a series that was not fitted. Its p-value is
    /// too small (see the [module](super)); shown because people know the figure, never a verdict.
    pub adf_residuals: Result<Adf>,
    /// Johansen's test of both legs.
    pub johansen: Result<Johansen>,
    /// Half-life of the residuals of y on x.
    pub half_life: Result<HalfLife>,
    /// Hurst exponent of the residuals of y on x.
    pub hurst: Result<f64>,
    /// What puts the verdict in doubt, each at most once.
    pub warnings: Vec<Warning>,
}

impl PairTests {
    /// The verdict: p of y on x below 0.05. A test that could not be computed is no.
    #[must_use]
    pub fn cointegrated(&self) -> bool {
        self.engle_granger.y_on_x.is_ok_and(|test| test.rejects())
    }
}

/// Every test of the pair `y`, `x` (closes of the same bars, any unit), on the least-squares residuals
/// over the whole range, whatever model draws the spread.
///
/// # Errors
/// [`LengthMismatch`](Error::LengthMismatch), [`TooFew`](Error::TooFew), [`NonFinite`](Error::NonFinite), and
/// [`Degenerate`](Error::Degenerate) for a constant leg. Anything that spoils only some of the figures is in
/// their place.
///
/// # Cost
/// Five ADF regressions and O(n).
pub fn pair_tests(y: &[f64], x: &[f64], options: PairTestOptions) -> Result<PairTests> {
    Error::check_pair(y, x, 3)?;
    pair_tests_of_legs(&Leg::new("y", y)?, &Leg::new("x", x)?, options)
}

/// [`pair_tests`] of legs that were prepared before.
///
/// # Errors
/// As [`pair_tests`].
///
/// # Cost
/// As [`pair_tests`].
pub fn pair_tests_of_legs(y: &Leg, x: &Leg, options: PairTestOptions) -> Result<PairTests> {
    let (figures, residuals) = residual_tests(y, x, options.engle_granger)?;
    let residuals = residuals.as_deref().map_err(|error| *error);
    let mut tests = PairTests {
        engle_granger: figures.engle_granger,
        adf_y: adf(y.values(), options.adf),
        adf_x: adf(x.values(), options.adf),
        adf_residuals: residuals.and_then(|r| adf(r, options.adf)),
        johansen: johansen(&[y.values(), x.values()], options.johansen),
        half_life: figures.half_life,
        hurst: figures.hurst,
        warnings: Vec::new(),
    };
    tests.warnings = warnings(&tests);
    Ok(tests)
}

fn warnings(tests: &PairTests) -> Vec<Warning> {
    let stationary = |leg: &Result<Adf>| leg.is_ok_and(|test| test.rejects_unit_root());
    let disagree = match (tests.engle_granger.y_on_x, tests.engle_granger.x_on_y) {
        (Ok(forth), Ok(back)) => forth.rejects() != back.rejects(),
        _ => false,
    };
    [
        (stationary(&tests.adf_y), Warning::StationaryY),
        (stationary(&tests.adf_x), Warning::StationaryX),
        (disagree, Warning::DirectionsDisagree),
    ]
    .into_iter()
    .filter_map(|(holds, warning)| holds.then_some(warning))
    .collect()
}
