//! The exchange's own JSON, written by hand: keys, their order and their types are those of frames
//! captured in 2026, and one encoding serves every connection.

use crate::{
    SimTrade, SymbolSpec,
    decimal::{push_decimal, push_u64},
};

/// The name of a symbol's stream of aggregate trades.
pub(crate) fn stream_name(symbol: &str) -> String {
    format!("{}@aggTrade", symbol.to_ascii_lowercase())
}

/// What a frame says of a trade, where it is not the truth.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Twist {
    pub(crate) zero_price: bool,
    pub(crate) zero_qty: bool,
    pub(crate) unknown_field: bool,
}

/// Appends a combined frame and returns how many of its bytes come before the raw one (after which
/// one closing brace is left).
pub(crate) fn push_frame(
    out: &mut Vec<u8>,
    stream: &str,
    spec: &SymbolSpec,
    trade: &SimTrade,
    event_ms: i64,
    twist: Twist,
) -> usize {
    let start = out.len();
    out.extend_from_slice(b"{\"stream\":\"");
    out.extend_from_slice(stream.as_bytes());
    out.extend_from_slice(b"\",\"data\":");
    let prefix = out.len() - start;
    out.extend_from_slice(b"{\"e\":\"aggTrade\",\"E\":");
    push_u64(out, event_ms.unsigned_abs());
    out.extend_from_slice(b",\"a\":");
    push_u64(out, trade.id);
    out.extend_from_slice(b",\"s\":\"");
    out.extend_from_slice(spec.name.as_bytes());
    out.extend_from_slice(b"\",\"p\":\"");
    match twist.zero_price {
        true => out.push(b'0'),
        false => push_decimal(out, i128::from(trade.price), spec.price_scale),
    }
    for key in [&b"\",\"q\":\""[..], b"\",\"nq\":\""] {
        out.extend_from_slice(key);
        match twist.zero_price || twist.zero_qty {
            true => out.push(b'0'),
            false => push_decimal(out, i128::from(trade.qty), spec.qty_scale),
        }
    }
    push_tail(out, trade);
    out.extend_from_slice(b",\"st\":1");
    if twist.unknown_field {
        out.extend_from_slice(b",\"zz\":{\"new\":[1,null,\"\xc3\xbc\"]}");
    }
    out.extend_from_slice(b"}}");
    prefix
}

/// Appends a trade as `GET /fapi/v1/aggTrades` shows it.
pub(crate) fn push_rest_trade(out: &mut Vec<u8>, spec: &SymbolSpec, trade: &SimTrade) {
    out.extend_from_slice(b"{\"a\":");
    push_u64(out, trade.id);
    out.extend_from_slice(b",\"p\":\"");
    push_decimal(out, i128::from(trade.price), spec.price_scale);
    for key in [&b"\",\"q\":\""[..], b"\",\"nq\":\""] {
        out.extend_from_slice(key);
        push_decimal(out, i128::from(trade.qty), spec.qty_scale);
    }
    push_tail(out, trade);
    out.push(b'}');
}

fn push_tail(out: &mut Vec<u8>, trade: &SimTrade) {
    out.extend_from_slice(b"\",\"f\":");
    push_u64(out, trade.first_id);
    out.extend_from_slice(b",\"l\":");
    push_u64(out, trade.last_id);
    out.extend_from_slice(b",\"T\":");
    push_u64(out, trade.time_ms.unsigned_abs());
    out.extend_from_slice(b",\"m\":");
    out.extend_from_slice(if trade.buyer_is_maker {
        b"true"
    } else {
        b"false"
    });
}

/// Heading of the recording format: what `--replay` reads and the ground truth is written in.
pub(crate) const CSV_HEADER: &str =
    "symbol,agg_id,price,qty,first_id,last_id,time_ms,is_buyer_maker\n";

/// Appends a row of the recording format.
pub(crate) fn push_csv_row(out: &mut Vec<u8>, spec: &SymbolSpec, trade: &SimTrade) {
    out.extend_from_slice(spec.name.as_bytes());
    out.push(b',');
    push_u64(out, trade.id);
    out.push(b',');
    push_decimal(out, i128::from(trade.price), spec.price_scale);
    out.push(b',');
    push_decimal(out, i128::from(trade.qty), spec.qty_scale);
    for number in [trade.first_id, trade.last_id, trade.time_ms.unsigned_abs()] {
        out.push(b',');
        push_u64(out, number);
    }
    out.extend_from_slice(if trade.buyer_is_maker {
        b",true\n"
    } else {
        b",false\n"
    });
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The shape of what the real exchange sent in 2026 (with figures of our own).
    const CAPTURED: &str = r#"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1786171884624,"a":3404749954,"s":"BTCUSDT","p":"64990.90","q":"0.002","nq":"0.002","f":7960913511,"l":7960913512,"T":1786171884471,"m":true,"st":1}}"#;
    const CAPTURED_REST: &str = r#"{"a":3450415493,"p":"76906.00","q":"0.004","nq":"0.004","f":8079747315,"l":8079747315,"T":1789478330891,"m":false}"#;

    fn btc() -> SymbolSpec {
        SymbolSpec {
            name: "BTCUSDT".into(),
            price_scale: 2,
            qty_scale: 3,
            tick: 10,
        }
    }

    #[test]
    fn a_frame_equals_a_captured_one_byte_for_byte() {
        let trade = SimTrade {
            id: 3_404_749_954,
            price: 6_499_090,
            qty: 2,
            first_id: 7_960_913_511,
            last_id: 7_960_913_512,
            time_ms: 1_786_171_884_471,
            buyer_is_maker: true,
        };
        let mut out = Vec::new();
        let prefix = push_frame(
            &mut out,
            &stream_name("BTCUSDT"),
            &btc(),
            &trade,
            1_786_171_884_624,
            Twist::default(),
        );
        assert_eq!(std::str::from_utf8(&out).unwrap(), CAPTURED);
        let raw: Value = serde_json::from_slice(&out[prefix..out.len() - 1]).unwrap();
        assert_eq!(
            raw,
            serde_json::from_str::<Value>(CAPTURED).unwrap()["data"]
        );
    }

    #[test]
    fn a_rest_trade_equals_a_captured_one_byte_for_byte() {
        let trade = SimTrade {
            id: 3_450_415_493,
            price: 7_690_600,
            qty: 4,
            first_id: 8_079_747_315,
            last_id: 8_079_747_315,
            time_ms: 1_789_478_330_891,
            buyer_is_maker: false,
        };
        let mut out = Vec::new();
        push_rest_trade(&mut out, &btc(), &trade);
        assert_eq!(std::str::from_utf8(&out).unwrap(), CAPTURED_REST);
    }

    #[test]
    fn twisted_frames_are_still_json() {
        let trade = SimTrade {
            id: 1,
            price: 1,
            qty: 1,
            first_id: 1,
            last_id: 1,
            time_ms: 1,
            buyer_is_maker: true,
        };
        let mut out = Vec::new();
        let twist = Twist {
            zero_price: true,
            zero_qty: false,
            unknown_field: true,
        };
        push_frame(&mut out, "btcusdt@aggTrade", &btc(), &trade, 1, twist);
        let frame: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            (&frame["data"]["p"], &frame["data"]["q"]),
            (&"0".into(), &"0".into())
        );
        assert!(frame["data"]["zz"].is_object());
    }
}
