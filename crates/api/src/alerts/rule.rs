//! A rule as it is evaluated.

use api_types::{AlertKind, EvaluateOn, Hysteresis, Interval, PairObject};
use market::Instrument;
use store::alerts::{self as stored, RuleDefinition};

use super::machine::Levels;
use crate::{
    pairs::{Defaults, Leg, PairSpec},
    params::Params,
    problem::ApiError,
};

/// A rule, checked.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) kind: AlertKind,
    pub(crate) spec: PairSpec,
    pub(crate) levels: Levels,
    pub(crate) over: usize,
    pub(crate) evaluate_on: EvaluateOn,
    /// Length of the pair's bars, ms.
    pub(crate) interval_ms: i64,
}

/// Parameters of analytics that a rule can have: none of a range, and no thresholds, of which it has its own.
const PAIR_NAMES: [&str; 18] = [
    "y",
    "x",
    "source",
    "ySource",
    "xSource",
    "interval",
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
    "maxFill",
];

/// Reads the pair of a rule. With levels of a z-score, these are checked as `entry` and `exit` of the
/// pair are.
pub(super) fn read_pair(
    pair: &PairObject,
    z_levels: Option<(f64, f64)>,
) -> Result<PairSpec, ApiError> {
    let texts = pair
        .iter()
        .map(|(name, value)| (name.clone(), value.to_string()));
    let mut params = Params::of_pairs(texts.collect(), &PAIR_NAMES);
    if let Some((threshold, exit)) = z_levels {
        params.add("entry", threshold.to_string());
        params.add("exit", exit.to_string());
    }
    let spec = PairSpec::read(&mut params, Defaults::VIEW);
    if let Some(spec) = &spec {
        if !spec.is_causal() {
            let why = "is in_sample, which judges the past by its future and repaints; walk_forward is allowed";
            params.error("fit", why.to_owned());
        }
        for (name, leg) in [("y", &spec.y), ("x", &spec.x)] {
            if matches!(leg, Leg::Dataset { .. }) {
                let field = format!("{name}Source");
                params.error(
                    &field,
                    "is a dataset, which does not change; live is allowed".to_owned(),
                );
            }
        }
    }
    params.finish()?;
    spec.ok_or_else(|| ApiError::Internal("parameters were neither read nor refused".to_owned()))
}

/// The pair as it is stored and told: all parameters in force, but those that no rule has.
pub(super) fn told_pair(spec: &PairSpec) -> serde_json::Value {
    let mut told = serde_json::to_value(spec.params()).expect("parameters are text and numbers");
    if let Some(fields) = told.as_object_mut() {
        let innovation = fields.get("z").is_some_and(|z| z == "innovation");
        fields.retain(|name, _| {
            PAIR_NAMES.contains(&name.as_str()) && !(innovation && name == "baseline")
        });
    }
    told
}

impl Rule {
    /// A stored rule.
    ///
    /// # Errors
    /// With what is wrong, in words: a newer version wrote it.
    pub(crate) fn of(definition: &RuleDefinition) -> Result<Self, String> {
        let unreadable = |error: &dyn std::fmt::Display| format!("it cannot be read: {error}");
        let pair: PairObject =
            serde_json::from_value(definition.pair.clone()).map_err(|e| unreadable(&e))?;
        let kind: AlertKind = definition.kind.parse().map_err(|e| unreadable(&e))?;
        let z_levels =
            (kind == AlertKind::ZThreshold).then_some((definition.threshold, definition.exit));
        let spec = read_pair(&pair, z_levels).map_err(|e| unreadable(&e))?;
        let interval: Interval = spec
            .interval
            .as_interval()
            .ok_or_else(|| "its bars have a length that the feed does not know".to_owned())?;
        let seconds = |seconds: i32| i64::from(seconds) * 1_000;
        Ok(Self {
            kind,
            levels: Levels {
                hysteresis: Hysteresis {
                    threshold: definition.threshold,
                    exit: definition.exit,
                    both_sides: kind == AlertKind::ZThreshold,
                },
                duration_ms: match definition.duration {
                    stored::Duration::Bars(bars) => i64::from(bars) * interval.ms(),
                    stored::Duration::Seconds(length) => seconds(length),
                },
                cooldown_ms: seconds(definition.cooldown_seconds),
            },
            over: definition
                .over_bars
                .map_or(0, |bars| bars.unsigned_abs() as usize),
            evaluate_on: definition.evaluate_on.parse().map_err(|e| unreadable(&e))?,
            interval_ms: interval.ms(),
            spec,
        })
    }

    /// The markets of both legs.
    pub(crate) fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        [&self.spec.y, &self.spec.x]
            .into_iter()
            .filter_map(|leg| match leg {
                Leg::Live(instrument) => Some(instrument),
                Leg::Dataset { .. } => None,
            })
    }

    /// Bars before the one that is judged on which its figure depends, besides what the pair's own figures
    /// do.
    pub(crate) fn history(&self) -> usize {
        match self.kind {
            AlertKind::ZThreshold | AlertKind::FeedStale => 0,
            AlertKind::HedgeRatioDrift => self.over,
            AlertKind::CointegrationLost => self.tested_bars() - 1,
        }
    }

    /// Bars that a test of cointegration looks at.
    pub(crate) fn tested_bars(&self) -> usize {
        const WITHOUT_LOOKBACK: usize = 500;
        self.spec
            .lookback()
            .map_or(WITHOUT_LOOKBACK, analytics::Lookback::get)
    }
}
