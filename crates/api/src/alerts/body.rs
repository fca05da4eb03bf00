//! The body of a rule, read strictly: all that is wrong with it is told at once.

use api_types::{AlertKind, EvaluateOn, PairObject, ProblemError};
use serde_json::{Map, Value};
use store::alerts::{Duration, RuleDefinition, Webhook};

use super::{
    rule::{self, told_pair},
    webhook::{Reach, Target},
};
use crate::{pairs::PairSpec, problem::ApiError};

const FIELDS: [&str; 11] = [
    "name",
    "enabled",
    "kind",
    "pair",
    "threshold",
    "exit",
    "over",
    "duration",
    "cooldownSeconds",
    "evaluateOn",
    "webhook",
];
const NAME_CHARS: usize = 120;
const MOST_OVER: i64 = 1_000;
const MOST_DURATION_BARS: i64 = 10_000;
/// A week.
const MOST_SECONDS: i64 = 604_800;
const SECRET_CHARS: std::ops::RangeInclusive<usize> = 16..=256;

/// Levels of a kind of rule.
struct Kind {
    /// Range of the threshold, both ends allowed; the least exit is 0.
    thresholds: (f64, f64),
    threshold: f64,
    exit: f64,
}

const fn kind_of(kind: AlertKind) -> Kind {
    let (thresholds, threshold, exit) = match kind {
        AlertKind::ZThreshold => ((0.01, 1_000.0), 2.0, 0.5),
        AlertKind::CointegrationLost => ((0.0001, 1.0), 0.1, 0.05),
        AlertKind::HedgeRatioDrift => ((0.0001, 1_000.0), 0.1, 0.05),
        // A feed that is well reports every second.
        AlertKind::FeedStale => ((5.0, 86_400.0), 30.0, 5.0),
    };
    Kind {
        thresholds,
        threshold,
        exit,
    }
}

/// A rule as it was given, checked but for whether its symbols are known.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) definition: RuleDefinition,
    pub(crate) spec: PairSpec,
}

impl Draft {
    /// The rule for these very series, so that it never comes to mean others.
    pub(crate) fn into_definition(mut self) -> RuleDefinition {
        self.definition.pair = told_pair(&self.spec);
        self.definition
    }
}

/// # Errors
/// With everything that is wrong.
pub(crate) fn read(body: &Value, reach: Reach) -> Result<Draft, ApiError> {
    let mut reader = Reader {
        fields: body.as_object(),
        errors: Vec::new(),
    };
    let draft = reader.rule(reach);
    match draft {
        Some(draft) if reader.errors.is_empty() => Ok(draft),
        _ => Err(ApiError::BadParameters(reader.errors)),
    }
}

struct Reader<'a> {
    fields: Option<&'a Map<String, Value>>,
    errors: Vec<ProblemError>,
}

impl<'a> Reader<'a> {
    fn error(&mut self, field: &str, detail: impl Into<String>) {
        self.errors.push(ProblemError {
            field: field.chars().filter(|c| !c.is_control()).take(64).collect(),
            line: None,
            detail: detail.into(),
        });
    }

    fn rule(&mut self, reach: Reach) -> Option<Draft> {
        let Some(fields) = self.fields else {
            self.error("body", "is no JSON object with the fields of a rule");
            return None;
        };
        for name in fields
            .keys()
            .filter(|name| !FIELDS.contains(&name.as_str()))
        {
            let allowed = FIELDS.join(", ");
            self.error(name, format!("is not known; a rule has {allowed}"));
        }
        let name = self.name();
        let enabled = self.flag("enabled").unwrap_or(true);
        let kind = self.word("kind").unwrap_or(AlertKind::ZThreshold);
        let evaluate_on = self.word("evaluateOn").unwrap_or(EvaluateOn::Close);
        if evaluate_on == EvaluateOn::Provisional && kind != AlertKind::ZThreshold {
            let detail =
                format!("is provisional, which is for zThreshold alone; the kind is {kind}");
            self.error("evaluateOn", detail);
        }
        let (threshold, exit) = self.levels(kind);
        let over = self.over(kind);
        let duration = self.duration();
        let cooldown_seconds = self.whole("cooldownSeconds", 0..=MOST_SECONDS).unwrap_or(0);
        let webhook = self.webhook(reach);
        let levels = (kind == AlertKind::ZThreshold).then_some((threshold, exit));
        let spec = self.pair(levels)?;
        Some(Draft {
            definition: RuleDefinition {
                name: name?,
                enabled,
                kind: kind.to_string(),
                pair: Value::Null,
                threshold,
                exit,
                over_bars: over,
                duration,
                cooldown_seconds: as_i32(cooldown_seconds),
                evaluate_on: evaluate_on.to_string(),
                webhook,
            },
            spec,
        })
    }

