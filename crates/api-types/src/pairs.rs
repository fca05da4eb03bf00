//! `GET /api/v1/pairs/analytics`: hedge ratio, spread, z-score, correlation and tests of a pair; and
//! the topic `pair:<parameters>` of the stream.
//!
//! y is the dependent leg, x the hedge leg: y = α + β·x + spread. A figure that does not exist is
//! `null`, and [`Missing`] says why where that is not plain (a window that is not full yet is plain).

use serde::{Deserialize, Serialize};

use crate::{names::name, parts::read_in_parts};

name! {
    /// How the hedge ratio is estimated.
    Model, "model" {
        /// Least squares with intercept.
        Ols = "ols",
        /// Huber's robust regression at its optimum (ε = 1.35).
        Huber = "huber",
        /// Exact median of all pairwise slopes.
        TheilSen = "theil_sen",
        /// A Kalman filter of β and α as random walks.
        Kalman = "kalman",
    }
}

name! {
    /// Which bars the coefficients in force at a bar come from.
    Fit, "fit" {
        /// The `lookback` bars before it: never repaints.
        WalkForward = "walk_forward",
        /// All bars of the range, or those up to `fitTime`: the past is judged by its own future.
        InSample = "in_sample",
    }
}

name! {
    /// What is fitted.
    Transform, "transform" {
        /// Closes.
        Level = "level",
        /// Logarithms of closes.
        Log = "log",
    }
}

name! {
    /// Whether the window of the z-score ends with the bar that it judges.
    Baseline, "baseline" {
        /// It does, as pandas' rolling windows do; |z| cannot exceed (window − 1)/√window.
        Inclusive = "inclusive",
        /// It ends one bar before.
        Exclusive = "exclusive",
    }
}

name! {
    /// What z is.
    ZKind, "z-score" {
        /// (spread − mean)/sd over the last `window` spreads, sd with n − 1.
        Rolling = "rolling",
        /// e/√S of a Kalman filter.
        Innovation = "innovation",
    }
}

name! {
    /// Where a Kalman filter's variances come from.
    Noise, "noise" {
        /// From least squares on the first `lookback` bars and `memory`.
        Memory = "memory",
        /// The same shape, the ratio by maximum likelihood: a one-step predictor, not a spread.
        Ml = "ml",
        /// pykalman's fixed figures, in price units; for parity only.
        Pykalman = "pykalman",
    }
}

name! {
    /// Where a Kalman filter with `noise=pykalman` starts.
    Init, "init" {
        /// Mean 0, covariance all ones.
        Pykalman = "pykalman",
        /// Mean 0, covariance I.
        Identity = "identity",
        /// Mean 0, covariance 10⁷·I.
        Diffuse = "diffuse",
    }
}

name! {
    /// What the rolling correlation is of.
    CorrelationOf, "correlation" {
        /// Log returns.
        Returns = "returns",
        /// Closes.
        Levels = "levels",
    }
}

name! {
    /// Parts of the answer that cost extra and are sent on request.
    Include, "part" {
        /// [`PairLine`]s: the in-sample line of every model, for a scatter plot.
        Lines = "lines",
        /// [`StabilityColumns`]: rolling β with its error and rolling Engle-Granger p.
        Stability = "stability",
    }
}

/// Answer of `GET /api/v1/pairs/analytics`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force.
    pub params: PairParams,
    /// The analysis.
    #[serde(flatten)]
    pub analysis: PairData,
}

read_in_parts!(PairResponse {
    as_of: i64,
    version: String,
    params: PairParams,
    ..analysis
});

