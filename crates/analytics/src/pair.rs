//! Everything that is drawn for a pair: coefficients, spread, z-score and correlation at each bar.

use crate::parameters::Lookback;
use crate::{
    correlation::{CorrelationOf, rolling_correlation},
    error::{Error, Result},
    kalman::{Calibration, KalmanParams, KalmanStep, kalman},
    line::Line,
    parameters::{Transform, Window, ZScore},
    spread::{KalmanSpread, spread_along},
    walk_forward::{Estimator, walk_forward},
    zscore::{Score, scores},
};

/// Where the coefficients in force at a bar come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hedge {
    /// One fit over all bars. Each bar but the last is judged by its own future.
    InSample(Estimator),
    /// A line given from outside, for example the in-sample fit of a snapshot that a live view keeps.
    Fixed(Line),
    /// A fit of the `lookback` bars before each bar.
    WalkForward {
        /// What is fitted.
        estimator: Estimator,
        /// To how many bars.
        lookback: Lookback,
    },
    /// A Kalman filter, which is causal by nature.
    Kalman {
        /// Its noise and start.
        params: KalmanParams,
        /// Which residual is the spread.
        spread: KalmanSpread,
    },
}

impl Default for Hedge {
    /// Least squares, walking forward on 500 bars.
    fn default() -> Self {
        Self::WalkForward {
            estimator: Estimator::Ols,
            lookback: Lookback::default(),
        }
    }
}

/// How a pair is analysed: choices that fit together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PairParams {
    transform: Transform,
    hedge: Hedge,
    zscore: ZScore,
    correlation: Option<(Window, CorrelationOf)>,
}

impl PairParams {
    /// Transform, hedge and z-score.
    ///
    /// # Errors
    /// [`Error::BadParameter`] if the z-score is [`ZScore::Innovation`] and the hedge is not a Kalman
    /// filter with noise in units of the data.
    pub fn new(transform: Transform, hedge: Hedge, zscore: ZScore) -> Result<Self> {
        let has_innovations = match hedge {
            Hedge::Kalman { params, .. } => params.has_innovation_z(),
            Hedge::InSample(_) | Hedge::Fixed(_) | Hedge::WalkForward { .. } => false,
        };
        if zscore == ZScore::Innovation && !has_innovations {
            return Err(Error::BadParameter {
                name: "z",
                allowed: "rolling unless the model is kalman with noise memory or ml",
            });
        }
        Ok(Self {
            transform,
            hedge,
            zscore,
            correlation: None,
        })
    }

    /// The same with a rolling correlation of the untransformed closes.
    #[must_use]
    pub const fn with_correlation(self, window: Window, of: CorrelationOf) -> Self {
        Self {
            correlation: Some((window, of)),
            ..self
        }
    }

    /// How closes enter the fit.
    #[must_use]
    pub const fn transform(&self) -> Transform {
        self.transform
    }

    /// Where coefficients come from.
    #[must_use]
    pub const fn hedge(&self) -> Hedge {
        self.hedge
    }

    /// Which z-score.
    #[must_use]
    pub const fn zscore(&self) -> ZScore {
        self.zscore
    }

    /// Window and kind of the correlation, if one is wanted.
    #[must_use]
    pub const fn correlation(&self) -> Option<(Window, CorrelationOf)> {
        self.correlation
    }
}

/// What is known at one bar. `None` where there is not enough before it, or nothing can be computed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// The coefficients: those in force at the bar; for a Kalman filter the filtered ones, the bar
    /// included, while its spread is measured against those before.
    pub line: Option<Line>,
    /// The spread, in units of `y` (transformed).
    pub spread: Option<f64>,
    /// Its z-score.
    pub z: Option<f64>,
    /// What the z-score is measured from: the mean of its window, or 0 for [`ZScore::Innovation`]. There is
    /// one where there is a z-score.
    pub spread_mean: Option<f64>,
    /// What it is measured in: the standard deviation of its window, or √S for [`ZScore::Innovation`].
    pub spread_sd: Option<f64>,
    /// Rolling correlation of the legs.
    pub correlation: Option<f64>,
    /// All of a Kalman filter's figures.
    pub kalman: Option<KalmanStep>,
}

