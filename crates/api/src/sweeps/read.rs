//! From a request to what is asked.

use std::ops::RangeInclusive;

use analytics::{Window, backtest::Grid};
use api_types::{ParamValue, SweepRequest};

use crate::{backtest::BacktestSpec, pairs::PairSpec, params::Params, problem::ApiError};

const DEFAULT_SPLIT: &str = "0.6";
const WINDOWS: RangeInclusive<u32> = 3..=10_000;
const LEVELS: RangeInclusive<f64> = 0.0..=1_000.0;
const MOST_OF_EACH: usize = 50;
const MOST_CELLS: usize = 2_000;
/// What the grid has.
const OF_GRID: [&str; 3] = ["window", "entry", "exit"];

/// What is asked, checked.
#[derive(Debug, Clone)]
pub(crate) struct SweepSpec {
    /// With a split; its window is the longest of the grid, so that enough bars are read for all.
    pub(crate) backtest: BacktestSpec,
    pub(crate) grid: Grid,
}

impl SweepSpec {
    /// Reads a request.
    ///
    /// # Errors
    /// [`ApiError::BadParameters`] with everything that is wrong.
    pub(crate) fn read(request: &SweepRequest) -> Result<Self, ApiError> {
        let taken = PairSpec::TRADED.into_iter().chain(BacktestSpec::NAMES);
        let known: Vec<&str> = taken.filter(|name| !OF_GRID.contains(name)).collect();
        let texts = request.backtest.iter();
        let texts =
            texts.map(|(name, value): (&String, &ParamValue)| (name.clone(), value.to_string()));
        let mut params = Params::of_pairs(texts.collect(), &known);
        if !params.has("split") {
            params.add("split", DEFAULT_SPLIT.to_owned());
        }
        let levels = |level: &f64| LEVELS.contains(level);
        check(
            &mut params,
            "windows",
            &request.windows,
            |bars| WINDOWS.contains(bars),
            "3 to 10000",
        );
        check(
            &mut params,
            "entries",
            &request.entries,
            levels,
            "0 to 1000",
        );
        check(&mut params, "exits", &request.exits, levels, "0 to 1000");
        let cells = request.windows.len() * request.entries.len() * request.exits.len();
        if cells > MOST_CELLS {
            let detail = format!("make {cells} combinations; at most {MOST_CELLS} are allowed");
            params.error("windows", detail);
        }
        if !params.has_failed() {
            // Whatever has a level that makes sense at all makes sense with these.
            let most = |levels: &[f64]| levels.iter().copied().fold(0.0, f64::max);
            let least = |levels: &[f64]| levels.iter().copied().fold(f64::INFINITY, f64::min);
            let longest = request.windows.iter().max().copied().unwrap_or_default();
            params.add("window", longest.to_string());
            params.add("entry", most(&request.entries).to_string());
            params.add("exit", least(&request.exits).to_string());
        }
        let backtest = BacktestSpec::read(&mut params);
        if backtest
            .as_ref()
            .is_some_and(|spec| spec.pair.zscore() == analytics::ZScore::Innovation)
        {
            params.error(
                "z",
                "is innovation, which has no window to sweep over".to_owned(),
            );
        }
        params.finish()?;
        let windows: Result<Vec<Window>, _> = request
            .windows
            .iter()
            .map(|bars| Window::new(*bars as usize))
            .collect();
        match (backtest, windows) {
            (Some(backtest), Ok(windows)) => Ok(Self {
                backtest,
                grid: Grid {
                    windows,
                    entries: request.entries.clone(),
                    exits: request.exits.clone(),
                },
            }),
            _ => Err(ApiError::Internal(
                "parameters were neither read nor refused".to_owned(),
            )),
        }
    }
}

fn check<T>(
    params: &mut Params,
    name: &str,
    values: &[T],
    is_good: impl Fn(&T) -> bool,
    allowed: &str,
) {
    if values.is_empty() || values.len() > MOST_OF_EACH || !values.iter().all(is_good) {
        let detail = format!("must be 1 to {MOST_OF_EACH} numbers from {allowed}");
        params.error(name, detail);
    }
}