/// Parameters of pair analytics, defaults filled in. The stream, alert rules and the backtest use the
/// same names. Those that do not apply to the model are absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairParams {
    /// The dependent leg, `venue:SYMBOL`, or the name of a series of a dataset.
    pub y: String,
    /// The hedge leg.
    pub x: String,
    /// `live` or `dataset:{id}`.
    pub y_source: String,
    /// `live` or `dataset:{id}`.
    pub x_source: String,
    /// Length of a bar, as `1m`.
    pub interval: String,
    /// Joined bars wanted.
    pub limit: u32,
    /// First bar, ms since the epoch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub start_time: Option<i64>,
    /// Last bar's start at the latest, ms since the epoch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end_time: Option<i64>,
    /// How the hedge ratio is estimated.
    pub model: Model,
    /// From which bars; absent for `kalman`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fit: Option<Fit>,
    /// Bars of a fit, or of a Kalman filter's training; absent for `in_sample`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lookback: Option<u32>,
    /// `in_sample` only: the fit is of the `limit` bars that end with this one, ms since the epoch, so that a live view
    /// keeps its coefficients while its range moves on; with `startTime`, of those from there on. Absent: of the closed
    /// ones shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fit_time: Option<i64>,
    /// What is fitted.
    pub transform: Transform,
    /// Bars of the rolling z-score and correlation.
    pub window: u32,
    /// Whether that window ends with the bar it judges.
    pub baseline: Baseline,
    /// What z is.
    pub z: ZKind,
    /// Kalman only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub noise: Option<Noise>,
    /// Kalman with `noise=memory` only: bars after which the filter has about forgotten.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory: Option<f64>,
    /// Kalman with `noise=pykalman` only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub init: Option<Init>,
    /// What the rolling correlation is of.
    pub correlation_of: CorrelationOf,
    /// |z| at which a position is entered.
    pub entry: f64,
    /// |z| at which it is left.
    pub exit: f64,
    /// |z| at which it is given up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stop: Option<f64>,
    /// For how many buckets the last close of a leg may stand in for a missing one.
    pub max_fill: u32,
    /// Drawn points at most: the series are thinned out, extremes kept. Figures never are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub points: Option<u32>,
    /// Whether the open bar is the provisional last point.
    pub open: bool,
    /// Parts asked for besides.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub include: Vec<Include>,
}

/// What is known about a pair over a range of bars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairData {
    /// How the legs were joined.
    pub alignment: Alignment,
    /// Everything that has a value at each bar.
    pub series: PairColumns,
    /// The line in force after the last closed bar, and how it was found.
    pub fit: PairFit,
    /// Tests, on the in-sample least-squares residuals of the closed bars, whatever model draws the spread.
    pub tests: PairTests,
    /// The last figures together.
    pub summary: PairSummary,
    /// With `include=lines`: the in-sample line of each model.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lines: Option<Vec<PairLine>>,
    /// With `include=stability`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stability: Option<StabilityColumns>,
    /// Figures that could not be computed, and why.
    pub missing: Vec<Missing>,
    /// What puts figures in doubt.
    pub warnings: Vec<PairWarning>,
}

/// How two legs were joined, by time of the bars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alignment {
    /// Rows in which both legs have a bar of their own.
    pub joined: u32,
    /// Rows in which one leg's last close stands in.
    pub filled: u32,
    /// Bars of one leg without a counterpart.
    pub dropped: u32,
    /// Filled rows as a share of all, 0 … 1.
    pub filled_share: f64,
    /// Bars read before the first shown, for lookback and window.
    pub warmup: u32,
}

