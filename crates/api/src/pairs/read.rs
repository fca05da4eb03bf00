//! From names and texts to a [`PairSpec`].
//!
//! A parameter that has no meaning beside the others is an error and not ignored: whoever gives it expects
//! something of it.

use std::{ops::RangeInclusive, str::FromStr};

use analytics::{Lookback, Window};
use api_types::{
    BarLength, Baseline, CorrelationOf, Fit, Include, Init, Interval, Model, Noise, Transform,
    ZKind,
};

use super::{
    FitSpec, FittedModel, HedgeSpec, KalmanSpec, Leg, Level, PairSpec, ZSpec, spec::rolling,
};
use crate::{
    params::{Params, Time},
    source::Source,
};

/// What a parameter that is not given means, where that depends on who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults {
    pub(crate) transform: Transform,
    pub(crate) open: bool,
    /// `None`: walking forward on the feed, in sample where both legs are datasets.
    pub(crate) fit: Option<Fit>,
}

impl Defaults {
    /// A view of one pair.
    pub(crate) const VIEW: Self = Self {
        transform: Transform::Level,
        open: false,
        fit: None,
    };
    /// What is traded must not know the future.
    pub(crate) const BACKTEST: Self = Self {
        fit: Some(Fit::WalkForward),
        ..Self::VIEW
    };
}

const DEFAULT_LIMIT: u32 = 1_000;
const LOOKBACKS: RangeInclusive<i64> = 30..=10_000;
const DEFAULT_LOOKBACK: i64 = 500;
const WINDOWS: RangeInclusive<i64> = 3..=10_000;
const DEFAULT_WINDOW: i64 = 60;
const MEMORIES: RangeInclusive<f64> = 5.0..=10_000.0;
const DEFAULT_MEMORY: f64 = 100.0;
const LEVELS: RangeInclusive<f64> = 0.0..=1_000.0;
const DEFAULT_ENTRY: f64 = 2.0;
const DEFAULT_EXIT: f64 = 0.5;
const FILLS: RangeInclusive<i64> = 0..=1_000;
/// Seconds without a trade are common, minutes are not.
const DEFAULT_FILL_OF_SECONDS: i64 = 5;
const POINTS: RangeInclusive<i64> = 50..=100_000;
/// Longest name of a series.
const MAX_NAME_BYTES: usize = 256;

/// Numbers below are read within ranges that analytics accepts.
const IN_RANGE: &str = "the number was read within its range";

impl PairSpec {
    /// Least and most joined bars that can be asked for.
    pub(crate) const LIMITS: (u32, u32) = (30, 100_000);

    /// Every parameter's name.
    pub(crate) const NAMES: [&str; 28] = [
        "y",
        "x",
        "source",
        "ySource",
        "xSource",
        "interval",
        "limit",
        "startTime",
        "endTime",
        "model",
        "fit",
        "lookback",
        "fitTime",
        "transform",
        "window",
        "baseline",
        "z",
        "noise",
        "memory",
        "init",
        "correlationOf",
        "entry",
        "exit",
        "stop",
        "maxFill",
        "points",
        "open",
        "include",
    ];

    /// The parameters of a backtest: none that looks at the open bar or draws.
    pub(crate) const TRADED: [&str; 24] = [
        "y",
        "x",
        "source",
        "ySource",
        "xSource",
        "interval",
        "limit",
        "startTime",
        "endTime",
        "model",
        "fit",
        "lookback",
        "transform",
        "window",
        "baseline",
        "z",
        "noise",
        "memory",
        "init",
        "correlationOf",
        "entry",
        "exit",
        "stop",
        "maxFill",
    ];

    /// The parameters of something that is followed rather than looked at once: none that fixes the range,
    /// thins it out or adds parts to the answer.
    pub(crate) const FOLLOWED: [&str; 24] = [
        "y",
        "x",
        "source",
        "ySource",
        "xSource",
        "interval",
        "limit",
        "model",
        "fit",
        "lookback",
        "fitTime",
        "transform",
        "window",
        "baseline",
        "z",
        "noise",
        "memory",
        "init",
        "correlationOf",
        "entry",
        "exit",
        "stop",
        "maxFill",
        "open",
    ];

