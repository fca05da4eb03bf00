//! From rows to the answer, without I/O.

use analytics::{Error, Hedge, PairAnalysis, align, analyse};
use api_types::{
    Alignment, Missing, PairColumns, PairData, PairFit, PairSummary, PairTests, PairWarning,
    TooFewBars, WarningCode,
};
use tokio_util::sync::CancellationToken;

use super::{
    FitSpec, HedgeSpec, KalmanSpec, PairSpec, Rows,
    columns::columns,
    fit, lines,
    rows::count,
    stability, thin,
    verdict::{Verdict, lack, verdict},
};
use crate::problem::ApiError;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There are too few bars.
    TooFew(TooFewBars),
    /// Nobody waits for it any more.
    Cancelled,
}

impl Refusal {
    /// As it is told to who asked for `spec`.
    pub(crate) fn of(self, spec: &PairSpec) -> ApiError {
        match self {
            Self::TooFew(bars) => ApiError::TooFewBars {
                of: format!(
                    "{} and {} at {}",
                    spec.y.name(),
                    spec.x.name(),
                    spec.interval
                ),
                got: bars.got,
                needed: bars.needed,
            },
            Self::Cancelled => ApiError::Internal("nobody waits for the answer".to_owned()),
        }
    }
}

/// Everything about a pair over `rows`.
///
/// Coefficients, spread, z-score and correlation are those of [`analytics::analyse`] over all rows, those of the
/// warm-up included, with [`PairSpec::analysis`]; a fit in sample is one of the shown closed rows, or of those of
/// [`Rows::sample`], applied to all. Tests are of the shown closed rows. The provisional row changes nothing but itself.
///
/// # Errors
/// [`Refusal`].
pub(crate) fn answer(
    spec: &PairSpec,
    rows: &Rows,
    cancel: &CancellationToken,
) -> Result<PairData, Refusal> {
    enough(spec, rows)?;
    let (y, x) = (transformed(spec, &rows.y), transformed(spec, &rows.x));
    let shown = rows.shown();
    let mut missing = Vec::new();
    let Run { analysis, fit } = run(spec, rows, &y, &x, &mut missing);
    cancelled(cancel)?;
    let found = verdict(&y[shown.clone()], &x[shown.clone()], spec.interval.ms());
    let Verdict {
        tests,
        missing: not_tested,
        warnings: doubts,
    } = found;
    missing.extend(not_tested);
    cancelled(cancel)?;
    let lines = spec
        .lines
        .then(|| lines::lines(spec, &fit, &y, &x, shown.clone(), &mut missing));
    let stability = match spec.stability {
        Some(lookback) => Some(stability::stability(rows, &y, &x, lookback, cancel)?),
        None => None,
    };
    let series = columns(rows, &analysis, rows.warmup..rows.times_ms.len());
    let mut warnings = cautions(spec, &rows.alignment, &fit);
    warnings.extend(doubts);
    Ok(PairData {
        alignment: rows.alignment,
        summary: summary(&series, &tests),
        series: match spec.points {
            Some(points) => thin::thin(&series, points as usize),
            None => series,
        },
        fit,
        tests,
        lines,
        stability,
        missing,
        warnings,
    })
}

/// The series alone, for who wants no figures.
///
/// # Errors
/// As [`answer`].
pub(crate) fn series(spec: &PairSpec, rows: &Rows) -> Result<PairColumns, Refusal> {
    enough(spec, rows)?;
    let (y, x) = (transformed(spec, &rows.y), transformed(spec, &rows.x));
    let Run { analysis, .. } = run(spec, rows, &y, &x, &mut Vec::new());
    Ok(columns(rows, &analysis, rows.warmup..rows.times_ms.len()))
}

fn cancelled(cancel: &CancellationToken) -> Result<(), Refusal> {
    if cancel.is_cancelled() {
        return Err(Refusal::Cancelled);
    }
    Ok(())
}

/// Whether there are enough rows.
///
/// # Errors
/// Unless the last closed row has every figure, and the tests something to test.
pub(crate) fn enough(spec: &PairSpec, rows: &Rows) -> Result<(), Refusal> {
    let least = PairSpec::LIMITS.0 as usize;
    for (got, needed) in [(rows.closed, spec.needed()), (rows.shown().len(), least)] {
        if got < needed {
            return Err(Refusal::TooFew(TooFewBars {
                got: count(got),
                needed: count(needed),
            }));
        }
    }
    Ok(())
}

/// Prices that have no logarithm are not stored, so that there is always one.
fn transformed(spec: &PairSpec, closes: &[f64]) -> Vec<f64> {
    let transform = spec.transform();
    let value = |&close: &f64| transform.value(close).unwrap_or(f64::NAN);
    closes.iter().map(value).collect()
}

struct Run {
    analysis: PairAnalysis,
    fit: PairFit,
}