/// The series of a pair: columns of one length, ascending in time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairColumns {
    /// Start of the bar, ms since the epoch.
    pub time: Vec<i64>,
    /// Close of the dependent leg, untransformed.
    pub y: Vec<f64>,
    /// Close of the hedge leg, untransformed.
    pub x: Vec<f64>,
    /// Intercept in force at the bar, in units of (transformed) y. Kalman: filtered, the bar included.
    pub alpha: Vec<Option<f64>>,
    /// Hedge ratio in force at the bar. Kalman: filtered, the bar included.
    pub beta: Vec<Option<f64>>,
    /// Spread, in units of (transformed) y. Kalman: the innovation.
    pub spread: Vec<Option<f64>>,
    /// Mean of the z-score's window, in units of the spread; the bands are mean ± threshold·sd.
    pub spread_mean: Vec<Option<f64>>,
    /// Standard deviation of the z-score's window, in units of the spread.
    pub spread_sd: Vec<Option<f64>>,
    /// Z-score.
    pub z: Vec<Option<f64>>,
    /// Rolling correlation.
    pub correlation: Vec<Option<f64>>,
    /// Kalman only, else absent: standard deviation of the filtered hedge ratio.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub beta_sd: Option<Vec<Option<f64>>>,
    /// Kalman only, else absent: √S, the predicted standard deviation of the innovation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub innovation_sd: Option<Vec<Option<f64>>>,
    /// False for a provisional last point, which is made of the open bar.
    pub closed: Vec<bool>,
}

/// The line in force after the last closed bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairFit {
    /// How it was estimated.
    pub model: Model,
    /// Bars that it was fitted to; for Kalman those the filter has seen.
    pub observations: u32,
    /// First bar fitted, ms since the epoch.
    pub from_time: Option<i64>,
    /// Last bar fitted, ms since the epoch.
    pub to_time: Option<i64>,
    /// Intercept.
    pub alpha: Option<f64>,
    /// Hedge ratio.
    pub beta: Option<f64>,
    /// Standard error of α: Newey-West for least squares, the filter's for Kalman, else `null`.
    pub alpha_se: Option<f64>,
    /// Standard error of β: Newey-West for least squares, the filter's for Kalman, else `null`.
    pub beta_se: Option<f64>,
    /// Textbook standard error of α (least squares): far too small for spreads, shown because people know it.
    pub alpha_se_textbook: Option<f64>,
    /// Textbook standard error of β (least squares).
    pub beta_se_textbook: Option<f64>,
    /// 95 % interval of β: Sen's for Theil-Sen, ±1.96 of `betaSe` where there is one.
    pub beta_interval: Option<[f64; 2]>,
    /// Share of the variance of y explained (least squares).
    pub r2: Option<f64>,
    /// Standard deviation of the residuals (least squares), or Huber's scale.
    pub sigma: Option<f64>,
    /// Bars that Huber's fit treats as outliers.
    pub outliers: Option<u32>,
    /// Kalman: standard deviation of e/√S after training, 1 for a filter that fits the data.
    pub standardized_sd: Option<f64>,
}

/// One model's in-sample line over the shown range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairLine {
    /// How it was estimated; for Kalman the filter's last state.
    pub model: Model,
    /// Intercept.
    pub alpha: Option<f64>,
    /// Hedge ratio.
    pub beta: Option<f64>,
}

/// What tests say about a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairTests {
    /// Bars tested.
    pub observations: u32,
    /// The verdict: p of y on x below 0.05; `null` if that test could not be computed.
    pub cointegrated: Option<bool>,
    /// Engle-Granger, y on x.
    pub engle_granger_yx: Option<UnitRootTest>,
    /// Engle-Granger, x on y.
    pub engle_granger_xy: Option<UnitRootTest>,
    /// Augmented Dickey-Fuller of y itself.
    pub adf_y: Option<UnitRootTest>,
    /// Augmented Dickey-Fuller of x itself.
    pub adf_x: Option<UnitRootTest>,
    /// Augmented Dickey-Fuller of the residuals by the tables for a series that was not fitted: its p is too
    /// small and never the verdict.
    pub adf_residuals: Option<UnitRootTest>,
    /// Johansen's test.
    pub johansen: Option<JohansenTest>,
    /// Half-life of the residuals.
    pub half_life: Option<HalfLife>,
    /// Hurst exponent of the residuals: 0.5 for a random walk, less for one that returns.
    pub hurst: Option<f64>,
}

