//! The figure that a rule watches, bar by bar.

use analytics::cointegration::{EngleGrangerOptions, engle_granger};
use api_types::AlertKind;

use super::rule::Rule;

/// What is known of a pair at one bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bar {
    /// Start of the bar, ms since the epoch.
    pub(crate) time_ms: i64,
    /// Closes, untransformed.
    pub(crate) y: f64,
    pub(crate) x: f64,
    pub(crate) beta: Option<f64>,
    pub(crate) z: Option<f64>,
}

/// The figure at the last of these bars; what is before it is the history that it needs. Of a `FeedStale` rule, of
/// which bars say nothing, there is none. O(1), but for the test of cointegration, which is O(lookback · lags²).
pub(crate) fn at_last(rule: &Rule, bars: &[Bar]) -> Option<f64> {
    let last = bars.last()?;
    match rule.kind {
        AlertKind::ZThreshold => last.z,
        AlertKind::HedgeRatioDrift => {
            let before = bars.iter().nth_back(rule.over)?.beta?;
            let drift = ((last.beta? - before) / before).abs();
            drift.is_finite().then_some(drift)
        }
        AlertKind::CointegrationLost => {
            let tested = &bars[bars.len().checked_sub(rule.tested_bars())?..];
            let column = |of: fn(&Bar) -> f64| -> Option<Vec<f64>> {
                let transform = rule.spec.transform();
                tested.iter().map(|bar| transform.value(of(bar))).collect()
            };
            let (y, x) = (column(|bar| bar.y)?, column(|bar| bar.x)?);
            engle_granger(&y, &x, EngleGrangerOptions::default())
                .ok()
                .map(|test| test.p_value)
        }
        AlertKind::FeedStale => None,
    }
}

#[cfg(test)]
mod tests {
    use api_types::PairObject;
    use store::alerts::{Duration, RuleDefinition};

    use super::*;

    fn rule(kind: &str, over: Option<i32>, lookback: u32) -> Rule {
        let pair: PairObject = serde_json::from_value(serde_json::json!({
            "y": "ETHUSDT", "x": "BTCUSDT", "lookback": lookback, "transform": "log",
        }))
        .unwrap();
        let definition = RuleDefinition {
            name: "r".to_owned(),
            enabled: true,
            kind: kind.to_owned(),
            pair: serde_json::to_value(pair).unwrap(),
            threshold: 2.0,
            exit: 0.5,
            over_bars: over,
            duration: Duration::Bars(0),
            cooldown_seconds: 0,
            evaluate_on: "close".to_owned(),
            webhook: None,
        };
        Rule::of(&definition).unwrap()
    }

    fn bars(count: usize, y: impl Fn(f64) -> f64) -> Vec<Bar> {
        let x = |t: usize| 100.0 + ((t * t) % 37) as f64;
        (0..count)
            .map(|t| Bar {
                time_ms: t as i64,
                y: y(x(t)) + ((t * 7) % 5) as f64 / 10.0,
                x: x(t),
                beta: Some(2.0 + t as f64 / 10.0),
                z: (t > 3).then_some(t as f64),
            })
            .collect()
    }

    #[test]
    fn the_z_score_is_that_of_the_last_bar() {
        let rule = rule("zThreshold", None, 30);
        assert_eq!(rule.history(), 0);
        assert_eq!(at_last(&rule, &bars(8, |x| x)), Some(7.0));
        assert_eq!(at_last(&rule, &bars(3, |x| x)), None);
    }

    #[test]
    fn drift_is_the_part_by_which_the_hedge_ratio_moved_over_so_many_bars() {
        let rule = rule("hedgeRatioDrift", Some(10), 30);
        assert_eq!(rule.history(), 10);
        let drift = at_last(&rule, &bars(11, |x| x)).unwrap();
        assert!((drift - 0.5).abs() < 1e-12, "{drift}");
        assert_eq!(at_last(&rule, &bars(10, |x| x)), None);
        let mut from_nothing = bars(11, |x| x);
        from_nothing[0].beta = Some(0.0);
        assert_eq!(at_last(&rule, &from_nothing), None);
    }

    #[test]
    fn the_p_of_cointegration_is_that_of_the_last_lookback_bars() {
        let rule = rule("cointegrationLost", None, 100);
        assert_eq!(rule.history(), 99);
        let all = bars(150, |x| 2.0 * x);
        let p = at_last(&rule, &all).unwrap();
        let log = |of: fn(&Bar) -> f64| -> Vec<f64> {
            all[50..].iter().map(|bar| of(bar).ln()).collect()
        };
        let expected = engle_granger(
            &log(|bar| bar.y),
            &log(|bar| bar.x),
            EngleGrangerOptions::default(),
        );
        assert_eq!(p.to_bits(), expected.unwrap().p_value.to_bits());
        assert_eq!(at_last(&rule, &all[..99]), None);
    }
}
