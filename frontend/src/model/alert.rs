//! Alerts in words.

use api_types::{
    AlertDuration, AlertEvent, AlertKind, AlertReason, AlertRule, AlertState, PairObject,
    ParamValue,
};

use super::format;

/// `ETHUSDT / BTCUSDT`, without venues.
pub(crate) fn pair_name(y: &str, x: &str) -> String {
    let short = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    format!("{} / {}", short(y), short(x))
}

/// The pair of a rule.
pub(crate) fn pair_of(pair: &PairObject) -> String {
    pair_name(&text_of(pair, "y"), &text_of(pair, "x"))
}

/// A parameter as it stands in a query string; empty if it has its default.
pub(crate) fn text_of(pair: &PairObject, name: &str) -> String {
    pair.get(name)
        .map(ParamValue::to_string)
        .unwrap_or_default()
}

/// What a z-score has done.
pub(crate) fn crossing(z: f64, entry: f64, interval: &str) -> String {
    format!(
        "z = {}, beyond ±{} on {interval} bars",
        signed(z, 2),
        plain(entry)
    )
}

/// A kind of rule, as a person chooses it.
pub(crate) const fn kind_name(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::ZThreshold => "z-score beyond a threshold",
        AlertKind::CointegrationLost => "Cointegration lost",
        AlertKind::HedgeRatioDrift => "Hedge ratio drifts",
        AlertKind::FeedStale => "Feed stale",
    }
}

/// What a rule waits for.
pub(crate) fn condition(rule: &AlertRule) -> String {
    let threshold = level(rule.kind, rule.threshold);
    let what = match rule.kind {
        AlertKind::ZThreshold => format!("|z| ≥ {threshold}"),
        AlertKind::CointegrationLost => format!("p ≥ {threshold}"),
        AlertKind::HedgeRatioDrift => {
            format!("β moved ≥ {threshold} in {} bars", rule.over.unwrap_or(0))
        }
        AlertKind::FeedStale => format!("silent ≥ {threshold}"),
    };
    match rule.duration {
        AlertDuration::Bars(0) | AlertDuration::Seconds(0) => what,
        AlertDuration::Bars(1) => format!("{what} for 1 bar"),
        AlertDuration::Bars(bars) => format!("{what} for {bars} bars"),
        AlertDuration::Seconds(seconds) => format!("{what} for {seconds}\u{202f}s"),
    }
}

/// A figure of a rule of that kind.
pub(crate) fn figure(kind: AlertKind, value: Option<f64>) -> String {
    let Some(value) = value else {
        return format::UNKNOWN.to_owned();
    };
    match kind {
        AlertKind::ZThreshold => signed(value, 2),
        AlertKind::CointegrationLost => format::price(value, 4),
        AlertKind::HedgeRatioDrift => format!("{}\u{202f}%", format::price(value * 100.0, 1)),
        AlertKind::FeedStale => format!("{}\u{202f}s", format::price(value, 0)),
    }
}

/// A level of a rule of that kind, as it was typed.
pub(crate) fn level(kind: AlertKind, value: f64) -> String {
    match kind {
        AlertKind::ZThreshold | AlertKind::CointegrationLost => plain(value),
        AlertKind::HedgeRatioDrift => format!("{}\u{202f}%", plain((value * 1e6).round() / 1e4)),
        AlertKind::FeedStale => format!("{}\u{202f}s", plain(value)),
    }
}

/// What an event says, in a sentence.
pub(crate) fn sentence(event: &AlertEvent) -> String {
    let (value, level) = (
        figure(event.rule_kind, event.value),
        level(event.rule_kind, event.level),
    );
    let what = match event.rule_kind {
        AlertKind::ZThreshold => format!("z = {value}, beyond ±{level}"),
        AlertKind::CointegrationLost => format!("p = {value}, at or above {level}"),
        AlertKind::HedgeRatioDrift => format!("hedge ratio moved by {value}, at least {level}"),
        AlertKind::FeedStale => format!("no message for {value}"),
    };
    format!("{}: {what}", pair_of(&event.pair))
}

/// Why an event came.
pub(crate) const fn reason(reason: AlertReason) -> &'static str {
    match reason {
        AlertReason::Crossed => "level crossed",
        AlertReason::RuleChanged => "rule changed",
        AlertReason::RuleDisabled => "rule switched off",
        AlertReason::RuleDeleted => "rule deleted",
    }
}

/// The class of a state's mark.
pub(crate) const fn state_class(state: AlertState) -> &'static str {
    match state {
        AlertState::Normal => "chip",
        AlertState::Pending => "chip warn",
        AlertState::Firing => "chip bad",
        AlertState::Recovering => "chip cool",
    }
}

fn signed(value: f64, decimals: usize) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", format::price(value, decimals))
}

/// As short as it was typed.
fn plain(value: f64) -> String {
    value.to_string().replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_named_without_its_venue() {
        let pair: PairObject =
            serde_json::from_str(r#"{"y":"simulated:ETHUSDT","x":"BTCUSDT","lookback":200}"#)
                .unwrap();
        assert_eq!(pair_of(&pair), "ETHUSDT / BTCUSDT");
        assert_eq!(text_of(&pair, "lookback"), "200");
        assert_eq!(text_of(&pair, "window"), "");
    }

    #[test]
    fn figures_have_the_unit_of_their_kind() {
        assert_eq!(figure(AlertKind::ZThreshold, Some(2.345)), "+2.35");
        assert_eq!(figure(AlertKind::ZThreshold, Some(-2.0)), "−2.00");
        assert_eq!(
            figure(AlertKind::HedgeRatioDrift, Some(0.123)),
            "12.3\u{202f}%"
        );
        assert_eq!(figure(AlertKind::FeedStale, Some(31.4)), "31\u{202f}s");
        assert_eq!(figure(AlertKind::CointegrationLost, None), format::UNKNOWN);
        assert_eq!(level(AlertKind::HedgeRatioDrift, 0.07), "7\u{202f}%");
        assert_eq!(crossing(-2.5, 2.0, "1m"), "z = −2.50, beyond ±2 on 1m bars");
    }
}
