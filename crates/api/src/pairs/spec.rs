//! What is asked about a pair, once it has been checked.

use std::fmt;

use analytics::{
    Estimator, Hedge, HuberParams, Intercept, KalmanParams, KalmanSpread, Lookback, Window, ZScore,
    kalman,
};
use api_types::{BarLength, Baseline, CorrelationOf, Fit, Include, Init, Model, Noise, Transform};
use market::Instrument;

use super::{Level, fit::NOWHERE};
use crate::source::Source;

/// The parameters of pair analytics, defaults filled in; [`PairSpec::read`] makes no other.
///
/// Equal specs ask the same question. The text form ([`Display`](fmt::Display)) is a query string that
/// names every parameter in force, in one order: equal specs have equal texts, and reading the text gives
/// the spec back, whatever the defaults are where it is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PairSpec {
    /// The dependent leg.
    pub(crate) y: Leg,
    /// The hedge leg.
    pub(crate) x: Leg,
    /// One of the live intervals if a leg is live.
    pub(crate) interval: BarLength,
    /// Joined bars wanted.
    pub(crate) limit: u32,
    /// First bar, ms since the epoch: then the first `limit` bars are wanted, else the last.
    pub(crate) start_ms: Option<i64>,
    /// Last bar's start at the latest, ms since the epoch.
    pub(crate) end_ms: Option<i64>,
    pub(crate) hedge: HedgeSpec,
    pub(crate) transform: Transform,
    /// Of z-score and correlation.
    pub(crate) window: Window,
    pub(crate) z: ZSpec,
    pub(crate) correlation_of: CorrelationOf,
    /// `exit` < `entry` < `stop`, all within reach of z.
    pub(crate) entry: Level,
    pub(crate) exit: Level,
    pub(crate) stop: Option<Level>,
    /// Buckets for which a leg's last close may stand in.
    pub(crate) max_fill: u32,
    /// Drawn points at most.
    pub(crate) points: Option<u32>,
    /// Whether the open bar is a provisional last point.
    pub(crate) open: bool,
    /// Whether the in-sample line of every model is wanted.
    pub(crate) lines: bool,
    /// The look-back of the stability series, if they are wanted.
    pub(crate) stability: Option<Lookback>,
}

/// One of the two series.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Leg {
    /// Closes of the feed.
    Live(Instrument),
    /// Closes of an upload.
    Dataset {
        /// Which.
        id: i64,
        /// Name of the series in it.
        series: String,
    },
}

impl Leg {
    pub(crate) const fn source(&self) -> Source {
        match self {
            Self::Live(_) => Source::Live,
            Self::Dataset { id, .. } => Source::Dataset(*id),
        }
    }

    /// Its name without that of the venue.
    pub(crate) fn short_name(&self) -> &str {
        match self {
            Self::Live(instrument) => instrument.symbol.as_str(),
            Self::Dataset { series, .. } => series,
        }
    }

    /// What `y` or `x` is called.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Live(instrument) => instrument.to_string(),
            Self::Dataset { series, .. } => series.clone(),
        }
    }
}

/// Where the coefficients come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum HedgeSpec {
    Fitted(FittedModel, FitSpec),
    Kalman(KalmanSpec),
}

/// Models that are fitted to a stretch of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FittedModel {
    Ols,
    Huber,
    TheilSen,
}

impl FittedModel {
    pub(crate) const fn model(self) -> Model {
        match self {
            Self::Ols => Model::Ols,
            Self::Huber => Model::Huber,
            Self::TheilSen => Model::TheilSen,
        }
    }

    pub(crate) fn estimator(self) -> Estimator {
        match self {
            Self::Ols => Estimator::Ols,
            Self::Huber => Estimator::Huber(HuberParams::default()),
            Self::TheilSen => Estimator::TheilSen(Intercept::default()),
        }
    }
}

/// To which bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FitSpec {
    /// Those before each bar.
    WalkForward(Lookback),
    /// Those of the range, or as many up to this bar if one is named (ms since the epoch).
    InSample { fit_ms: Option<i64> },
}

/// Noise and start of a Kalman filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum KalmanSpec {
    Memory { lookback: Lookback, memory: Level },
    Ml { lookback: Lookback },
    Pykalman { init: Init },
}

/// What z is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ZSpec {
    Rolling(Baseline),
    Innovation,
}

/// Everything in a spec fits together: analytics accepts it.
const CHECKED: &str = "a spec holds only what was checked";

impl PairSpec {
    pub(crate) const fn model(&self) -> Model {
        match self.hedge {
            HedgeSpec::Fitted(model, _) => model.model(),
            HedgeSpec::Kalman(_) => Model::Kalman,
        }
    }

    /// Whether no bar's figures depend on a later bar: not so for a fit in sample.
    pub(crate) const fn is_causal(&self) -> bool {
        !matches!(self.hedge, HedgeSpec::Fitted(_, FitSpec::InSample { .. }))
    }