/// A pair's analysis over a range of bars: columns of one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PairAnalysis {
    /// See [`Point::line`].
    pub lines: Vec<Option<Line>>,
    /// See [`Point::spread`].
    pub spread: Vec<Option<f64>>,
    /// See [`Point::z`].
    pub z: Vec<Option<f64>>,
    /// See [`Point::spread_mean`].
    pub spread_mean: Vec<Option<f64>>,
    /// See [`Point::spread_sd`].
    pub spread_sd: Vec<Option<f64>>,
    /// See [`Point::correlation`]; empty if none is wanted.
    pub correlation: Vec<Option<f64>>,
    /// See [`Point::kalman`]; empty for other hedges.
    pub kalman: Vec<Option<KalmanStep>>,
    /// Standard deviation of e/√S after training, for a Kalman filter.
    pub standardized_sd: Option<f64>,
}

impl PairAnalysis {
    /// Number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spread.len()
    }

    /// Whether there are no bars.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spread.is_empty()
    }

    /// What [`PairAnalysis::standardized_sd`] says about a Kalman filter's variances.
    #[must_use]
    pub fn calibration(&self) -> Option<Calibration> {
        self.standardized_sd.map(Calibration::of)
    }

    /// One bar's figures; all `None` beyond the end.
    #[must_use]
    pub fn point(&self, t: usize) -> Point {
        fn at<T: Copy>(column: &[Option<T>], t: usize) -> Option<T> {
            column.get(t).copied().flatten()
        }
        Point {
            line: at(&self.lines, t),
            spread: at(&self.spread, t),
            z: at(&self.z, t),
            spread_mean: at(&self.spread_mean, t),
            spread_sd: at(&self.spread_sd, t),
            correlation: at(&self.correlation, t),
            kalman: at(&self.kalman, t),
        }
    }
}

/// Analyses closes `y` and `x` of equal length n, untransformed. O(n), or what the hedge costs.
///
/// # Errors
/// Those of the fit: [`walk_forward`], [`kalman`], [`Estimator::fit`]; [`Error::NotPositive`] where
/// logarithms are asked for.
pub fn analyse(y: &[f64], x: &[f64], params: &PairParams) -> Result<PairAnalysis> {
    Error::check_pair(y, x, 1)?;
    let correlation = match params.correlation {
        Some((window, of)) => rolling_correlation(y, x, window, of)?,
        None => Vec::new(),
    };
    let (y, x) = (
        &params.transform.apply("y", y)?[..],
        &params.transform.apply("x", x)?[..],
    );
    let mut analysis = PairAnalysis {
        correlation,
        ..PairAnalysis::default()
    };
    match params.hedge {
        Hedge::InSample(estimator) => analysis.lines = vec![Some(estimator.fit(y, x)?); y.len()],
        Hedge::Fixed(line) => analysis.lines = vec![line.finite(); y.len()],
        Hedge::WalkForward {
            estimator,
            lookback,
        } => analysis.lines = walk_forward(y, x, estimator, lookback)?,
        Hedge::Kalman {
            params: filter,
            spread,
        } => {
            let run = kalman(y, x, &filter)?;
            analysis.lines = run.steps.iter().map(|s| s.map(|s| s.line)).collect();
            let value =
                |(t, step): (usize, &Option<KalmanStep>)| spread.of(step.as_ref()?, y[t], x[t]);
            analysis.spread = run.steps.iter().enumerate().map(value).collect();
            analysis.standardized_sd = run.standardized_sd;
            analysis.kalman = run.steps;
        }
    }
    if analysis.spread.is_empty() {
        analysis.spread = spread_along(y, x, &analysis.lines)?;
    }
    let scores = match params.zscore {
        ZScore::Rolling { window, baseline } => scores(&analysis.spread, window, baseline)?,
        ZScore::Innovation => {
            let steps = analysis.kalman.iter();
            steps.map(|s| s.as_ref().map(innovation_score)).collect()
        }
    };
    analysis.z = scores.iter().map(|s| s.map(|s| s.z)).collect();
    analysis.spread_mean = scores.iter().map(|s| s.map(|s| s.mean)).collect();
    analysis.spread_sd = scores.iter().map(|s| s.map(|s| s.sd)).collect();
    Ok(analysis)
}

/// e/√S, which is measured from 0.
pub(crate) fn innovation_score(step: &KalmanStep) -> Score {
    Score {
        z: step.standardized(),
        mean: 0.0,
        sd: step.innovation_variance.sqrt(),
    }
}

impl Point {
    pub(crate) fn scored(self, score: Option<Score>) -> Self {
        Self {
            z: score.map(|score| score.z),
            spread_mean: score.map(|score| score.mean),
            spread_sd: score.map(|score| score.sd),
            ..self
        }
    }
}