/// A test of a unit root.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnitRootTest {
    /// t of the lagged level.
    pub statistic: f64,
    /// MacKinnon's p-value, 0 … 1.
    pub p_value: f64,
    /// Lagged differences in the regression.
    pub lags: u32,
    /// Critical values at 1, 5 and 10 %.
    pub critical: [f64; 3],
}

/// Johansen's test of both legs; entry r tests "at most r stationary combinations".
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JohansenTest {
    /// Trace statistics.
    pub trace: [f64; 2],
    /// Their critical values at 90, 95 and 99 %.
    pub trace_critical: [[f64; 3]; 2],
    /// Maximum-eigenvalue statistics.
    pub max_eigenvalue: [f64; 2],
    /// Their critical values at 90, 95 and 99 %.
    pub max_eigenvalue_critical: [[f64; 3]; 2],
    /// Stationary combinations by the trace statistic at 95 %.
    pub rank_at_95: u32,
}

/// Speed of return of the residuals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HalfLife {
    /// −ln 2/λ, in bars; `null` when nothing returns.
    pub bars: Option<f64>,
    /// −ln 2/ln(1 + λ), in bars.
    pub bars_discrete: Option<f64>,
    /// `bars` as a time, ms.
    pub ms: Option<f64>,
    /// λ of Δs on lagged s, per bar.
    pub lambda: f64,
    /// t of λ.
    pub lambda_t: Option<f64>,
}

/// The figures of the last point, and of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairSummary {
    /// The last point's bar, ms since the epoch.
    pub time: i64,
    /// False if that bar is open.
    pub closed: bool,
    /// Close of the dependent leg.
    pub y: f64,
    /// Close of the hedge leg.
    pub x: f64,
    /// Spread.
    pub spread: Option<f64>,
    /// Z-score.
    pub z: Option<f64>,
    /// Intercept in force.
    pub alpha: Option<f64>,
    /// Hedge ratio in force.
    pub beta: Option<f64>,
    /// Rolling correlation.
    pub correlation: Option<f64>,
    /// Engle-Granger p of y on x.
    pub p_value: Option<f64>,
    /// Verdict.
    pub cointegrated: Option<bool>,
    /// Half-life, bars.
    pub half_life_bars: Option<f64>,
    /// Hurst exponent.
    pub hurst: Option<f64>,
}

/// How steady a pair is: figures over the `lookback` bars that end at each of some bars.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StabilityColumns {
    /// Bars in each window.
    pub lookback: u32,
    /// Last bar of each window, ms since the epoch.
    pub time: Vec<i64>,
    /// Least-squares hedge ratio.
    pub beta: Vec<Option<f64>>,
    /// Its Newey-West standard error.
    pub beta_se: Vec<Option<f64>>,
    /// Engle-Granger p of y on x.
    pub p_value: Vec<Option<f64>>,
}

/// A figure that could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Missing {
    /// Its place in the answer, as `tests.johansen`.
    pub figure: String,
    /// Why.
    pub reason: String,
}

/// Something that puts figures in doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairWarning {
    /// Which, for programs.
    pub code: WarningCode,
    /// In words, with the figures.
    pub detail: String,
}

name! {
    /// What puts figures in doubt.
    WarningCode, "warning" {
        /// y itself is stationary at 5 %: cointegration is about series that wander.
        StationaryY = "stationaryY",
        /// x itself is stationary at 5 %.
        StationaryX = "stationaryX",
        /// One direction of Engle-Granger rejects at 5 % and the other does not.
        DirectionsDisagree = "directionsDisagree",
        /// Over 5 % of the rows are filled.
        Filled = "filled",
        /// sd(e/√S) of the Kalman filter is outside 0.5 … 2.
        Miscalibrated = "miscalibrated",
        /// The variances by maximum likelihood make β chase the price: no spread.
        OneStepPredictor = "oneStepPredictor",
        /// Bars in the range miss trades.
        Incomplete = "incomplete",
        /// A backtest leaves out the last bars, of which it is not known yet what was paid for holding.
        FundingPending = "fundingPending",
    }
}
