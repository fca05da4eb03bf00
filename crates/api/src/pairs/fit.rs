//! The line in force, and how it was found, as it is sent.

use analytics::{Error, HuberParams, Intercept, KalmanStep, Line, huber, ols, theil_sen};
use api_types::{Missing, Model, PairFit};

use super::{FittedModel, rows::count, verdict::lack};

/// Half of a 95 % interval, in standard errors.
const NORMAL_95: f64 = 1.96;

/// A line that could not be found: it is in force nowhere.
pub(crate) const NOWHERE: Line = Line {
    alpha: f64::NAN,
    beta: f64::NAN,
};

/// A fit of nothing, to begin with.
pub(crate) fn none(model: Model, times_ms: &[i64]) -> PairFit {
    PairFit {
        model,
        observations: count(times_ms.len()),
        from_time: times_ms.first().copied(),
        to_time: times_ms.last().copied(),
        alpha: None,
        beta: None,
        alpha_se: None,
        beta_se: None,
        alpha_se_textbook: None,
        beta_se_textbook: None,
        beta_interval: None,
        r2: None,
        sigma: None,
        outliers: None,
        standardized_sd: None,
    }
}

/// Fits `model` to transformed closes of the bars at `times_ms`.
///
/// # Errors
/// Those of the estimator.
pub(crate) fn fitted(
    model: FittedModel,
    times_ms: &[i64],
    y: &[f64],
    x: &[f64],
) -> Result<(Line, PairFit), Error> {
    let (line, fit) = match model {
        FittedModel::Ols => {
            let fit = ols(y, x)?;
            let (hac, textbook) = (fit.se_hac, fit.se);
            let told = PairFit {
                alpha_se: hac.map(|se| se.alpha),
                beta_se: hac.map(|se| se.beta),
                alpha_se_textbook: textbook.map(|se| se.alpha),
                beta_se_textbook: textbook.map(|se| se.beta),
                beta_interval: hac.map(|se| interval(fit.line.beta, se.beta)),
                r2: fit.r2,
                sigma: fit.sigma,
                ..none(Model::Ols, times_ms)
            };
            (fit.line, told)
        }
        FittedModel::Huber => {
            let fit = huber(y, x, &HuberParams::default())?;
            let told = PairFit {
                sigma: Some(fit.scale),
                outliers: Some(count(fit.outliers)),
                ..none(Model::Huber, times_ms)
            };
            (fit.line, told)
        }
        FittedModel::TheilSen => {
            let fit = theil_sen(y, x, Intercept::default())?;
            let told = PairFit {
                beta_interval: Some([fit.beta_low, fit.beta_high]),
                ..none(Model::TheilSen, times_ms)
            };
            (fit.line, told)
        }
    };
    let told = PairFit {
        alpha: Some(line.alpha),
        beta: Some(line.beta),
        ..fit
    };
    Ok((line, told))
}

/// As [`fitted`]; where there is no fit, its line is in force nowhere and the reason is put down.
pub(crate) fn fitted_or_missing(
    model: FittedModel,
    times_ms: &[i64],
    y: &[f64],
    x: &[f64],
    missing: &mut Vec<Missing>,
) -> (Line, PairFit) {
    fitted(model, times_ms, y, x).unwrap_or_else(|error| {
        missing.push(lack("fit", error));
        (NOWHERE, none(model.model(), times_ms))
    })
}

/// What is told of a Kalman filter's state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filtered {
    pub(crate) line: Line,
    pub(crate) alpha_sd: Option<f64>,
    pub(crate) beta_sd: Option<f64>,
}

impl From<&KalmanStep> for Filtered {
    fn from(step: &KalmanStep) -> Self {
        let deviation = |variance: f64| Some(variance.sqrt()).filter(|sd| sd.is_finite());
        Self {
            line: step.line,
            alpha_sd: deviation(step.var_alpha),
            beta_sd: deviation(step.var_beta),
        }
    }
}

/// The state of a Kalman filter that has seen the bars at `times_ms`.
pub(crate) fn filtered(
    times_ms: &[i64],
    last: Option<Filtered>,
    standardized_sd: Option<f64>,
) -> PairFit {
    let beta_se = last.and_then(|state| state.beta_sd);
    PairFit {
        alpha: last.map(|state| state.line.alpha),
        beta: last.map(|state| state.line.beta),
        alpha_se: last.and_then(|state| state.alpha_sd),
        beta_se,
        beta_interval: last
            .zip(beta_se)
            .map(|(state, se)| interval(state.line.beta, se)),
        standardized_sd,
        ..none(Model::Kalman, times_ms)
    }
}

fn interval(beta: f64, se: f64) -> [f64; 2] {
    [beta - NORMAL_95 * se, beta + NORMAL_95 * se]
}