    /// Reads a spec; `None` if anything is wrong, and then [`Params::finish`] tells all of it. Which names
    /// may be given at all is decided where `params` is made, from [`NAMES`](Self::NAMES),
    /// [`TRADED`](Self::TRADED) or [`FOLLOWED`](Self::FOLLOWED).
    pub(crate) fn read(params: &mut Params, defaults: Defaults) -> Option<Self> {
        let legs = legs(params);
        let is_live = |leg: &Leg| leg.source() == Source::Live;
        // Without legs something is wrong already, and nothing more is to be found wrong by mistake.
        let any_live = legs.as_ref().is_none_or(|(y, x)| is_live(y) || is_live(x));
        let interval = interval(params, any_live && legs.is_some());
        let (limit, start_ms, end_ms) = range(params);
        let parts = parts(params);
        let lookback = lookback(params);
        let of_source = if any_live {
            Fit::WalkForward
        } else {
            Fit::InSample
        };
        let hedge = hedge(params, lookback, parts, defaults.fit.unwrap_or(of_source));
        let transform = params.optional("transform").unwrap_or(defaults.transform);
        let window = window(params);
        let z = z(params, hedge);
        let correlation_of = params
            .optional("correlationOf")
            .unwrap_or(CorrelationOf::Returns);
        let (entry, exit, stop) = thresholds(params, z, window);
        let window = window.unwrap_or_default();
        let seconds = interval.is_some_and(|length| length == Interval::S1.into());
        let fill = if seconds { DEFAULT_FILL_OF_SECONDS } else { 0 };
        let max_fill = whole(params, "maxFill", FILLS, fill);
        let points = params.number("points", POINTS).map(|points| points as u32);
        let mut open = params.flag("open");
        if !any_live {
            if open == Some(true) {
                params.error(
                    "open",
                    "applies to the feed; a dataset has no open bar".to_owned(),
                );
            }
            open = Some(false);
        }
        let (y, x) = legs?;
        let spec = Self {
            y,
            x,
            interval: interval?,
            limit,
            start_ms,
            end_ms,
            hedge: hedge?,
            transform,
            window,
            z,
            correlation_of,
            entry,
            exit,
            stop,
            max_fill: max_fill as u32,
            points,
            open: open.unwrap_or(defaults.open),
            lines: parts.lines,
            stability: parts.stability.then_some(lookback),
        };
        (!params.has_failed()).then_some(spec)
    }
}

fn legs(params: &mut Params) -> Option<(Leg, Leg)> {
    let both: Option<Source> = params.optional("source");
    let mut source_of = |name| {
        if params.has("source") {
            params.refuse(name, "contradicts source, which names that of both legs");
            return both;
        }
        match params.optional(name) {
            None if params.has(name) => None,
            given => Some(given.unwrap_or_default()),
        }
    };
    let (y_source, x_source) = (source_of("ySource"), source_of("xSource"));
    let y = leg(params, "y", "ETHUSDT", y_source);
    let x = leg(params, "x", "BTCUSDT", x_source);
    let (y, x) = (y?, x?);
    if y == x {
        params.error("x", "is the same series as y".to_owned());
        return None;
    }
    Some((y, x))
}

fn leg(params: &mut Params, name: &str, example: &str, source: Option<Source>) -> Option<Leg> {
    match source {
        Some(Source::Live) => params.required(name, example).map(Leg::Live),
        Some(Source::Dataset(id)) => {
            let Series(series) = params.required(name, example)?;
            Some(Leg::Dataset { id, series })
        }
        // What a name may look like depends on the source, which is wrong; that it is there does not.
        None => {
            params.required::<Series>(name, example);
            None
        }
    }
}

/// Name of a series of a dataset, as the file has it.
struct Series(String);

