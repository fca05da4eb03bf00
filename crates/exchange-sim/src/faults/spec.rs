//! What a fault is and how it is asked for.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A trade is not sent; REST has it.
    Skip,
    /// A trade is sent twice.
    Duplicate,
    /// A trade is sent after the one that follows it.
    Reorder,
    /// A trade is sent `delay_ms` of exchange time late, after what happened meanwhile.
    Delay,
    /// A trade is sent with price and quantity `"0"`.
    ZeroPrice,
    /// A trade is sent with quantity `"0"`.
    ZeroQty,
    /// A trade is sent with a field that no client knows.
    UnknownField,
    /// A frame that breaks off half-way.
    Malformed,
    /// A frame of `bytes` bytes that is no trade.
    Oversized,
    /// A frame with an event type that no client knows.
    UnknownEvent,
    /// Nothing is sent, though the connection answers.
    Silent,
    /// The connection goes away without a word.
    Drop,
    /// The connection is closed, as at the end of its 24 hours.
    Close,
    /// The connection stays open, and nothing is read from it or sent to it any more.
    HalfOpen,
    /// New connections are refused with 503.
    Refuse,
    /// REST answers `status` (429, 418, 403, 451, 5xx …).
    RestStatus,
    /// REST answers after `delay_ms` by the host's clock.
    RestSlow,
    /// A REST answer breaks off half-way.
    RestTruncated,
}

impl FaultKind {
    /// Whether it happens to a trade on its way into the stream.
    pub(crate) fn is_of_trade(self) -> bool {
        use FaultKind::*;
        matches!(
            self,
            Skip | Duplicate
                | Reorder
                | Delay
                | ZeroPrice
                | ZeroQty
                | UnknownField
                | Malformed
                | Oversized
                | UnknownEvent
                | Silent
        )
    }

    /// Whether it happens to an open connection.
    pub(crate) fn is_of_connection(self) -> bool {
        matches!(self, Self::Drop | Self::Close | Self::HalfOpen)
    }
}

/// A fault, where it strikes, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only trades, or REST calls, of this symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Only this connection (see `GET /sim/v1/connections`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<u64>,
    /// Only REST calls whose path contains this, such as `klines`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many times. Without it: once, or without bound where `duration_ms` or `every` is given
    /// and for `silent` and `refuse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Only one trade in this many (chosen by id, the same in every run).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Not before this long from now, by the host's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// For this long, by the host's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// How late a delayed trade (exchange time, default 3000) or a slow REST answer (host time,
    /// default 5000) is; for faults of connections, the time between two (default 1000).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Size of an oversized frame (default 2 MiB, at most 64 MiB).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// HTTP status (default 503).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `Retry-After` in seconds (429 and 418 carry 1 by default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    /// Whether the bad frame stands in place of the trade's own (default for zero price and zero
    /// quantity), or goes before it (default for malformed, oversized, unknown event).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<bool>,
}

impl FaultSpec {
    /// A fault of this kind, with defaults for everything else.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            symbol: None,
            connection: None,
            path: None,
            count: None,
            every: None,
            after_ms: None,
            duration_ms: None,
            delay_ms: None,
            bytes: None,
            status: None,
            retry_after_s: None,
            replace: None,
        }
    }

    /// How many times it strikes; `None` is without bound.
    pub(crate) fn times(&self) -> Option<u64> {
        let lasting = self.duration_ms.is_some()
            || self.every.is_some()
            || matches!(self.kind, FaultKind::Silent | FaultKind::Refuse);
        self.count.or((!lasting).then_some(1))
    }

    /// Whether the bad frame takes the place of the good one.
    pub(crate) fn replaces(&self) -> bool {
        self.replace.unwrap_or(matches!(
            self.kind,
            FaultKind::ZeroPrice | FaultKind::ZeroQty
        ))
    }

    /// What is wrong with it, if anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.every == Some(0) {
            return Err("every must not be 0".into());
        }
        if self.bytes.is_some_and(|bytes| bytes > 64 << 20) {
            return Err("bytes must not exceed 64 MiB".into());
        }
        if self
            .status
            .is_some_and(|status| !(400..600).contains(&status))
        {
            return Err("status must be between 400 and 599".into());
        }
        Ok(())
    }
}

impl FromStr for FaultSpec {
    type Err = String;

    /// Reads `kind,key=value,…` (or the JSON of the administration's call).
    fn from_str(text: &str) -> Result<Self, String> {
        let value = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| error.to_string())?
        } else {
            let mut parts = text.split(',').map(str::trim);
            let mut fields = Map::new();
            fields.insert("kind".into(), parts.next().unwrap_or_default().into());
            for part in parts {
                let (key, value) = part
                    .split_once('=')
                    .ok_or(format!("{part:?} is not key=value"))?;
                let value = match key {
                    "symbol" | "path" => value.into(),
                    _ => serde_json::from_str(value)
                        .map_err(|_| format!("{key}: {value:?} is not a number"))?,
                };
                fields.insert(key.into(), value);
            }
            Value::Object(fields)
        };
        let spec: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        spec.check()?;
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_and_json_say_the_same() {
        let flag: FaultSpec = "skip,symbol=BTCUSDT,count=3,after_ms=50".parse().unwrap();
        let json: FaultSpec = r#"{"kind":"skip","symbol":"BTCUSDT","count":3,"after_ms":50}"#
            .parse()
            .unwrap();
        assert_eq!(flag, json);
        assert_eq!(flag.times(), Some(3));
    }

    #[test]
    fn a_wrong_flag_is_refused_with_the_reason() {
        assert!(
            "skipp"
                .parse::<FaultSpec>()
                .unwrap_err()
                .contains("unknown variant")
        );
        assert!(
            "skip,cuont=3"
                .parse::<FaultSpec>()
                .unwrap_err()
                .contains("unknown field")
        );
        assert!(
            "skip,count=x"
                .parse::<FaultSpec>()
                .unwrap_err()
                .contains("count")
        );
        assert!(
            "skip,every=0"
                .parse::<FaultSpec>()
                .unwrap_err()
                .contains("every")
        );
    }
}
