//! A pair's analysis that moves on bar by bar, for the live view.

use crate::{
    correlation::RollingCorrelation,
    error::{Error, Result},
    kalman::{Calibration, KalmanFilter, KalmanStep},
    line::Line,
    pair::{Hedge, PairParams, Point, innovation_score},
    parameters::{Transform, ZScore},
    spread::{self, KalmanSpread},
    walk_forward::RollingFit,
    zscore::RollingZScore,
};

/// The state after some closed bars.
///
/// [`Session::push`] takes in a closed bar; [`Session::provisional`] answers what the bar that is
/// still open would give, as often as it changes, and changes nothing. The figures equal those of
/// [`crate::analyse`] over the same bars. Cost of a bar: O(1) for least squares, a fixed line and Kalman
/// filters, with z-score and correlation, but for an O(window) or O(lookback) sum formed anew now and then;
/// O(lookback) for Huber and Theil-Sen. A provisional point is O(1) for all, with the same exception.
///
/// ```
/// use analytics::{analyse, Estimator, Hedge, Lookback, PairParams, Session, Transform, ZScore};
/// let x: Vec<f64> = (0..200).map(|t| 50.0 + f64::from(t * t % 23)).collect();
/// let y: Vec<f64> = x.iter().enumerate().map(|(t, x)| 2.0 * x + (t % 5) as f64).collect();
/// let hedge = Hedge::WalkForward { estimator: Estimator::Ols, lookback: Lookback::new(50)? };
/// let params = PairParams::new(Transform::Log, hedge, ZScore::default())?;
///
/// let mut session = Session::new(params)?;
/// for t in 0..199 {
///     session.push(y[t], x[t])?;
/// }
/// let open = session.provisional(y[199], x[199])?;
/// let batch = analyse(&y, &x, &params)?;
/// let (ours, theirs) = (open.z.expect("full"), batch.z[199].expect("full"));
/// assert!((ours - theirs).abs() < 1e-9);
/// # Ok::<(), analytics::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    transform: Transform,
    hedge: State,
    z: Option<RollingZScore>,
    correlation: Option<RollingCorrelation>,
    bars: usize,
}

#[derive(Clone, Debug)]
enum State {
    Fixed(Line),
    WalkForward(RollingFit),
    Kalman(Box<KalmanFilter>, KalmanSpread),
}

impl Session {
    /// A session that has seen nothing.
    ///
    /// # Errors
    /// [`Error::BadParameter`] for [`Hedge::InSample`]: a fit over all bars changes the past with
    /// every bar. Fit a snapshot and pass its line as [`Hedge::Fixed`].
    pub fn new(params: PairParams) -> Result<Self> {
        let hedge = match params.hedge() {
            Hedge::InSample(_) => {
                return Err(Error::BadParameter {
                    name: "fit",
                    allowed: "walk_forward, or the fixed coefficients of a snapshot, in a session",
                });
            }
            Hedge::Fixed(line) => State::Fixed(line),
            Hedge::WalkForward {
                estimator,
                lookback,
            } => State::WalkForward(RollingFit::new(estimator, lookback)),
            Hedge::Kalman { params, spread } => {
                State::Kalman(Box::new(KalmanFilter::new(params)), spread)
            }
        };
        Ok(Self {
            transform: params.transform(),
            hedge,
            z: match params.zscore() {
                ZScore::Rolling { window, baseline } => Some(RollingZScore::new(window, baseline)),
                ZScore::Innovation => None,
            },
            correlation: params
                .correlation()
                .map(|(window, of)| RollingCorrelation::new(window, of)),
            bars: 0,
        })
    }

    /// Number of closed bars taken in.
    #[must_use]
    pub const fn bars(&self) -> usize {
        self.bars
    }

    /// Standard deviation of e/√S so far, for a Kalman filter after training.
    #[must_use]
    pub fn standardized_sd(&self) -> Option<f64> {
        match &self.hedge {
            State::Kalman(filter, _) => filter.standardized_sd(),
            State::Fixed(_) | State::WalkForward(_) => None,
        }
    }

    /// What [`Session::standardized_sd`] says about a Kalman filter's variances so far.
    #[must_use]
    pub fn calibration(&self) -> Option<Calibration> {
        self.standardized_sd().map(Calibration::of)
    }

    /// Takes in the untransformed closes of a closed bar.
    ///
    /// # Errors
    /// [`Error::NonFinite`], [`Error::NotPositive`] where a logarithm is asked for: the session is as
    /// before. [`Error::Degenerate`] once a Kalman filter could not be trained.
    pub fn push(&mut self, y: f64, x: f64) -> Result<Point> {
        let (log_y, log_x) = self.transformed(y, x)?;
        let correlation = match &mut self.correlation {
            Some(rolling) => rolling.push(y, x)?,
            None => None,
        };
        let (y, x) = (log_y, log_x);
        self.bars += 1;
        let mut point = match &mut self.hedge {
            State::Fixed(line) => of_line(y, x, line.finite()),
            State::WalkForward(fit) => {
                let point = of_line(y, x, fit.line());
                fit.push(y, x)?;
                point
            }
            State::Kalman(filter, spread) => of_step(y, x, filter.push(y, x)?, *spread),
        };
        point.correlation = correlation;
        let score = match &mut self.z {
            Some(rolling) => rolling.push_score(point.spread),
            None => point.kalman.as_ref().map(innovation_score),
        };
        Ok(point.scored(score))
    }

    /// What [`Session::push`] would answer for a bar that is still open.
    ///
    /// # Errors
    /// As [`Session::push`].
    pub fn provisional(&self, y: f64, x: f64) -> Result<Point> {
        let (log_y, log_x) = self.transformed(y, x)?;
        let correlation = match &self.correlation {
            Some(rolling) => rolling.peek(y, x)?,
            None => None,
        };
        let (y, x) = (log_y, log_x);
        let mut point = match &self.hedge {
            State::Fixed(line) => of_line(y, x, line.finite()),
            State::WalkForward(fit) => of_line(y, x, fit.line()),
            State::Kalman(filter, spread) => of_step(y, x, filter.peek(y, x)?, *spread),
        };
        point.correlation = correlation;
        let score = match &self.z {
            Some(rolling) => rolling.peek_score(point.spread),
            None => point.kalman.as_ref().map(innovation_score),
        };
        Ok(point.scored(score))
    }

    fn transformed(&self, y: f64, x: f64) -> Result<(f64, f64)> {
        let value = |series: &'static str, close: f64| {
            Error::check_finite(series, &[close])?;
            let value = self.transform.value(close);
            value.ok_or(Error::NotPositive { series, index: 0 })
        };
        Ok((value("y", y)?, value("x", x)?))
    }
}

fn of_line(y: f64, x: f64, line: Option<Line>) -> Point {
    Point {
        line,
        spread: spread::at(y, x, line),
        ..Point::default()
    }
}

fn of_step(y: f64, x: f64, step: Option<KalmanStep>, spread: KalmanSpread) -> Point {
    Point {
        line: step.map(|step| step.line),
        spread: step.and_then(|step| spread.of(&step, y, x)),
        kalman: step,
        ..Point::default()
    }
}
