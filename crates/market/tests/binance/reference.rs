//! The same rules written a second time, slowly, over `serde_json`.

use std::borrow::Cow;

use market::{
    Trade,
    binance::{Frame, RejectReason},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// What [`Frame`] says, owned, without the places of errors.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Trade {
        symbol: String,
        event_ms: Option<i64>,
        trade: Trade,
    },
    Rejected {
        symbol: Option<String>,
        agg_id: Option<i64>,
        time_ms: Option<i64>,
        reason: RejectReason,
    },
    Reply {
        id: Option<i64>,
        result: String,
    },
    Error {
        id: Option<i64>,
        code: Option<i64>,
        msg: String,
    },
    Other {
        stream: Option<String>,
        event: Option<String>,
    },
    Malformed,
}

impl From<Frame<'_>> for Said {
    fn from(frame: Frame<'_>) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        match frame {
            Frame::AggTrade(seen) => Self::Trade {
                symbol: seen.symbol.to_owned(),
                event_ms: seen.event_ms,
                trade: seen.trade,
            },
            Frame::Rejected(reject) => Self::Rejected {
                symbol: owned(reject.symbol),
                agg_id: reject.agg_id,
                time_ms: reject.time_ms,
                reason: reject.reason,
            },
            Frame::Reply { id, result } => Self::Reply {
                id,
                result: result.to_owned(),
            },
            Frame::Error { id, code, msg } => Self::Error {
                id,
                code,
                msg: msg.to_owned(),
            },
            Frame::Other { stream, event } => Self::Other {
                stream: owned(stream),
                event: owned(event),
            },
            Frame::Malformed(_) => Self::Malformed,
        }
    }
}

/// An object's members in order, duplicates kept.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                    members.push((Cow::Owned(key), value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

impl<'a> Members<'a> {
    fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn count(&self, key: &str) -> usize {
        self.0.iter().filter(|(name, _)| name == key).count()
    }

    fn first(&self, key: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.get())
    }

    fn last(&self, key: &str) -> Option<&'a str> {
        self.0
            .iter()
            .rfind(|(name, _)| name == key)
            .map(|(_, value)| value.get())
    }

    fn only(&self, key: &str) -> Option<&'a str> {
        if self.count(key) == 1 {
            self.first(key)
        } else {
            None
        }
    }
}

fn string(raw: &str) -> Option<&str> {
    raw.strip_prefix('"').map(|rest| &rest[..rest.len() - 1])
}

fn unescaped(raw: &str) -> Option<&str> {
    string(raw).filter(|text| !text.contains('\\'))
}

fn integer(raw: &str) -> Option<i64> {
    raw.parse().ok()
}

pub(crate) fn decode(text: &str) -> Said {
    if serde_json::from_str::<&RawValue>(text).is_err() {
        return Said::Malformed;
    }
    if !text.trim_start().starts_with('{') {
        return Said::Other {
            stream: None,
            event: None,
        };
    }
    let Some(top) = Members::read(text) else {
        return Said::Malformed;
    };
    let stream = top.last("stream").and_then(string).map(str::to_owned);
    if top.count("data") > 1 {
        return Said::Malformed;
    }
    if let Some(data) = top.first("data") {
        if !data.starts_with('{') {
            return Said::Other {
                stream,
                event: None,
            };
        }
        let Some(members) = Members::read(data) else {
            return Said::Malformed;
        };
        return event(stream, &members);
    }
    if top.first("e").and_then(string).is_some() {
        return event(stream, &top);
    }
    let id = top.last("id").and_then(integer);
    if ["error", "code", "msg"]
        .iter()
        .any(|key| top.count(key) > 0)
    {
        // In the order of the text, the later one stands, as long as it is of the right type.
        let (mut code, mut msg) = (None, None);
        let mut take = |key: &str, value: &str| match key {
            "code" if value.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                code = integer(value);
            }
            "msg" => {
                if let Some(text) = string(value) {
                    msg = Some(text.to_owned());
                }
            }
            _ => {}
        };
        for (key, value) in &top.0 {
            if key == "error" {
                let Some(inner) = Members::read(value.get()) else {
                    continue;
                };
                for (key, value) in &inner.0 {
                    take(key, value.get());
                }
            } else {
                take(key, value.get());
            }
        }
        return Said::Error {
            id,
            code,
            msg: msg.unwrap_or_default(),
        };
    }
    if top.count("result") + top.count("id") == 0 {
        return Said::Other {
            stream,
            event: None,
        };
    }
    Said::Reply {
        id,
        result: top.last("result").unwrap_or("null").to_owned(),
    }
}

