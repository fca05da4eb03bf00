//! Frames in the shapes that were captured from the exchange.

use market::{
    Trade,
    binance::{AggTrade, Frame, RejectReason, decode, decode_bytes},
};

/// 2026: combined, with `nq` and `st`.
pub(crate) const COMBINED: &str = r#"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1786171884624,"a":3404749954,"s":"BTCUSDT","p":"64990.90","q":"0.002","nq":"0.002","f":7960913511,"l":7960913515,"T":1786171884471,"m":true,"st":1}}"#;

/// 2026: raw.
pub(crate) const RAW: &str = r#"{"e":"aggTrade","E":1783228313782,"a":3371116472,"s":"BTCUSDT","p":"62733.90","q":"0.001","nq":"0.001","f":7868320969,"l":7868320969,"T":1783228313630,"m":false,"st":1}"#;

/// 2021: without `nq` and `st`.
pub(crate) const OLD: &str = r#"{"stream":"sushiusdt@aggTrade","data":{"e":"aggTrade","E":1626992744262,"a":87353230,"s":"SUSHIUSDT","p":"7.6120","q":"297","f":126902924,"l":126902927,"T":1626992744108,"m":false}}"#;

/// Another key order, more decimals, an `M` beside `m`.
pub(crate) const REORDERED: &str = r#"{"stream":"ethusdt@aggTrade","data":{"e":"aggTrade","E":1788016126179,"s":"ETHUSDT","a":2068780794,"p":"2443.67000000","q":"0.35870000","f":4317068264,"l":4317068278,"T":1788016126178,"m":false,"M":true}}"#;

/// Another event, with nested members and white space.
pub(crate) const KLINE: &str = r#"{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1786173360960,"s":"BTCUSDT","k":{"t":1786173300000, "T":1786173359999, "s":"BTCUSDT", "x":true, "B":"0"}}}"#;

/// A collector that stores these gets a bar with a low of zero.
pub(crate) const ZERO_TRADE: &str = r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1785780046072,"T":1785780046071,"s":"BTCUSDT","t":7950493454,"p":"0","q":"0","X":"NA","m":true,"st":1}}"#;

pub(crate) const ALL: [&str; 6] = [COMBINED, RAW, OLD, REORDERED, KLINE, ZERO_TRADE];

fn trade(text: &str) -> AggTrade<'_> {
    match decode(text) {
        Frame::AggTrade(trade) => trade,
        other => panic!("{other:?} from {text}"),
    }
}

fn reason(text: &str) -> RejectReason {
    match decode(text) {
        Frame::Rejected(reject) => reject.reason,
        other => panic!("{other:?} from {text}"),
    }
}

#[test]
fn every_captured_shape_of_an_aggregated_trade_is_read_exactly() {
    assert_eq!(
        trade(COMBINED),
        AggTrade {
            symbol: "BTCUSDT",
            event_ms: Some(1_786_171_884_624),
            trade: Trade {
                agg_id: 3_404_749_954,
                time_ms: 1_786_171_884_471,
                price: 64990.9,
                qty: 0.002,
                fills: 5,
                buyer_is_maker: true,
            },
        }
    );
    let raw = trade(RAW);
    assert_eq!(
        (raw.trade.price, raw.trade.fills, raw.trade.buyer_is_maker),
        (62733.9, 1, false)
    );
    let old = trade(OLD);
    assert_eq!(
        (old.symbol, old.trade.price, old.trade.qty),
        ("SUSHIUSDT", 7.612, 297.0)
    );
    let reordered = trade(REORDERED);
    assert_eq!(
        (reordered.symbol, reordered.trade.agg_id),
        ("ETHUSDT", 2_068_780_794)
    );
    assert!(
        !reordered.trade.buyer_is_maker,
        "`M` is another field than `m`"
    );
}

#[test]
fn fields_that_nobody_knows_yet_are_skipped_whatever_they_hold() {
    for unknown in [
        r#""x":{"p":"0","a":[1,{"s":"OTHER"}]}"#,
        r#""pp":"0""#,
        r#""P":-1e999"#,
        r#""z":99999999999999999999999999"#,
        r#""\u00e9\n":"\"\\""#,
        r#""":null"#,
        r#""data":{"p":"0"}"#,
    ] {
        let text = COMBINED.replace("\"st\":1", unknown);
        assert_eq!(decode(&text), decode(COMBINED), "{unknown}");
        let text = format!("{{{unknown},{}", &COMBINED[1..]);
        if !unknown.starts_with("\"data\"") {
            assert_eq!(decode(&text), decode(COMBINED), "{unknown}");
        }
    }
}

