//! Where rules about the z-score on screen have fired.

use api_types::{AlertEvent, AlertEventKind, AlertKind};

use super::PairChoice;
use crate::model::link;

/// Bar and z of every `fired` event of a rule about the same z-score. The choice is that of a live pair.
pub(crate) fn marks(events: &[AlertEvent], choice: &PairChoice) -> Vec<(i64, f64)> {
    let is_about = |event: &&AlertEvent| {
        event.kind == AlertEventKind::Fired
            && event.rule_kind == AlertKind::ZThreshold
            && choice.has_z_of(&link::pair_view(&event.pair).pair)
    };
    events
        .iter()
        .filter(is_about)
        .filter_map(|event| Some((event.bar?, event.value?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use api_types::AlertReason;

    use super::*;

    #[test]
    fn only_what_fired_about_this_z_is_marked() {
        let event = |kind, pair: &str, bar| AlertEvent {
            id: 1,
            rule_id: 1,
            rule_name: "wide".into(),
            rule_kind: AlertKind::ZThreshold,
            episode: 1,
            kind,
            reason: AlertReason::Crossed,
            time: 90_000,
            bar,
            provisional: false,
            value: Some(-2.5),
            level: 2.0,
            pair: serde_json::from_str(pair).unwrap(),
            stored_at: 90_001,
            delivery: None,
        };
        let (mine, other) = (
            r#"{"y":"simulated:ETHUSDT","x":"BTCUSDT"}"#,
            r#"{"y":"SOLUSDT","x":"BTCUSDT"}"#,
        );
        let events = [
            event(AlertEventKind::Fired, mine, Some(60_000)),
            event(AlertEventKind::Resolved, mine, Some(120_000)),
            event(AlertEventKind::Fired, other, Some(60_000)),
            event(AlertEventKind::Fired, mine, None),
        ];
        let shown = link::pair_view(&events[0].pair).pair;
        assert_eq!(marks(&events, &shown), [(60_000, -2.5)]);
    }
}