    /// A field that is there and not null.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields?.get(name).filter(|value| !value.is_null())
    }

    fn name(&mut self) -> Option<String> {
        let text = self.get("name").and_then(Value::as_str).map(str::trim);
        let fine = text.filter(|text| {
            (1..=NAME_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        });
        if fine.is_none() {
            let detail = format!("must be given: a text of 1 to {NAME_CHARS} characters");
            self.error("name", detail);
        }
        fine.map(str::to_owned)
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        let flag = self.get(name)?.as_bool();
        if flag.is_none() {
            self.error(name, "is neither true nor false");
        }
        flag
    }

    fn word<T: std::str::FromStr>(&mut self, name: &str) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        let word = self.get(name)?.as_str().unwrap_or_default().parse();
        word.map_err(|error: T::Err| self.error(name, error.to_string()))
            .ok()
    }

    fn whole(&mut self, name: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let number = self.get(name)?.as_i64().filter(|n| range.contains(n));
        if number.is_none() {
            let (first, last) = range.into_inner();
            self.error(name, format!("is no whole number from {first} to {last}"));
        }
        number
    }

    fn level(&mut self, name: &str, (least, most): (f64, f64)) -> Option<f64> {
        let number = self.get(name)?.as_f64();
        let fine = number.filter(|number| (least..=most).contains(number));
        if fine.is_none() {
            self.error(name, format!("is no number from {least} to {most}"));
        }
        fine
    }

    fn levels(&mut self, kind: AlertKind) -> (f64, f64) {
        let Kind {
            thresholds,
            threshold: usual,
            exit: usual_exit,
        } = kind_of(kind);
        let threshold = self.level("threshold", thresholds).unwrap_or(usual);
        let ratio = usual_exit / usual;
        // A threshold below the usual exit has one in the same proportion.
        let default = usual_exit.min(threshold * ratio);
        let exit = self.level("exit", (0.0, thresholds.1)).unwrap_or(default);
        if exit >= threshold {
            self.error(
                "exit",
                format!("is {exit}, not below the threshold, {threshold}"),
            );
        }
        (threshold, exit)
    }

    fn over(&mut self, kind: AlertKind) -> Option<i32> {
        const DEFAULT: i64 = 100;
        let over = self.whole("over", 1..=MOST_OVER);
        if kind == AlertKind::HedgeRatioDrift {
            return Some(as_i32(over.unwrap_or(DEFAULT)));
        }
        if self.get("over").is_some() {
            self.error(
                "over",
                format!("applies to hedgeRatioDrift, and the kind is {kind}"),
            );
        }
        None
    }

    fn duration(&mut self) -> Duration {
        let none = Duration::Bars(0);
        let Some(given) = self.get("duration") else {
            return none;
        };
        let of = |name: &str, most: i64| {
            let length = given.get(name)?.as_i64();
            length
                .filter(|length| (0..=most).contains(length))
                .map(as_i32)
        };
        let one = given.as_object().is_some_and(|fields| fields.len() == 1);
        match (of("bars", MOST_DURATION_BARS), of("seconds", MOST_SECONDS)) {
            (Some(bars), None) if one => Duration::Bars(bars),
            (None, Some(seconds)) if one => Duration::Seconds(seconds),
            _ => {
                let detail = format!(
                    "is neither {{\"bars\": 0 … {MOST_DURATION_BARS}}} nor {{\"seconds\": 0 … {MOST_SECONDS}}}"
                );
                self.error("duration", detail);
                none
            }
        }
    }

    fn webhook(&mut self, reach: Reach) -> Option<Webhook> {
        let given = self.get("webhook")?;
        let Some(fields) = given.as_object() else {
            self.error("webhook", "is no object with url and, where wanted, secret");
            return None;
        };
        for name in fields
            .keys()
            .filter(|name| !["url", "secret"].contains(&name.as_str()))
        {
            self.error(
                &format!("webhook.{name}"),
                "is not known; a webhook has url, secret",
            );
        }
        let url = fields
            .get("url")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let target = Target::parse(url, reach);
        if let Err(error) = &target {
            self.error("webhook.url", error.to_string());
        }
        let secret = match fields.get("secret") {
            None | Some(Value::Null) => None,
            Some(secret) => {
                let text = secret.as_str().unwrap_or_default();
                if !SECRET_CHARS.contains(&text.chars().count()) || text.contains('\0') {
                    let (least, most) = SECRET_CHARS.into_inner();
                    self.error(
                        "webhook.secret",
                        format!("is no text of {least} to {most} characters"),
                    );
                }
                Some(text.to_owned())
            }
        };
        Some(Webhook {
            url: target.ok()?.url().to_string(),
            secret,
        })
    }

    fn pair(&mut self, z_levels: Option<(f64, f64)>) -> Option<PairSpec> {
        let pair: Option<PairObject> = self
            .get("pair")
            .and_then(|pair| serde_json::from_value(pair.clone()).ok());
        let Some(pair) = pair else {
            self.error(
                "pair",
                "must be given: an object of parameters of pair analytics, each a text, a number, true or false",
            );
            return None;
        };
        // Where these are wrong on their own they are not to be found wrong again beside the window.
        let z_levels = z_levels.filter(|(threshold, exit)| exit < threshold);
        match rule::read_pair(&pair, z_levels) {
            Ok(spec) => Some(spec),
            Err(ApiError::BadParameters(errors)) => {
                for error in errors {
                    let field = match error.field.as_str() {
                        "entry" if z_levels.is_some() && !pair.contains_key("entry") => {
                            "threshold".to_owned()
                        }
                        "exit" if z_levels.is_some() && !pair.contains_key("exit") => {
                            "exit".to_owned()
                        }
                        field => format!("pair.{field}"),
                    };
                    self.error(&field, error.detail);
                }
                None
            }
            Err(_) => {
                self.error("pair", "cannot be read");
                None
            }
        }
    }
}

/// Numbers are read within ranges that fit.
fn as_i32(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
#[path = "body/tests.rs"]
mod tests;