    /// Bars that a fit, or a filter's training, takes before the first coefficients are in force.
    pub(crate) const fn lookback(&self) -> Option<Lookback> {
        match self.hedge {
            HedgeSpec::Fitted(_, FitSpec::WalkForward(lookback))
            | HedgeSpec::Kalman(
                KalmanSpec::Memory { lookback, .. } | KalmanSpec::Ml { lookback },
            ) => Some(lookback),
            HedgeSpec::Fitted(_, FitSpec::InSample { .. })
            | HedgeSpec::Kalman(KalmanSpec::Pykalman { .. }) => None,
        }
    }

    /// The bar that a fit in sample ends with, if one is named.
    pub(crate) const fn fit_ms(&self) -> Option<i64> {
        match self.hedge {
            HedgeSpec::Fitted(_, FitSpec::InSample { fit_ms }) => fit_ms,
            HedgeSpec::Fitted(_, FitSpec::WalkForward(_)) | HedgeSpec::Kalman(_) => None,
        }
    }

    /// Bars before the first one shown that are read besides.
    pub(crate) fn warmup(&self) -> usize {
        let stability = self.stability.map_or(0, |lookback| lookback.get() - 1);
        self.incomplete().max(stability)
    }

    /// Bars at the start of a series that do not have every figure yet.
    fn incomplete(&self) -> usize {
        let window = self.window.get();
        let fit = self.lookback().map_or(0, Lookback::get);
        let z = match self.z {
            ZSpec::Rolling(Baseline::Inclusive) => window - 1,
            ZSpec::Rolling(Baseline::Exclusive) => window,
            ZSpec::Innovation => 0,
        };
        let correlation = match self.correlation_of {
            CorrelationOf::Returns => window,
            CorrelationOf::Levels => window - 1,
        };
        (fit + z).max(correlation)
    }

    /// Fewest bars for an answer: with so many the last one has every figure.
    pub(crate) fn needed(&self) -> usize {
        (self.incomplete() + 1).max(Self::LIMITS.0 as usize)
    }

    /// The z-score as analytics knows it.
    pub(crate) fn zscore(&self) -> ZScore {
        match self.z {
            ZSpec::Rolling(baseline) => rolling(self.window, baseline),
            ZSpec::Innovation => ZScore::Innovation,
        }
    }

    /// The hedge as analytics knows it. A fit in sample can be made of other bars than those that are
    /// analysed; then [`analysis_with`](Self::analysis_with) its line is what is wanted.
    pub(crate) fn hedge(&self) -> Hedge {
        match self.hedge {
            HedgeSpec::Fitted(model, FitSpec::InSample { .. }) => {
                Hedge::InSample(model.estimator())
            }
            HedgeSpec::Fitted(model, FitSpec::WalkForward(lookback)) => Hedge::WalkForward {
                estimator: model.estimator(),
                lookback,
            },
            HedgeSpec::Kalman(kalman) => Hedge::Kalman {
                params: kalman.params(),
                spread: KalmanSpread::Innovation,
            },
        }
    }

    /// The transform as analytics knows it.
    pub(crate) const fn transform(&self) -> analytics::Transform {
        match self.transform {
            Transform::Level => analytics::Transform::Level,
            Transform::Log => analytics::Transform::Log,
        }
    }

    /// Everything that analytics needs to know.
    pub(crate) fn analysis(&self) -> analytics::PairParams {
        self.analysis_with(self.hedge())
    }

    /// The same with another hedge, for example the line of a snapshot.
    pub(crate) fn analysis_with(&self, hedge: Hedge) -> analytics::PairParams {
        let of = match self.correlation_of {
            CorrelationOf::Returns => analytics::CorrelationOf::Returns,
            CorrelationOf::Levels => analytics::CorrelationOf::Levels,
        };
        analytics::PairParams::new(self.transform(), hedge, self.zscore())
            .expect(CHECKED)
            .with_correlation(self.window, of)
    }

    /// What is left to analyse where no coefficients can be found: the correlation.
    pub(crate) fn without_coefficients(&self) -> analytics::PairParams {
        let hedge = Hedge::Fixed(NOWHERE);
        let params = analytics::PairParams::new(self.transform(), hedge, ZScore::default());
        let params = params.expect(CHECKED);
        match self.analysis().correlation() {
            Some((window, of)) => params.with_correlation(window, of),
            None => params,
        }
    }

