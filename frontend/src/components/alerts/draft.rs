//! A rule as it is being typed.

use api_types::{
    AlertDuration, AlertKind, AlertRule, AlertRuleBody, EvaluateOn, PairObject, ParamValue,
    WebhookBody,
};

use crate::model::{View, alert};

/// Text of every field, and which rule it changes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    /// `None`: a new rule.
    pub(super) id: Option<i64>,
    pub(super) name: String,
    pub(super) kind: String,
    /// By the names of the API.
    pub(super) pair: PairObject,
    pub(super) threshold: String,
    pub(super) exit: String,
    pub(super) over: String,
    pub(super) duration: String,
    pub(super) duration_unit: String,
    pub(super) cooldown: String,
    pub(super) evaluate_on: String,
    pub(super) webhook: String,
    pub(super) is_enabled: bool,
}

/// What is wrong with a field, by its name.
pub(super) type Wrong = (&'static str, String);

impl Draft {
    /// A new rule about the pair in view.
    pub(super) fn of_view(view: &View) -> Self {
        Self {
            id: None,
            name: String::new(),
            kind: AlertKind::ZThreshold.to_string(),
            pair: pair_in(view),
            threshold: "2".to_owned(),
            exit: "0.5".to_owned(),
            over: "100".to_owned(),
            duration: "0".to_owned(),
            duration_unit: "bars".to_owned(),
            cooldown: "0".to_owned(),
            evaluate_on: EvaluateOn::Close.to_string(),
            webhook: String::new(),
            is_enabled: true,
        }
    }

    /// A rule that is there.
    pub(super) fn of_rule(rule: &AlertRule) -> Self {
        let (duration, duration_unit) = match rule.duration {
            AlertDuration::Bars(bars) => (bars, "bars"),
            AlertDuration::Seconds(seconds) => (seconds, "seconds"),
        };
        Self {
            id: Some(rule.id),
            name: rule.name.clone(),
            kind: rule.kind.to_string(),
            pair: rule.pair.clone(),
            threshold: rule.threshold.to_string(),
            exit: rule.exit.to_string(),
            over: rule.over.unwrap_or(100).to_string(),
            duration: duration.to_string(),
            duration_unit: duration_unit.to_owned(),
            cooldown: rule.cooldown_seconds.to_string(),
            evaluate_on: rule.evaluate_on.to_string(),
            webhook: rule
                .webhook
                .as_ref()
                .map(|webhook| webhook.url.clone())
                .unwrap_or_default(),
            is_enabled: rule.enabled,
        }
    }

    /// A parameter of the pair, as text.
    pub(super) fn param(&self, name: &str) -> String {
        alert::text_of(&self.pair, name)
    }

    /// What is sent. `params` are the fields of the pair, `secret` the key of the webhook; what the server can judge better is left to it.
    pub(super) fn body(
        &self,
        params: &[(&'static str, String)],
        secret: &str,
    ) -> Result<AlertRuleBody, Wrong> {
        let name = self.name.trim();
        if name.is_empty() {
            return Err(("name", "Give the rule a name.".to_owned()));
        }
        let kind: AlertKind = self
            .kind
            .parse()
            .map_err(|_| ("kind", "Choose what the rule watches.".to_owned()))?;
        let mut pair = self.pair.clone();
        for (name, text) in params {
            let text = text.trim();
            if text.is_empty() {
                pair.remove(*name);
            } else {
                pair.insert((*name).to_owned(), value(text));
            }
        }
        let duration = whole("duration", &self.duration)?;
        let is_drift = kind == AlertKind::HedgeRatioDrift;
        let url = self.webhook.trim();
        Ok(AlertRuleBody {
            name: name.to_owned(),
            enabled: Some(self.is_enabled),
            kind: Some(kind),
            pair,
            threshold: Some(number("threshold", &self.threshold)?),
            exit: Some(number("exit", &self.exit)?),
            over: if is_drift {
                Some(whole("over", &self.over)?)
            } else {
                None
            },
            duration: Some(if self.duration_unit == "seconds" {
                AlertDuration::Seconds(duration)
            } else {
                AlertDuration::Bars(duration)
            }),
            cooldown_seconds: Some(whole("cooldownSeconds", &self.cooldown)?),
            evaluate_on: if kind == AlertKind::ZThreshold {
                self.evaluate_on.parse().ok()
            } else {
                None
            },
            webhook: (!url.is_empty()).then(|| WebhookBody {
                url: url.to_owned(),
                secret: (!secret.is_empty()).then(|| secret.to_owned()),
            }),
        })
    }
}

/// Threshold and exit that a rule of the kind has by default.
pub(super) const fn usual_levels(kind: AlertKind) -> (&'static str, &'static str) {
    match kind {
        AlertKind::ZThreshold => ("2", "0.5"),
        AlertKind::CointegrationLost => ("0.1", "0.05"),
        AlertKind::HedgeRatioDrift => ("0.1", "0.05"),
        AlertKind::FeedStale => ("30", "5"),
    }
}

/// What a link says of the pair, without what a rule does not take: ranges, drawing and a fit that repaints.
fn pair_in(view: &View) -> PairObject {
    const TAKEN: [&str; 14] = [
        "y",
        "x",
        "interval",
        "model",
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
    let query = view
        .to_query()
        .into_iter()
        .filter(|(name, _)| TAKEN.contains(name));
    query
        .map(|(name, text)| (name.to_owned(), value(&text)))
        .collect()
}

/// A number where the text is one.
fn value(text: &str) -> ParamValue {
    if let Ok(whole) = text.parse() {
        return ParamValue::Whole(whole);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => ParamValue::Number(number),
        _ => ParamValue::Text(text.to_owned()),
    }
}

fn number(field: &'static str, text: &str) -> Result<f64, Wrong> {
    let number = text.trim().replace(',', ".").parse::<f64>().ok();
    number
        .filter(|number| number.is_finite())
        .ok_or_else(|| (field, "Type a number.".to_owned()))
}

fn whole(field: &'static str, text: &str) -> Result<u32, Wrong> {
    text.trim()
        .parse()
        .map_err(|_| (field, "Type a whole number.".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let mut draft = Draft::of_view(&View::default());
        draft.name = " ETH against BTC ".to_owned();
        draft
    }

    #[test]
    fn what_is_typed_becomes_the_rule_and_empty_fields_have_their_defaults() {
        let params = [
            ("y", "ETHUSDT".to_owned()),
            ("x", " BTCUSDT".to_owned()),
            ("lookback", "200".to_owned()),
            ("window", String::new()),
        ];
        let body = draft().body(&params, "").unwrap();
        assert_eq!(body.name, "ETH against BTC");
        assert_eq!(body.pair["x"], ParamValue::Text("BTCUSDT".into()));
        assert_eq!(body.pair["lookback"], ParamValue::Whole(200));
        assert!(!body.pair.contains_key("window"));
        assert_eq!(
            (body.threshold, body.over, body.webhook),
            (Some(2.0), None, None)
        );
    }

    #[test]
    fn what_is_no_number_is_said_of_its_field() {
        let wrong = |change: fn(&mut Draft)| {
            let mut draft = draft();
            change(&mut draft);
            draft.body(&[], "").unwrap_err().0
        };
        assert_eq!(wrong(|draft| draft.name = " ".into()), "name");
        assert_eq!(wrong(|draft| draft.threshold = "two".into()), "threshold");
        assert_eq!(wrong(|draft| draft.duration = "1.5".into()), "duration");
        assert_eq!(
            wrong(|draft| draft.cooldown = "-1".into()),
            "cooldownSeconds"
        );
    }
}
