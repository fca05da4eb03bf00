//! Pair analytics, backtests and scans of bars from anywhere, without a server or a database: the parameters, figures and
//! shapes of the calls.

use analytics::Progress;
use api_types::{
    BacktestResponse, BarLength, FillAt, PairParams, PairResponse, Problem, ScanReport, ScanRequest,
};
use tokio_util::sync::CancellationToken;

use crate::{
    backtest::{self, BacktestSpec, Fills, Payments},
    convert,
    pairs::{Defaults, LegBars, PairSpec, Rows, analysis},
    params::Params,
    problem::ApiError,
    scans,
};

/// One series: bars of one length, ascending in time, with prices that are finite and positive.
#[derive(Debug, Clone)]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Where it comes from, for whoever reads the answer.
    pub source: String,
    /// Length of its bars.
    pub interval: BarLength,
    /// Starts of the bars, ms since the epoch.
    pub times_ms: Vec<i64>,
    /// First prices, if they are known.
    pub opens: Option<Vec<f64>>,
    /// Last prices.
    pub closes: Vec<f64>,
}

impl Series {
    fn bars(&self) -> LegBars {
        LegBars {
            times_ms: self.times_ms.clone(),
            closes: self.closes.clone(),
            // All of them are over.
            closed_until_ms: i64::MAX,
            ..LegBars::default()
        }
    }

    fn opens(&self) -> Result<Vec<(i64, f64)>, ApiError> {
        let opens = self.opens.as_ref();
        let opens = opens.ok_or_else(|| backtest::no_opens(&self.name))?;
        Ok(self
            .times_ms
            .iter()
            .copied()
            .zip(opens.iter().copied())
            .collect())
    }
}

/// `GET /api/v1/pairs/analytics` of `y` and `x`, by all of their common bars unless `parameters` (names and values of
/// the call) say otherwise.
///
/// # Errors
/// As the server would answer it.
pub fn analytics(
    parameters: &[(String, String)],
    y: &Series,
    x: &Series,
) -> Result<PairResponse, Box<Problem>> {
    analysed(parameters, y, x).map_err(|error| Box::new(error.problem()))
}

/// `GET /api/v1/pairs/backtest`, likewise.
///
/// # Errors
/// As the server would answer it.
pub fn backtest(
    parameters: &[(String, String)],
    y: &Series,
    x: &Series,
) -> Result<BacktestResponse, Box<Problem>> {
    traded(parameters, y, x).map_err(|error| Box::new(error.problem()))
}

/// What `POST /api/v1/scans` asks for, of these series and at once; all of their bars unless `request` has a range. `None`
/// when it was cancelled.
///
/// # Errors
/// As the server would answer it.
pub fn scan(
    request: ScanRequest,
    series: &[Series],
    progress: &Progress,
) -> Result<Option<ScanReport>, Box<Problem>> {
    let made = scans::now::of_series(request, series, progress);
    made.map_err(|error| Box::new(error.problem()))
}

fn analysed(
    parameters: &[(String, String)],
    y: &Series,
    x: &Series,
) -> Result<PairResponse, ApiError> {
    let (mut params, all) = read(parameters, y, x, &PairSpec::NAMES);
    let spec = PairSpec::read(&mut params, Defaults::VIEW);
    params.finish()?;
    let spec = within(spec.expect(READ), all, y, x);
    let rows = join(&spec, y, x)?;
    let answer = analysis::answer(&spec, &rows, &CancellationToken::new());
    Ok(PairResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: told(spec.params(), y, x),
        analysis: answer.map_err(|refusal| refusal.of(&spec))?,
    })
}

fn traded(
    parameters: &[(String, String)],
    y: &Series,
    x: &Series,
) -> Result<BacktestResponse, ApiError> {
    let names = PairSpec::TRADED.into_iter().chain(BacktestSpec::NAMES);
    let (mut params, all) = read(parameters, y, x, &names.collect::<Vec<_>>());
    let spec = BacktestSpec::read(&mut params);
    params.finish()?;
    let mut spec = spec.expect(READ);
    spec.pair = within(spec.pair, all, y, x);
    let rows = join(&spec.pair, y, x)?;
    let fills = match spec.fill {
        FillAt::Open => Fills::along(&rows, &y.opens()?, &x.opens()?),
        FillAt::Close => Fills::at_closes(&rows),
    };
    let found = backtest::answer(&spec, &rows, &fills, &Payments::default())?;
    let mut params = spec.params();
    params.pair = told(params.pair, y, x);
    Ok(BacktestResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params,
        backtest: found,
    })
}

const READ: &str = "something is wrong with what cannot be read, and finish has failed";

/// The parameters with the legs that they are of; and whether all bars are wanted.
fn read(parameters: &[(String, String)], y: &Series, x: &Series, names: &[&str]) -> (Params, bool) {
    // What names the legs is known here and cannot be given.
    let legs = ["y", "x", "source", "ySource", "xSource", "interval"];
    let known: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !legs.contains(name))
        .collect();
    let mut params = Params::of_pairs(parameters.to_vec(), &known);
    let same = y.source == x.source;
    for (name, text) in [
        ("y", y.name.clone()),
        ("x", x.name.clone()),
        ("ySource", "dataset:1".to_owned()),
        (
            "xSource",
            if same { "dataset:1" } else { "dataset:2" }.to_owned(),
        ),
        ("interval", y.interval.to_string()),
    ] {
        params.add(name, text);
    }
    let all = !params.has("limit");
    (params, all)
}

/// The spec; where all bars are wanted, those before the first one with all figures are its warm-up.
fn within(mut spec: PairSpec, all: bool, y: &Series, x: &Series) -> PairSpec {
    if all {
        let (least, most) = PairSpec::LIMITS;
        let bars = y.times_ms.len().min(x.times_ms.len());
        let shown = bars.saturating_sub(spec.warmup());
        spec.limit = u32::try_from(shown).unwrap_or(most).clamp(least, most);
    }
    spec
}

fn join(spec: &PairSpec, y: &Series, x: &Series) -> Result<Rows, ApiError> {
    let rows = Rows::join(spec, &y.bars(), &x.bars(), true);
    let rows = rows.map_err(|error| ApiError::Internal(error.to_string()))?;
    rows.ok_or_else(|| ApiError::Internal("a final read gave no rows".to_owned()))
}

fn told(params: PairParams, y: &Series, x: &Series) -> PairParams {
    PairParams {
        y_source: y.source.clone(),
        x_source: x.source.clone(),
        ..params
    }
}