    /// The parameters as they are told.
    pub(crate) fn params(&self) -> api_types::PairParams {
        let mut params = api_types::PairParams {
            y: self.y.name(),
            x: self.x.name(),
            y_source: self.y.source().to_string(),
            x_source: self.x.source().to_string(),
            interval: self.interval.to_string(),
            limit: self.limit,
            start_time: self.start_ms,
            end_time: self.end_ms,
            model: self.model(),
            fit: None,
            lookback: self.lookback().or(self.stability).map(bars),
            fit_time: None,
            transform: self.transform,
            window: count(self.window.get()),
            baseline: Baseline::Inclusive,
            z: api_types::ZKind::Innovation,
            noise: None,
            memory: None,
            init: None,
            correlation_of: self.correlation_of,
            entry: self.entry.get(),
            exit: self.exit.get(),
            stop: self.stop.map(Level::get),
            max_fill: self.max_fill,
            points: self.points,
            open: self.open,
            include: self.include(),
        };
        if let ZSpec::Rolling(baseline) = self.z {
            (params.z, params.baseline) = (api_types::ZKind::Rolling, baseline);
        }
        match self.hedge {
            HedgeSpec::Fitted(_, FitSpec::WalkForward(_)) => params.fit = Some(Fit::WalkForward),
            HedgeSpec::Fitted(_, FitSpec::InSample { fit_ms }) => {
                (params.fit, params.fit_time) = (Some(Fit::InSample), fit_ms);
            }
            HedgeSpec::Kalman(KalmanSpec::Memory { memory, .. }) => {
                (params.noise, params.memory) = (Some(Noise::Memory), Some(memory.get()));
            }
            HedgeSpec::Kalman(KalmanSpec::Ml { .. }) => params.noise = Some(Noise::Ml),
            HedgeSpec::Kalman(KalmanSpec::Pykalman { init }) => {
                (params.noise, params.init) = (Some(Noise::Pykalman), Some(init));
            }
        }
        params
    }

    fn include(&self) -> Vec<Include> {
        let wanted = [
            (self.lines, Include::Lines),
            (self.stability.is_some(), Include::Stability),
        ];
        let parts = wanted.into_iter().filter(|(wanted, _)| *wanted);
        parts.map(|(_, part)| part).collect()
    }
}

pub(super) const fn rolling(window: Window, baseline: Baseline) -> ZScore {
    ZScore::Rolling {
        window,
        baseline: match baseline {
            Baseline::Inclusive => analytics::Baseline::Inclusive,
            Baseline::Exclusive => analytics::Baseline::Exclusive,
        },
    }
}

impl KalmanSpec {
    fn params(self) -> KalmanParams {
        match self {
            Self::Memory { lookback, memory } => {
                let memory = kalman::Memory::new(memory.get()).expect(CHECKED);
                KalmanParams::of(kalman::Noise::Memory { lookback, memory })
            }
            Self::Ml { lookback } => {
                KalmanParams::of(kalman::Noise::MaximumLikelihood { lookback })
            }
            Self::Pykalman { init } => {
                let init = match init {
                    Init::Pykalman => kalman::Init::Pykalman,
                    Init::Identity => kalman::Init::Identity,
                    Init::Diffuse => kalman::Init::Diffuse,
                };
                KalmanParams::new(kalman::Noise::pykalman(), init).expect(CHECKED)
            }
        }
    }
}

fn count(bars: usize) -> u32 {
    u32::try_from(bars).expect(CHECKED)
}

fn bars(lookback: Lookback) -> u32 {
    count(lookback.get())
}

impl fmt::Display for PairSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.params();
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        };
        put("y", Some(told.y));
        put("x", Some(told.x));
        put("ySource", Some(told.y_source));
        put("xSource", Some(told.x_source));
        put("interval", Some(told.interval));
        put("limit", Some(told.limit.to_string()));
        put("startTime", told.start_time.map(|time| time.to_string()));
        put("endTime", told.end_time.map(|time| time.to_string()));
        put("model", Some(told.model.to_string()));
        put("fit", told.fit.map(|fit| fit.to_string()));
        put("lookback", told.lookback.map(|bars| bars.to_string()));
        put("fitTime", told.fit_time.map(|time| time.to_string()));
        put("transform", Some(told.transform.to_string()));
        put("window", Some(told.window.to_string()));
        let rolling = told.z == api_types::ZKind::Rolling;
        put("baseline", rolling.then(|| told.baseline.to_string()));
        put("z", Some(told.z.to_string()));
        put("noise", told.noise.map(|noise| noise.to_string()));
        put("memory", told.memory.map(|bars| bars.to_string()));
        put("init", told.init.map(|init| init.to_string()));
        put("correlationOf", Some(told.correlation_of.to_string()));
        put("entry", Some(told.entry.to_string()));
        put("exit", Some(told.exit.to_string()));
        put("stop", told.stop.map(|stop| stop.to_string()));
        put("maxFill", Some(told.max_fill.to_string()));
        put("points", told.points.map(|points| points.to_string()));
        put("open", Some(told.open.to_string()));
        let parts: Vec<&str> = told.include.iter().map(|part| part.as_str()).collect();
        put("include", (!parts.is_empty()).then(|| parts.join(",")));
        f.write_str(&query.finish())
    }
}