fn run(spec: &PairSpec, rows: &Rows, y: &[f64], x: &[f64], missing: &mut Vec<Missing>) -> Run {
    match spec.hedge {
        HedgeSpec::Fitted(model, fit) => {
            let range = match fit {
                FitSpec::WalkForward(lookback) => {
                    rows.closed.saturating_sub(lookback.get())..rows.closed
                }
                FitSpec::InSample { .. } => rows.shown(),
            };
            let (line, told) = match &rows.sample {
                Some(sample) => {
                    let (y, x) = (transformed(spec, &sample.y), transformed(spec, &sample.x));
                    fit::fitted_or_missing(model, &sample.times_ms, &y, &x, missing)
                }
                None => {
                    let (y, x) = (&y[range.clone()], &x[range.clone()]);
                    fit::fitted_or_missing(model, &rows.times_ms[range], y, x, missing)
                }
            };
            let hedge = match fit {
                FitSpec::WalkForward(_) => spec.hedge(),
                FitSpec::InSample { .. } => Hedge::Fixed(line),
            };
            Run {
                analysis: analysed(spec, rows, hedge, rows.times_ms.len())
                    .unwrap_or_else(|_| nothing(spec, rows)),
                fit: told,
            }
        }
        HedgeSpec::Kalman(_) => {
            let times = &rows.times_ms[..rows.closed];
            match analysed(spec, rows, spec.hedge(), rows.times_ms.len()) {
                Ok(analysis) => {
                    let last = analysis.kalman[..rows.closed]
                        .iter()
                        .rev()
                        .find_map(|step| step.as_ref().map(fit::Filtered::from));
                    // The provisional bar is no part of how well the filter has done.
                    let sd = match analysed(spec, rows, spec.hedge(), rows.closed) {
                        Ok(closed) if rows.closed < rows.times_ms.len() => closed.standardized_sd,
                        _ => analysis.standardized_sd,
                    };
                    let fit = fit::filtered(times, last, sd);
                    Run { analysis, fit }
                }
                Err(error) => {
                    missing.push(lack("fit", error));
                    Run {
                        analysis: nothing(spec, rows),
                        fit: fit::filtered(times, None, None),
                    }
                }
            }
        }
    }
}

fn analysed(spec: &PairSpec, rows: &Rows, hedge: Hedge, end: usize) -> Result<PairAnalysis, Error> {
    analyse(&rows.y[..end], &rows.x[..end], &spec.analysis_with(hedge))
}

/// What is left where no coefficients can be found: the correlation.
fn nothing(spec: &PairSpec, rows: &Rows) -> PairAnalysis {
    let none = || vec![None; rows.times_ms.len()];
    let found = analyse(&rows.y, &rows.x, &spec.without_coefficients());
    found.unwrap_or_else(|_| PairAnalysis {
        lines: none().into_iter().map(|_: Option<f64>| None).collect(),
        spread: none(),
        z: none(),
        spread_mean: none(),
        spread_sd: none(),
        correlation: none(),
        ..PairAnalysis::default()
    })
}

/// The last figures of `series` and `tests` together.
pub(crate) fn summary(series: &PairColumns, tests: &PairTests) -> PairSummary {
    let last = series.time.len().saturating_sub(1);
    let of = |column: &[Option<f64>]| column.get(last).copied().flatten();
    let close = |column: &[f64]| column.get(last).copied().unwrap_or(f64::NAN);
    PairSummary {
        time: series.time.get(last).copied().unwrap_or_default(),
        closed: series.closed.get(last).copied().unwrap_or_default(),
        y: close(&series.y),
        x: close(&series.x),
        spread: of(&series.spread),
        z: of(&series.z),
        alpha: of(&series.alpha),
        beta: of(&series.beta),
        correlation: of(&series.correlation),
        p_value: tests.engle_granger_yx.map(|test| test.p_value),
        cointegrated: tests.cointegrated,
        half_life_bars: tests.half_life.and_then(|half_life| half_life.bars),
        hurst: tests.hurst,
    }
}

/// Whether too much is carried forward.
pub(crate) fn filled(alignment: &Alignment) -> Option<PairWarning> {
    let share = alignment.filled_share;
    (share > align::FILLED_SHARE_TO_SHOW).then(|| PairWarning {
        code: WarningCode::Filled,
        detail: format!(
            "{} of {} rows ({:.1} %) repeat the last close of a leg that did not trade",
            alignment.filled,
            alignment.joined + alignment.filled,
            share * 100.0
        ),
    })
}

/// What puts the series in doubt.
pub(crate) fn cautions(spec: &PairSpec, alignment: &Alignment, fit: &PairFit) -> Vec<PairWarning> {
    let mut warnings: Vec<PairWarning> = filled(alignment).into_iter().collect();
    let mut warn = |code, detail| warnings.push(PairWarning { code, detail });
    if let Some(sd) = fit.standardized_sd {
        let detail = match analytics::kalman::Calibration::of(sd) {
            analytics::kalman::Calibration::TooWide => {
                Some("smaller than it predicts: its bands are too wide")
            }
            analytics::kalman::Calibration::TooNarrow => {
                Some("larger than it predicts: its bands are too narrow")
            }
            analytics::kalman::Calibration::Fair => None,
        };
        if let Some(detail) = detail {
            let detail =
                format!("sd(e/√S) of the filter is {sd:.3}, not near 1: innovations are {detail}");
            warn(WarningCode::Miscalibrated, detail);
        }
    }
    if matches!(spec.hedge, HedgeSpec::Kalman(KalmanSpec::Ml { .. })) {
        let detail = "with noise=ml β chases the price until the innovations are white: a predictor of the \
                      next bar, no spread to trade";
        warn(WarningCode::OneStepPredictor, detail.to_owned());
    }
    warnings
}
