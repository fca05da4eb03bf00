use serde_json::json;

use super::*;

fn draft(body: &Value) -> Result<RuleDefinition, Vec<(String, String)>> {
    match read(body, Reach::Public) {
        Ok(draft) => Ok(draft.into_definition()),
        Err(ApiError::BadParameters(errors)) => {
            Err(errors.into_iter().map(|e| (e.field, e.detail)).collect())
        }
        Err(other) => panic!("{other}"),
    }
}

/// A rule with these fields besides a name and a pair.
fn with(fields: &Value) -> Value {
    let mut body = json!({"name": "r", "pair": {"y": "ETHUSDT", "x": "BTCUSDT"}});
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[test]
fn what_is_not_given_is_as_documented() {
    let rule = draft(&with(&json!({}))).unwrap();
    assert_eq!(
        (&*rule.name, rule.enabled, &*rule.kind),
        ("r", true, "zThreshold")
    );
    assert_eq!(
        (rule.threshold, rule.exit, rule.over_bars),
        (2.0, 0.5, None)
    );
    assert_eq!(
        (rule.duration, rule.cooldown_seconds),
        (Duration::Bars(0), 0)
    );
    assert_eq!((&*rule.evaluate_on, &rule.webhook), ("close", &None));
    assert_eq!(
        rule.pair,
        json!({
            "y": "ETHUSDT", "x": "BTCUSDT", "ySource": "live", "xSource": "live", "interval": "1m", "model": "ols",
            "fit": "walk_forward", "lookback": 500, "transform": "level", "window": 60, "baseline": "inclusive",
            "z": "rolling", "correlationOf": "returns", "maxFill": 0,
        })
    );
    let levels = |kind: &str| {
        let rule = draft(&with(&json!({"kind": kind}))).unwrap();
        (rule.threshold, rule.exit, rule.over_bars)
    };
    assert_eq!(levels("cointegrationLost"), (0.1, 0.05, None));
    assert_eq!(levels("hedgeRatioDrift"), (0.1, 0.05, Some(100)));
    assert_eq!(levels("feedStale"), (30.0, 5.0, None));
    assert_eq!(draft(&with(&json!({"threshold": 1.0}))).unwrap().exit, 0.25);
}

#[test]
fn a_rule_reads_back_as_it_is_told() {
    for pair in [
        json!({"y": "ETHUSDT", "x": "simulated:btcusdt", "interval": "1s", "model": "kalman", "z": "innovation"}),
        json!({"y": "A", "x": "B", "model": "kalman", "noise": "pykalman", "init": "diffuse", "maxFill": 3}),
        json!({"y": "A", "x": "B", "model": "theil_sen", "lookback": "77", "baseline": "exclusive", "memory": null}),
    ] {
        let mut pair = pair;
        pair.as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        let told = draft(&json!({"name": "r", "pair": pair})).unwrap();
        let again = draft(&json!({"name": "r", "pair": told.pair})).unwrap();
        assert_eq!(again, told);
        assert!(rule::Rule::of(&told).is_ok());
    }
}

#[test]
fn every_wrong_field_is_told_with_what_is_allowed() {
    for (fields, field, allowed) in [
        (json!({"name": " "}), "name", "1 to 120"),
        (json!({"name": "a\nb"}), "name", "1 to 120"),
        (json!({"colour": 1}), "colour", "evaluateOn"),
        (json!({"enabled": "yes"}), "enabled", "true"),
        (
            json!({"kind": "price"}),
            "kind",
            "zThreshold cointegrationLost hedgeRatioDrift feedStale",
        ),
        (
            json!({"evaluateOn": "tick"}),
            "evaluateOn",
            "close provisional",
        ),
        (
            json!({"evaluateOn": "provisional", "kind": "feedStale"}),
            "evaluateOn",
            "zThreshold alone",
        ),
        (json!({"threshold": "2"}), "threshold", "0.01 to 1000"),
        (json!({"threshold": 0}), "threshold", "0.01 to 1000"),
        (
            json!({"threshold": 1.5, "kind": "cointegrationLost"}),
            "threshold",
            "0.0001 to 1",
        ),
        (
            json!({"threshold": 4, "kind": "feedStale"}),
            "threshold",
            "5 to 86400",
        ),
        (json!({"exit": 2}), "exit", "not below the threshold, 2"),
        (json!({"exit": -0.1}), "exit", "0 to 1000"),
        (json!({"threshold": 8}), "threshold", "window=60"),
        (json!({"over": 5}), "over", "hedgeRatioDrift"),
        (
            json!({"over": 0, "kind": "hedgeRatioDrift"}),
            "over",
            "1 to 1000",
        ),
        (json!({"duration": 5}), "duration", "bars"),
        (
            json!({"duration": {"bars": 1, "seconds": 1}}),
            "duration",
            "seconds",
        ),
        (json!({"duration": {"bars": -1}}), "duration", "10000"),
        (
            json!({"cooldownSeconds": 1.5}),
            "cooldownSeconds",
            "0 to 604800",
        ),
        (json!({"webhook": "https://example.com"}), "webhook", "url"),
        (
            json!({"webhook": {}}),
            "webhook.url",
            "https://example.com/hook",
        ),
        (
            json!({"webhook": {"url": "http://example.com"}}),
            "webhook.url",
            "https://",
        ),
        (
            json!({"webhook": {"url": "https://10.0.0.1"}}),
            "webhook.url",
            "not public",
        ),
        (
            json!({"webhook": {"url": "https://e.com", "key": 1}}),
            "webhook.key",
            "url, secret",
        ),
        (
            json!({"webhook": {"url": "https://e.com", "secret": "short"}}),
            "webhook.secret",
            "16 to 256",
        ),
        (json!({"pair": null}), "pair", "must be given"),
        (
            json!({"pair": {"y": "A", "x": ["B"]}}),
            "pair",
            "each a text",
        ),
        (json!({"pair": {"y": "A"}}), "pair.x", "is missing"),
        (
            json!({"pair": {"y": "A", "x": "B", "limit": 50}}),
            "pair.limit",
            "is not known",
        ),
        (
            json!({"pair": {"y": "A", "x": "B", "entry": 2}}),
            "pair.entry",
            "is not known",
        ),
        (
            json!({"pair": {"y": "A", "x": "B", "fit": "in_sample"}}),
            "pair.fit",
            "repaints",
        ),
        (
            json!({"pair": {"y": "A", "x": "B", "lookback": 5}}),
            "pair.lookback",
            "30 to 10000",
        ),
        (
            json!({"pair": {"y": "A", "x": "B", "ySource": "dataset:1"}}),
            "pair.ySource",
            "live",
        ),
    ] {
        let errors = draft(&with(&fields)).expect_err(&fields.to_string());
        assert_eq!(errors.len(), 1, "{fields}: {errors:?}");
        assert_eq!(errors[0].0, field, "{fields}: {errors:?}");
        assert!(errors[0].1.contains(allowed), "{fields}: {errors:?}");
    }
}

#[test]
fn everything_wrong_is_told_at_once() {
    let errors = draft(
        &json!({"enabled": 1, "kind": "x", "threshold": -1, "pair": {"y": "A", "window": 1}}),
    );
    let fields: Vec<String> = errors
        .unwrap_err()
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(
        fields,
        [
            "name",
            "enabled",
            "kind",
            "threshold",
            "pair.x",
            "pair.window"
        ]
    );
    assert!(draft(&json!([])).unwrap_err()[0].1.contains("JSON object"));
}
