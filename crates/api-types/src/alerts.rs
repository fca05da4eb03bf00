//! `/api/v1/alerts/rules`, `GET /api/v1/alerts/events` and the stream topic `alerts`.
//!
//! A rule watches one figure of a pair. It is `normal`; `pending` once the figure is at or beyond the
//! threshold, until that has lasted for the rule's duration and the cool-down is over; then `firing`;
//! `recovering` while the figure is within the threshold but not within `exit` yet; at `exit` it is `normal` again.
//! Turning to `firing` is an event (`fired`), and so is the end of the episode (`resolved`); between two
//! `fired` of a rule there is always a `resolved`. Events are stored before they are sent anywhere, and their
//! ids grow, so that whoever has seen an id knows the event again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{NoParams, names::name};

name! {
    /// Which figure a rule watches.
    AlertKind, "kind of alert rule" {
        /// The z-score of the pair, on both sides of 0. Threshold in standard deviations.
        ZThreshold = "zThreshold",
        /// The rolling Engle-Granger p of y on x over the last `lookback` bars is at or above the threshold.
        CointegrationLost = "cointegrationLost",
        /// The hedge ratio has moved by this part of what it was `over` bars ago.
        HedgeRatioDrift = "hedgeRatioDrift",
        /// No message of one of the legs has come for so many seconds.
        FeedStale = "feedStale",
    }
}

name! {
    /// What a rule is evaluated on.
    EvaluateOn, "point to evaluate on" {
        /// Closed bars.
        Close = "close",
        /// Closed bars and the open bar, whenever it changes.
        Provisional = "provisional",
    }
}

name! {
    /// Where a rule stands.
    AlertState, "state of an alert rule" {
        /// Nothing to tell.
        Normal = "normal",
        /// The threshold is breached, but not for long enough yet, or within the cool-down.
        Pending = "pending",
        /// The alert was told and lasts.
        Firing = "firing",
        /// The figure is back within the threshold, but not within `exit` yet. The episode lasts.
        Recovering = "recovering",
    }
}

name! {
    /// What an event tells.
    AlertEventKind, "kind of alert event" {
        /// The rule has begun to fire.
        Fired = "fired",
        /// The episode is over.
        Resolved = "resolved",
    }
}

name! {
    /// Why an event came.
    AlertReason, "reason of an alert event" {
        /// The figure crossed a level.
        Crossed = "crossed",
        /// The rule was changed while it was firing; it begins anew.
        RuleChanged = "ruleChanged",
        /// The rule was switched off while it was firing.
        RuleDisabled = "ruleDisabled",
        /// The rule was deleted while it was firing.
        RuleDeleted = "ruleDeleted",
    }
}

name! {
    /// How far the delivery to a webhook is.
    DeliveryState, "state of a delivery" {
        /// To be sent, or to be tried again.
        Pending = "pending",
        /// The receiver answered 2xx.
        Delivered = "delivered",
        /// Given up after the last attempt, or refused: `error` says why.
        Failed = "failed",
    }
}

/// A value of the object `pair`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ParamValue {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
}

impl std::fmt::Display for ParamValue {
    /// As it stands in a query string, before it is percent-encoded.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Whole(number) => number.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// Parameters of pair analytics by the names that they have in the query string of
/// `GET /api/v1/pairs/analytics`: `{"y": "ETHUSDT", "x": "BTCUSDT", "interval": "1m", "lookback": 500}`.
pub type PairObject = BTreeMap<String, ParamValue>;

/// How long a breach must last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AlertDuration {
    /// So many bars of the pair's interval, 0 to 10,000; 0: the first breach fires.
    Bars(u32),
    /// So many seconds, 0 to 604,800.
    Seconds(u32),
}

/// Where to send the events of a rule, as it is given. Each is a POST of an [`AlertEvent`] as JSON; what is not answered with 2xx
/// within ten seconds is sent again, up to eight times within half an hour, under the same `x-spreadscope-event`, which is
/// the event's id. `x-spreadscope-signature` is `t=<seconds since the epoch>,v1=<hex>`: the HMAC-SHA256, under the secret, of
/// `<the same seconds>.<body>`. Redirects are not followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookBody {
    /// `https://…`; addresses that are not public are refused.
    #[cfg_attr(feature = "openapi", schema(max_length = 2_048))]
    pub url: String,
    /// Key of the signature, 16 to 256 characters. It is never answered. Absent in a PUT: the one of before stays, as
    /// long as the URL does. Without any the deliveries are not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 16, max_length = 256))]
    pub secret: Option<String>,
}

