//! Tables of the page as files for other programs.

use api_types::{AlertDuration, AlertRule, Alignment, Dataset, PairFit, PairTests, ProblemError};
use serde::Serialize;
use serde_json::Value;

use super::csv::{number, table, time, words};

/// Alert rules and where each stands. The pair's parameters are those of a query string.
pub(crate) fn rules(rules: &[AlertRule]) -> String {
    let names = [
        "id",
        "name",
        "enabled",
        "kind",
        "pair",
        "threshold",
        "exit",
        "over_bars",
        "duration",
        "duration_unit",
        "cooldown_seconds",
        "evaluate_on",
        "webhook",
        "state",
        "since",
        "value",
        "value_time",
    ];
    let cells = |rule: &AlertRule| {
        let pair = rule
            .pair
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let (duration, unit) = match rule.duration {
            AlertDuration::Bars(bars) => (bars, "bars"),
            AlertDuration::Seconds(seconds) => (seconds, "seconds"),
        };
        [
            rule.id.to_string(),
            words(&rule.name),
            rule.enabled.to_string(),
            rule.kind.to_string(),
            words(&pair.collect::<Vec<_>>().join("&")),
            number(Some(rule.threshold)),
            number(Some(rule.exit)),
            rule.over.map_or_else(String::new, |over| over.to_string()),
            duration.to_string(),
            unit.to_owned(),
            rule.cooldown_seconds.to_string(),
            rule.evaluate_on.to_string(),
            words(rule.webhook.as_ref().map_or("", |webhook| &webhook.url)),
            rule.status.state.to_string(),
            time(rule.status.since),
            number(rule.status.value),
            time(rule.status.value_time),
        ]
    };
    table(names, rules.iter().map(cells))
}

/// Uploads, a line for each of their series.
pub(crate) fn datasets(datasets: &[Dataset]) -> String {
    let names = [
        "dataset",
        "name",
        "created_at",
        "symbol",
        "interval",
        "rows",
        "first",
        "last",
        "gaps",
        "missing",
        "irregular",
    ];
    let rows = datasets.iter().flat_map(|dataset| {
        dataset.series.iter().map(|series| {
            [
                dataset.id.to_string(),
                words(&dataset.name),
                time(Some(dataset.created_at)),
                words(&series.symbol),
                series
                    .interval
                    .map_or_else(String::new, |interval| interval.to_string()),
                series.rows.to_string(),
                time(Some(series.first)),
                time(Some(series.last)),
                series.gaps.to_string(),
                series.missing.to_string(),
                series.irregular.to_string(),
            ]
        })
    });
    table(names, rows)
}

/// What is wrong with a file, place by place.
pub(crate) fn errors(errors: &[ProblemError]) -> String {
    let rows = errors.iter().map(|error| {
        [
            error.line.map_or_else(String::new, |line| line.to_string()),
            words(&error.field),
            words(&error.detail),
        ]
    });
    table(["line", "column", "error"], rows)
}

/// Every number that is known of a pair under its place in the server's answer, as `tests.engleGrangerYx.statistic`.
pub(crate) fn figures(
    fit: Option<&PairFit>,
    tests: Option<&PairTests>,
    alignment: Option<&Alignment>,
) -> String {
    let parts = [
        ("fit", json(&fit)),
        ("tests", json(&tests)),
        ("alignment", json(&alignment)),
    ];
    let mut rows = Vec::new();
    for (name, part) in parts {
        flatten(name, &part, &mut rows);
    }
    table(["figure", "value"], rows)
}

fn json(part: &impl Serialize) -> Value {
    // Numbers, words and lists of them: nothing that JSON cannot say.
    serde_json::to_value(part).unwrap_or(Value::Null)
}

fn flatten(name: &str, value: &Value, rows: &mut Vec<[String; 2]>) {
    let mut put = |value: String| rows.push([name.to_owned(), value]);
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                flatten(&format!("{name}.{field}"), value, rows);
            }
        }
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                flatten(&format!("{name}.{at}"), value, rows);
            }
        }
        Value::Null => put(String::new()),
        Value::String(text) => put(words(text)),
        Value::Number(ms) if name.ends_with("Time") => put(time(ms.as_i64())),
        Value::Number(_) | Value::Bool(_) => put(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use api_types::Model;

    use super::*;

    #[test]
    fn figures_stand_under_their_place_in_the_answer_with_every_digit() {
        let fit = PairFit {
            model: Model::Ols,
            observations: 500,
            from_time: Some(0),
            to_time: None,
            alpha: Some(-1.0),
            beta: Some(0.123_456_789_012_345),
            alpha_se: None,
            beta_se: None,
            alpha_se_textbook: None,
            beta_se_textbook: None,
            beta_interval: Some([0.1, 0.2]),
            r2: None,
            sigma: None,
            outliers: None,
            standardized_sd: None,
        };
        let text = figures(Some(&fit), None, None);
        let has = |line: &str| assert!(text.lines().any(|found| found == line), "{line}: {text}");
        has("figure,value");
        has("fit.beta,0.123456789012345");
        has("fit.betaInterval.1,0.2");
        has("fit.fromTime,1970-01-01T00:00:00Z");
        has("fit.toTime,");
        has("alignment,");
    }

    #[test]
    fn an_error_has_its_line_and_no_formula() {
        let error = ProblemError {
            field: "close".into(),
            line: Some(7),
            detail: "=cmd, no number".into(),
        };
        assert_eq!(
            errors(&[error]),
            "line,column,error\n7,close,\"'=cmd, no number\"\n"
        );
    }
}
