//! The in-sample line of every model, for a scatter plot.

use std::ops::Range;

use analytics::{
    KalmanParams, Lookback,
    kalman::{self, kalman},
};
use api_types::{Missing, Model, PairFit, PairLine};

use super::{FittedModel, HedgeSpec, PairSpec, verdict::lack};

/// A line a model over the rows `shown` of transformed closes; for Kalman the last state of the filter that
/// `spec` asks for, else of the usual one.
pub(super) fn lines(
    spec: &PairSpec,
    fit: &PairFit,
    y: &[f64],
    x: &[f64],
    shown: Range<usize>,
    missing: &mut Vec<Missing>,
) -> Vec<PairLine> {
    let models = [FittedModel::Ols, FittedModel::Huber, FittedModel::TheilSen];
    let mut lines: Vec<PairLine> = models
        .into_iter()
        .map(|model| {
            let line = model.estimator().fit(&y[shown.clone()], &x[shown.clone()]);
            let name = model.model();
            if let Err(error) = line {
                missing.push(lack(&format!("lines.{name}"), error));
            }
            PairLine {
                model: name,
                alpha: line.ok().map(|line| line.alpha),
                beta: line.ok().map(|line| line.beta),
            }
        })
        .collect();
    let (alpha, beta) = match spec.hedge {
        HedgeSpec::Kalman(_) => (fit.alpha, fit.beta),
        HedgeSpec::Fitted(..) => {
            let last = usual_filter(&y[..shown.end], &x[..shown.end]);
            if let Err(error) = &last {
                missing.push(lack("lines.kalman", error));
            }
            let line = last.ok().flatten();
            (line.map(|line| line.alpha), line.map(|line| line.beta))
        }
    };
    lines.push(PairLine {
        model: Model::Kalman,
        alpha,
        beta,
    });
    lines
}

/// Trained on the usual number of bars, or on half of them where there are few.
fn usual_filter(y: &[f64], x: &[f64]) -> analytics::Result<Option<analytics::Line>> {
    let bars = Lookback::default().get().min(y.len() / 2);
    let lookback = Lookback::new(bars)?;
    let memory = kalman::Memory::default();
    let params = KalmanParams::of(kalman::Noise::Memory { lookback, memory });
    let run = kalman(y, x, &params)?;
    Ok(run.steps.last().copied().flatten().map(|step| step.line))
}