/// Where the events of a rule are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Webhook {
    /// The receiver.
    pub url: String,
    /// Whether deliveries are signed with a secret.
    pub signed: bool,
}

/// Body of `POST /api/v1/alerts/rules` and `PUT /api/v1/alerts/rules/{id}`: all of a rule; what is absent
/// has its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertRuleBody {
    /// What people call it, 1 to 120 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 120))]
    pub name: String,
    /// Whether it is evaluated. Default: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(default = true))]
    pub enabled: Option<bool>,
    /// Which figure it watches. Default: `zThreshold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<AlertKind>,
    /// The pair: parameters of analytics by name. `fit=in_sample` is refused, because it repaints; so are ranges
    /// (`limit`, `startTime`, `endTime`) and what is about drawing.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, ParamValue>))]
    pub pair: PairObject,
    /// A figure at or beyond it is a breach. By kind: 0.01 to 1,000 standard deviations, default 2; p 0.0001 to 1, default
    /// 0.1; a part of 0.0001 to 1,000, default 0.1; 5 to 86,400 s, default 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 86_400))]
    pub threshold: Option<f64>,
    /// A figure at or within it ends the episode; below `threshold`. Default by kind: 0.5 standard deviations,
    /// p 0.05, a twentieth, 5 s; never more than `threshold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 86_400))]
    pub exit: Option<f64>,
    /// For `hedgeRatioDrift` alone: against the hedge ratio of so many bars ago, 1 to 1,000. Default: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000))]
    pub over: Option<u32>,
    /// How long a breach must last. Default: `{"bars": 0}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<AlertDuration>,
    /// No alert so many seconds after the end of the last one, a week at most. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(minimum = 0, maximum = 604_800, default = 0)
    )]
    pub cooldown_seconds: Option<u32>,
    /// Default: `close`. `provisional` for `zThreshold` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate_on: Option<EvaluateOn>,
    /// Where to send events. Default: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookBody>,
}

/// A rule, with where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertRule {
    /// Its id; never used again.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// Whether it is evaluated.
    pub enabled: bool,
    /// Which figure it watches.
    pub kind: AlertKind,
    /// Parameters of analytics by name.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, ParamValue>))]
    pub pair: PairObject,
    /// A figure at or beyond it is a breach.
    pub threshold: f64,
    /// A figure at or within it ends the episode.
    pub exit: f64,
    /// For `hedgeRatioDrift`: against the hedge ratio of so many bars ago.
    pub over: Option<u32>,
    /// How long a breach must last.
    pub duration: AlertDuration,
    /// No alert so many seconds after the end of the last one.
    pub cooldown_seconds: u32,
    /// What it is evaluated on.
    pub evaluate_on: EvaluateOn,
    /// Where events are sent.
    pub webhook: Option<Webhook>,
    /// When it was made, ms since the epoch.
    pub created_at: i64,
    /// When it was changed last, ms since the epoch.
    pub updated_at: i64,
    /// Where it stands.
    pub status: AlertRuleStatus,
}

/// Where a rule stands. States are the figure's, so their times are those of the exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertRuleStatus {
    /// The rule.
    pub rule_id: i64,
    /// Its state.
    pub state: AlertState,
    /// Since when, ms since the epoch; `null` before the first evaluation.
    pub since: Option<i64>,
    /// The figure when it was last evaluated; `null` where there was none.
    pub value: Option<f64>,
    /// When that was, ms since the epoch: the end of a closed bar, or when the open bar changed.
    pub value_time: Option<i64>,
    /// Number of the last episode; 0 before the first.
    pub episode: i64,
    /// End of the cool-down, ms since the epoch, once there was one.
    pub cooldown_until: Option<i64>,
    /// The feed of a leg is stale, so the rule waits; it goes on where it was.
    pub silenced: bool,
    /// Why the rule cannot be evaluated now.
    pub problem: Option<String>,
}

/// Something to tell people. Stored before it is sent anywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertEvent {
    /// Grows with every event; the same wherever the event is seen.
    pub id: i64,
    /// The rule; it may have been deleted since.
    pub rule_id: i64,
    /// What people called the rule.
    pub rule_name: String,
    /// Which figure the rule watches.
    pub rule_kind: AlertKind,
    /// Number of the episode within the rule: `fired` and `resolved` of one episode share it.
    pub episode: i64,
    /// What it tells.
    pub kind: AlertEventKind,
    /// Why it came.
    pub reason: AlertReason,
    /// When it happened, ms since the epoch: the end of the bar that decided, or when the open bar changed.
    pub time: i64,
    /// Start of the bar that decided, ms since the epoch; `null` where no bar did.
    pub bar: Option<i64>,
    /// Whether that bar was still open.
    pub provisional: bool,
    /// The figure; `null` where there was none.
    pub value: Option<f64>,
    /// The level that was crossed: `threshold` for `fired`, `exit` for `resolved`.
    pub level: f64,
    /// Parameters of analytics by name, as the rule had them.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, ParamValue>))]
    pub pair: PairObject,
    /// When it was stored, ms since the epoch.
    pub stored_at: i64,
    /// How far the delivery to the webhook was when this was read; `null` without webhook, and in the deliveries.
    pub delivery: Option<AlertDelivery>,
}

