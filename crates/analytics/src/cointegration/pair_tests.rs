//! Everything that tests say about a pair, on its in-sample residuals.

use super::engle_granger::{
    BothDirections, COLLINEAR_R_SQUARED, EngleGrangerOptions, of_residuals,
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
    let cross = cross(y, x)?;
    let (forth, back) = (Line::fit(y, x, cross)?, Line::fit(x, y, cross)?);
    let residuals = forth.residuals(y, x);
    let engle_granger = BothDirections {
        y_on_x: of_residuals(&forth, &residuals, options.engle_granger),
        x_on_y: of_residuals(&back, &back.residuals(x, y), options.engle_granger),
    };
    // Residuals that are rounding errors have no half-life either.
    let residuals = if forth.r_squared < COLLINEAR_R_SQUARED {
        Ok(residuals)
    } else {
        Err(Error::from(Degeneracy::Collinear))
    };
    let residuals = residuals.as_deref().map_err(|error| *error);
    let mut tests = PairTests {
        engle_granger,
        adf_y: adf(y.values(), options.adf),
        adf_x: adf(x.values(), options.adf),
        adf_residuals: residuals.and_then(|r| adf(r, options.adf)),
        johansen: johansen(&[y.values(), x.values()], options.johansen),
        half_life: residuals.and_then(half_life),
        hurst: residuals.and_then(hurst),
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