#[test]
fn other_events_and_replies_are_told_apart_and_stop_nothing() {
    assert_eq!(
        decode(KLINE),
        Frame::Other {
            stream: Some("btcusdt@kline_1m"),
            event: Some("kline")
        }
    );
    assert_eq!(
        decode(ZERO_TRADE),
        Frame::Other {
            stream: Some("btcusdt@trade"),
            event: Some("trade")
        }
    );
    assert_eq!(
        decode(r#"{"result":null,"id":1}"#),
        Frame::Reply {
            id: Some(1),
            result: "null"
        }
    );
    assert_eq!(
        decode(r#"{"result": ["btcusdt@aggTrade"],"id":3}"#),
        Frame::Reply {
            id: Some(3),
            result: r#"["btcusdt@aggTrade"]"#
        }
    );
    assert_eq!(
        decode(r#"{"code":2,"msg":"Invalid request: unknown variant"}"#),
        Frame::Error {
            id: None,
            code: Some(2),
            msg: "Invalid request: unknown variant"
        }
    );
    assert_eq!(
        decode(r#"{"error":{"code":3,"msg":"Invalid JSON"},"id":9}"#),
        Frame::Error {
            id: Some(9),
            code: Some(3),
            msg: "Invalid JSON"
        }
    );
    for text in [
        r#"{"stream":"!miniTicker@arr","data":[{"e":"24hrMiniTicker"}]}"#,
        "[]",
        "1",
        "{}",
    ] {
        assert!(
            matches!(decode(text), Frame::Other { event: None, .. }),
            "{text}"
        );
    }
}

#[test]
fn each_rule_that_a_trade_breaks_has_a_reason_of_its_own() {
    use RejectReason as R;
    for (from, to, expected) in [
        (r#""p":"64990.90""#, r#""p":"0""#, R::NonPositivePrice),
        (
            r#""p":"64990.90""#,
            r#""p":"0.00000000""#,
            R::NonPositivePrice,
        ),
        (r#""p":"64990.90""#, r#""p":"-1""#, R::NonPositivePrice),
        (r#""p":"64990.90""#, r#""p":"1e-400""#, R::NonPositivePrice),
        (r#""p":"64990.90""#, r#""p":"1e400""#, R::BadPrice),
        (r#""p":"64990.90""#, r#""p":"NaN""#, R::BadPrice),
        (r#""p":"64990.90""#, r#""p":"""#, R::BadPrice),
        (r#""p":"64990.90""#, r#""p":64990.90"#, R::BadPrice),
        (r#""p":"64990.90""#, r#""p":"6\u0034990.90""#, R::BadPrice),
        (r#""p":"64990.90","#, "", R::BadPrice),
        (r#""q":"0.002""#, r#""q":"0""#, R::NonPositiveQty),
        (r#""q":"0.002""#, r#""q":null"#, R::BadQty),
        (r#""a":3404749954"#, r#""a":-1"#, R::BadId),
        (r#""a":3404749954"#, r#""a":"3404749954""#, R::BadId),
        (r#""a":3404749954"#, r#""a":92233720368547758070"#, R::BadId),
        (r#""a":3404749954"#, r#""a":9007199254740993"#, R::BadId),
        (r#""T":1786171884471"#, r#""T":1786171884"#, R::BadTime),
        (r#""T":1786171884471"#, r#""T":17861718844710"#, R::BadTime),
        (r#""T":1786171884471"#, r#""T":1.7e12"#, R::BadTime),
        (r#""l":7960913515"#, r#""l":7960913510"#, R::BadFills),
        (
            r#""l":7960913515"#,
            r#""l":9223372036854775807"#,
            R::BadFills,
        ),
        (r#""f":7960913511,"#, "", R::BadFills),
        (r#""m":true"#, r#""m":1"#, R::BadSide),
        (r#""s":"BTCUSDT""#, r#""s":"""#, R::BadSymbol),
        (r#""s":"BTCUSDT""#, r#""s":"BTC\u0055SDT""#, R::BadSymbol),
        (r#""s":"BTCUSDT","#, "", R::BadSymbol),
        (r#""m":true"#, r#""m":true,"p":"64990.90""#, R::DuplicateKey),
        (r#""m":true"#, r#""m":true,"\u0070":"1""#, R::DuplicateKey),
    ] {
        let text = COMBINED.replacen(from, to, 1);
        assert_ne!(text, COMBINED, "{from}");
        assert_eq!(reason(&text), expected, "{text}");
    }
}

#[test]
fn a_reject_tells_the_id_that_it_accounts_for() {
    let text = COMBINED.replace("64990.90", "0");
    let Frame::Rejected(reject) = decode(&text) else {
        panic!("{text}")
    };
    assert_eq!(reject.symbol, Some("BTCUSDT"));
    assert_eq!(reject.agg_id, Some(3_404_749_954));
    assert_eq!(reject.time_ms, Some(1_786_171_884_471));

    let text = COMBINED.replace("\"a\":3404749954", "\"a\":3404749954,\"a\":3404749955");
    let Frame::Rejected(reject) = decode(&text) else {
        panic!("{text}")
    };
    assert_eq!(
        reject.agg_id, None,
        "of two ids nobody knows which one is meant"
    );
}

#[test]
fn an_absurd_event_time_costs_the_lag_and_not_the_trade() {
    for absurd in ["1", "\"x\"", "9223372036854775807"] {
        let text = COMBINED.replace("1786171884624", absurd);
        assert_eq!(trade(&text).event_ms, None);
    }
}

#[test]
fn keys_and_event_types_mean_the_same_when_they_are_escaped() {
    for (from, to) in [
        ("\"p\"", r#""\u0070""#),
        ("\"data\"", r#""d\u0061ta""#),
        ("\"aggTrade\"", r#""agg\u0054rade""#),
    ] {
        assert_eq!(
            trade(&COMBINED.replace(from, to)).trade,
            trade(COMBINED).trade,
            "{to}"
        );
    }
}

#[test]
fn a_frame_cut_anywhere_is_malformed_and_nothing_worse() {
    for text in ALL {
        for end in 0..text.len() {
            assert!(
                matches!(decode(&text[..end]), Frame::Malformed(_)),
                "{}",
                &text[..end]
            );
        }
    }
    for text in ["\u{feff}{}", "{} {}", r#"{"data":{},"data":{}}"#] {
        assert!(matches!(decode(text), Frame::Malformed(_)), "{text}");
    }
    assert!(matches!(decode_bytes(b"{\"s\":\"\xff\"}"), Frame::Malformed(bad) if bad.at == 6));
    assert_eq!(decode_bytes(COMBINED.as_bytes()), decode(COMBINED));
}
