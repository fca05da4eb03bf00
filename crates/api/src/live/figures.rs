//! What is told of a followed pair besides its points: the line in force, the tests, what puts them in doubt.
//! The same as `/pairs/analytics` tells of the same bars.

use api_types::{Alignment, Missing, Model, PairFit, PairTests, PairWarning};

use super::{Condition, Mark, PairPoint, Points, SessionState};
use crate::pairs::{
    FitSpec, HedgeSpec, PairSpec, analysis, fit,
    verdict::{Verdict, lack, verdict},
};

/// Figures of all closed bars up to a mark.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) of: Mark,
    pub(crate) fit: PairFit,
    pub(crate) tests: PairTests,
    pub(crate) missing: Vec<Missing>,
    pub(crate) warnings: Vec<PairWarning>,
}

impl Figures {
    /// Computes them, which takes milliseconds. `None` where there are no points.
    pub(crate) fn compute(spec: &PairSpec, state: &SessionState) -> Option<Self> {
        let points = &state.points;
        let of = points.last()?.mark();
        let all = || points.from(0);
        let times: Vec<i64> = all().map(|point| point.time_ms).collect();
        let transform = spec.transform();
        // Prices that have no logarithm are not stored, so that there is always one.
        let value = |close: f64| transform.value(close).unwrap_or(f64::NAN);
        let y: Vec<f64> = all().map(|point| value(point.y)).collect();
        let x: Vec<f64> = all().map(|point| value(point.x)).collect();
        let mut missing = Vec::new();
        let fit = match spec.hedge {
            HedgeSpec::Fitted(model, fit) => {
                let range = match fit {
                    FitSpec::WalkForward(lookback) => {
                        times.len().saturating_sub(lookback.get())..times.len()
                    }
                    FitSpec::InSample { fit_ms } => {
                        let last = fit_ms.unwrap_or(i64::MAX);
                        let to = times.partition_point(|&time| time <= last);
                        to.saturating_sub(spec.limit as usize)..to
                    }
                };
                let times = &times[range.clone()];
                let (y, x) = (&y[range.clone()], &x[range]);
                fit::fitted_or_missing(model, times, y, x, &mut missing).1
            }
            HedgeSpec::Kalman(_) => {
                if let Condition::Failed(reason) = &state.condition {
                    missing.push(lack("fit", reason));
                }
                let last = all().rev().find_map(PairPoint::filtered);
                fit::filtered(&times, last, state.standardized_sd)
            }
        };
        let shown = first_shown(spec, points);
        let Verdict {
            tests,
            missing: not_tested,
            warnings: doubts,
        } = verdict(&y[shown..], &x[shown..], spec.interval.ms());
        missing.extend(not_tested);
        let mut warnings = analysis::cautions(spec, &alignment(spec, points), &fit);
        warnings.extend(doubts);
        Some(Self {
            of,
            fit,
            tests,
            missing,
            warnings,
        })
    }
}

/// Whether points have the columns of a filter.
pub(crate) fn is_filtered(spec: &PairSpec, state: &SessionState) -> bool {
    spec.model() == Model::Kalman && !matches!(state.condition, Condition::Failed(_))
}

/// Index of the first point that is shown: those before it warm up the others.
pub(crate) fn first_shown(spec: &PairSpec, points: &Points) -> usize {
    points.len().saturating_sub(spec.limit as usize)
}

/// How the points that are shown were joined.
pub(crate) fn alignment(spec: &PairSpec, points: &Points) -> Alignment {
    let warmup = first_shown(spec, points);
    let rows = points.len() - warmup;
    let filled = points.from(warmup).filter(|point| point.filled).count();
    let dropped = |point: Option<&PairPoint>| point.map_or(0, |point| point.dropped);
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    Alignment {
        joined: count(rows - filled),
        filled: count(filled),
        dropped: dropped(points.last()) - dropped(points.get(warmup)),
        filled_share: if rows == 0 {
            0.0
        } else {
            filled as f64 / rows as f64
        },
        warmup: count(warmup),
    }
}