impl FromStr for Series {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > MAX_NAME_BYTES {
            return Err(format!(
                "is no name of a series; 1 to {MAX_NAME_BYTES} bytes are allowed"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

fn interval(params: &mut Params, live: bool) -> Option<BarLength> {
    let given = params.has("interval");
    let length: Option<BarLength> = params.optional("interval");
    if let Some(length) = length
        && live
        && length.as_interval().is_none()
    {
        let all: Vec<&str> = Interval::ALL.iter().map(|i| i.as_str()).collect();
        let detail = format!("is {length}; the feed's bars come in {}", all.join(" "));
        params.error("interval", detail);
        return None;
    }
    if given {
        length
    } else {
        Some(Interval::M1.into())
    }
}

fn range(params: &mut Params) -> (u32, Option<i64>, Option<i64>) {
    let (least, most) = PairSpec::LIMITS;
    let limits = i64::from(least)..=i64::from(most);
    let limit = whole(params, "limit", limits, i64::from(DEFAULT_LIMIT));
    let mut time = |name| params.optional::<Time>(name).map(|time| time.0);
    let (start, end) = (time("startTime"), time("endTime"));
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        params.error(
            "startTime",
            "is after endTime; it must be at or before it".to_owned(),
        );
    }
    (limit as u32, start, end)
}

/// Parts of the answer that are asked for besides.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    lines: bool,
    stability: bool,
}

impl FromStr for Parts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = Self::default();
        for name in text.split(',') {
            let part: Include = name.parse().map_err(|e| format!("{e}"))?;
            let wanted = match part {
                Include::Lines => &mut parts.lines,
                Include::Stability => &mut parts.stability,
            };
            if *wanted {
                return Err(format!("names {part} twice"));
            }
            *wanted = true;
        }
        Ok(parts)
    }
}

fn parts(params: &mut Params) -> Parts {
    params.optional("include").unwrap_or_default()
}

fn lookback(params: &mut Params) -> Lookback {
    let bars = whole(params, "lookback", LOOKBACKS, DEFAULT_LOOKBACK);
    Lookback::new(bars as usize).expect(IN_RANGE)
}

fn hedge(params: &mut Params, lookback: Lookback, parts: Parts, default: Fit) -> Option<HedgeSpec> {
    let model = match params.optional("model") {
        // What belongs to a model cannot be judged without one.
        None if params.has("model") => return None,
        given => given.unwrap_or(Model::Ols),
    };
    let fitted = match model {
        Model::Ols => FittedModel::Ols,
        Model::Huber => FittedModel::Huber,
        Model::TheilSen => FittedModel::TheilSen,
        Model::Kalman => return kalman(params, lookback, parts).map(HedgeSpec::Kalman),
    };
    for name in ["noise", "memory", "init"] {
        params.refuse(
            name,
            &format!("applies to model=kalman, and model is {model}"),
        );
    }
    let fit = match params.optional("fit") {
        None if params.has("fit") => return None,
        given => given.unwrap_or(default),
    };
    let fit_time: Option<Time> = params.optional("fitTime");
    let fit = match fit {
        Fit::WalkForward => {
            params.refuse(
                "fitTime",
                "applies to fit=in_sample, and fit is walk_forward",
            );
            FitSpec::WalkForward(lookback)
        }
        Fit::InSample => {
            if !parts.stability {
                params.refuse(
                    "lookback",
                    "applies to fit=walk_forward and include=stability, and fit is in_sample",
                );
            }
            FitSpec::InSample {
                fit_ms: fit_time.map(|time| time.0),
            }
        }
    };
    Some(HedgeSpec::Fitted(fitted, fit))
}