fn event(stream: Option<String>, members: &Members<'_>) -> Said {
    let raw = members.first("e").filter(|raw| raw.starts_with('"'));
    let named = raw.is_some_and(|raw| {
        serde_json::from_str::<String>(raw).is_ok_and(|name| name == "aggTrade")
    });
    if !named {
        return Said::Other {
            stream,
            event: raw.and_then(string).map(str::to_owned),
        };
    }
    let times = 946_684_800_000..4_102_444_800_000_i64;
    let symbol = members
        .only("s")
        .and_then(unescaped)
        .filter(|name| (1..=64).contains(&name.len()))
        .map(str::to_owned);
    let agg_id = members
        .only("a")
        .and_then(integer)
        .filter(|id| (0..=9_007_199_254_740_992).contains(id));
    let time_ms = members
        .only("T")
        .and_then(integer)
        .filter(|ms| times.contains(ms));
    let event_ms = members
        .only("E")
        .and_then(integer)
        .filter(|ms| times.contains(ms));
    let judged = (|| {
        use RejectReason as R;
        if ["e", "E", "a", "s", "p", "q", "f", "l", "T", "m"]
            .iter()
            .any(|k| members.count(k) > 1)
        {
            return Err(R::DuplicateKey);
        }
        let symbol = symbol.clone().ok_or(R::BadSymbol)?;
        let agg_id = agg_id.ok_or(R::BadId)?;
        let time_ms = time_ms.ok_or(R::BadTime)?;
        let decimal = |key| {
            let text = members.only(key).and_then(unescaped)?;
            let plain = |c: char| c.is_ascii_digit() || "-+.eE".contains(c);
            let digits_around_dot = !text
                .split(['e', 'E'])
                .next()?
                .split('.')
                .any(|part| part.strip_prefix('-').unwrap_or(part).is_empty());
            if !text.chars().all(plain) || text.starts_with('+') || !digits_around_dot {
                return None;
            }
            text.parse::<f64>().ok().filter(|value| value.is_finite())
        };
        let price = decimal("p").ok_or(R::BadPrice)?;
        if price <= 0.0 {
            return Err(R::NonPositivePrice);
        }
        let qty = decimal("q").ok_or(R::BadQty)?;
        if qty <= 0.0 {
            return Err(R::NonPositiveQty);
        }
        let first = members
            .only("f")
            .and_then(integer)
            .map(i128::from)
            .ok_or(R::BadFills)?;
        let last = members
            .only("l")
            .and_then(integer)
            .map(i128::from)
            .ok_or(R::BadFills)?;
        let fills = i32::try_from(last - first + 1).map_err(|_| R::BadFills)?;
        if fills < 1 {
            return Err(R::BadFills);
        }
        let buyer_is_maker = match members.only("m") {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(R::BadSide),
        };
        Ok(Said::Trade {
            symbol,
            event_ms,
            trade: Trade {
                agg_id,
                time_ms,
                price,
                qty,
                fills,
                buyer_is_maker,
            },
        })
    })();
    judged.unwrap_or_else(|reason| Said::Rejected {
        symbol,
        agg_id,
        time_ms,
        reason,
    })
}