/// How far the delivery of an event to the rule's webhook is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertDelivery {
    /// How far.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// The next attempt, ms since the epoch, while there is one to come.
    pub next_attempt: Option<i64>,
    /// When it was delivered, ms since the epoch.
    pub delivered_at: Option<i64>,
    /// HTTP status of the last answer.
    pub http_status: Option<u16>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// Answer of `GET /api/v1/alerts/rules`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertRulesResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force: there are none.
    pub params: NoParams,
    /// All rules, ascending in id.
    pub rules: Vec<AlertRule>,
    /// Most rules that there may be.
    pub max_rules: u32,
}

/// Answer of `POST /api/v1/alerts/rules` and of `GET`, `PUT` and `DELETE /api/v1/alerts/rules/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertRuleResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The rule; after `DELETE` as it was.
    pub rule: AlertRule,
}

/// Answer of `GET /api/v1/alerts/events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertEventsResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force.
    pub params: AlertEventsParams,
    /// The events, newest first.
    pub events: Vec<AlertEvent>,
    /// `beforeId` of the next page; `null` after the last one.
    pub next_before_id: Option<i64>,
}

/// Parameters of `GET /api/v1/alerts/events`, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertEventsParams {
    /// Events of this rule alone.
    pub rule_id: Option<i64>,
    /// Events of this kind alone.
    pub kind: Option<AlertEventKind>,
    /// Events that happened at or after this time, ms since the epoch.
    pub start_time: Option<i64>,
    /// Events that happened at or before this time, ms since the epoch.
    pub end_time: Option<i64>,
    /// Events with a smaller id.
    pub before_id: Option<i64>,
    /// At most so many events.
    pub limit: u32,
}

/// Data of the topic `alerts`.
///
/// A snapshot has the status of every rule and the last events, which are history. An update has what
/// has changed: each stored event comes once, also to a client that comes back with the id of its last one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertsData {
    /// Where rules stand: all of them in a snapshot, those that changed in an update.
    pub states: Vec<AlertRuleStatus>,
    /// Rules that are no more.
    pub removed: Vec<i64>,
    /// Rules were made or changed, so that the list is to be read again.
    pub rules_changed: bool,
    /// Events, ascending in id.
    pub events: Vec<AlertEvent>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_needs_no_more_than_a_name_and_a_pair() {
        let body: AlertRuleBody = serde_json::from_value(json!({
            "name": "ETH/BTC", "pair": {"y": "ETHUSDT", "x": "BTCUSDT", "lookback": 200, "memory": 1.5, "open": false},
        }))
        .unwrap();
        assert_eq!(body.kind, None);
        let texts: Vec<String> = body.pair.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(
            texts,
            [
                "lookback=200",
                "memory=1.5",
                "open=false",
                "x=BTCUSDT",
                "y=ETHUSDT"
            ]
        );
    }

    #[test]
    fn the_whole_of_a_rule_is_written_as_documented() {
        let body = AlertRuleBody {
            name: "n".to_owned(),
            enabled: Some(true),
            kind: Some(AlertKind::HedgeRatioDrift),
            pair: PairObject::new(),
            threshold: Some(0.2),
            exit: Some(0.1),
            over: Some(50),
            duration: Some(AlertDuration::Bars(3)),
            cooldown_seconds: Some(60),
            evaluate_on: Some(EvaluateOn::Close),
            webhook: Some(WebhookBody {
                url: "https://example.com/hook".to_owned(),
                secret: None,
            }),
        };
        assert_eq!(
            serde_json::to_value(&body).unwrap(),
            json!({
                "name": "n", "enabled": true, "kind": "hedgeRatioDrift", "pair": {}, "threshold": 0.2, "exit": 0.1,
                "over": 50, "duration": {"bars": 3}, "cooldownSeconds": 60, "evaluateOn": "close",
                "webhook": {"url": "https://example.com/hook"},
            })
        );
    }
}