fn kalman(params: &mut Params, lookback: Lookback, parts: Parts) -> Option<KalmanSpec> {
    let causal = "does not apply to model=kalman, which is causal by nature";
    params.refuse("fit", causal);
    params.refuse("fitTime", causal);
    let noise = match params.optional("noise") {
        None if params.has("noise") => return None,
        given => given.unwrap_or(Noise::Memory),
    };
    let memory = params.decimal("memory", MEMORIES);
    let init: Option<Init> = params.optional("init");
    if noise != Noise::Memory {
        params.refuse(
            "memory",
            &format!("applies to noise=memory, and noise is {noise}"),
        );
    }
    if noise != Noise::Pykalman {
        params.refuse(
            "init",
            &format!("applies to noise=pykalman, and noise is {noise}"),
        );
    } else if !parts.stability {
        params.refuse(
            "lookback",
            "does not apply to noise=pykalman, which is not trained",
        );
    }
    Some(match noise {
        Noise::Memory => KalmanSpec::Memory {
            lookback,
            memory: level(memory.unwrap_or(DEFAULT_MEMORY)),
        },
        Noise::Ml => KalmanSpec::Ml { lookback },
        Noise::Pykalman => KalmanSpec::Pykalman {
            init: init.unwrap_or(Init::Pykalman),
        },
    })
}

fn z(params: &mut Params, hedge: Option<HedgeSpec>) -> ZSpec {
    let kind = params.optional("z").unwrap_or(ZKind::Rolling);
    let baseline = params.optional("baseline").unwrap_or(Baseline::Inclusive);
    match kind {
        ZKind::Rolling => ZSpec::Rolling(baseline),
        ZKind::Innovation => {
            params.refuse(
                "baseline",
                "does not apply to z=innovation, which has no window",
            );
            let refusal = match hedge {
                Some(HedgeSpec::Fitted(..)) => Some("innovation is for model=kalman only"),
                Some(HedgeSpec::Kalman(KalmanSpec::Pykalman { .. })) => Some(
                    "innovation has no meaning with noise=pykalman, whose variances are in no units of \
                          the data",
                ),
                Some(HedgeSpec::Kalman(_)) | None => None,
            };
            if let Some(refusal) = refusal {
                params.error("z", refusal.to_owned());
            }
            ZSpec::Innovation
        }
    }
}

/// `None` if it is wrong.
fn window(params: &mut Params) -> Option<Window> {
    let bars = match params.number("window", WINDOWS) {
        None if params.has("window") => return None,
        given => given.unwrap_or(DEFAULT_WINDOW),
    };
    Some(Window::new(bars as usize).expect(IN_RANGE))
}

fn thresholds(
    params: &mut Params,
    z: ZSpec,
    window: Option<Window>,
) -> (Level, Level, Option<Level>) {
    // `None` where a threshold is wrong in itself: it is compared with nothing.
    let mut read = |name, default| match params.decimal(name, LEVELS) {
        None if params.has(name) => None,
        given => given.or(default),
    };
    let entry = read("entry", Some(DEFAULT_ENTRY));
    let exit = read("exit", Some(DEFAULT_EXIT));
    let stop = read("stop", None);
    if let (Some(exit), Some(entry)) = (exit, entry)
        && exit >= entry
    {
        let detail = format!("is {exit}, which is not below entry, {entry}");
        params.error("exit", detail);
    }
    if let (Some(stop), Some(entry)) = (stop, entry)
        && stop <= entry
    {
        let detail = format!("is {stop}, which is not above entry, {entry}");
        params.error("stop", detail);
    }
    if let (ZSpec::Rolling(baseline), Some(window)) = (z, window)
        && let Some(bound) = rolling(window, baseline).bound()
    {
        for (name, level) in [("entry", entry), ("exit", exit), ("stop", stop)] {
            if let Some(level) = level.filter(|level| *level >= bound) {
                let detail = format!(
                    "is {level}, out of reach: with baseline=inclusive and window={0} |z| cannot exceed \
                     ({0} - 1)/sqrt({0}) = {bound:.4}",
                    window.get()
                );
                params.error(name, detail);
            }
        }
    }
    let entry = level(entry.unwrap_or(DEFAULT_ENTRY));
    let exit = level(exit.unwrap_or(DEFAULT_EXIT));
    (entry, exit, stop.map(level))
}

fn level(value: f64) -> Level {
    Level::new(value).expect(IN_RANGE)
}

/// A whole number, or what stands for it.
fn whole(params: &mut Params, name: &str, range: RangeInclusive<i64>, default: i64) -> i64 {
    params.number(name, range).unwrap_or(default)
}

#[cfg(test)]
mod tests;
