//! Properties that hold for every frame.

use market::{
    Trade,
    binance::{Frame, decode, decode_bytes, rest},
};
use proptest::prelude::*;

use crate::{
    frames,
    reference::{self, Said},
};

/// Pieces that a mutation inserts: everything that has a meaning somewhere in a frame.
const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    " ",
    "\n",
    "-",
    "0",
    "1",
    ".",
    "e",
    "E5",
    "+",
    "true",
    "null",
    "\"p\":\"0\",",
    "\"a\":7,",
    "\"a\":-7,",
    "\"s\":\"X\",",
    "\"x\":{\"p\":[1,{}]},",
    "\"E\":1,",
    "\"T\":\"1\",",
    "\"l\":0,",
    "\"m\":1,",
    "\"q\":\"1e400\",",
    "\\u0070",
    "\\n",
    "99999999999999999999",
    "é",
    "\u{0}",
    "\"stream\":\"y\",",
    "\"data\":{},",
    "\"id\":1,",
    "\"code\":2,",
    "\"error\":{\"msg\":\"z\"},",
    "\"result\":[],",
];

#[derive(Debug, Clone)]
enum Mutation {
    Insert(prop::sample::Index, usize),
    Delete(prop::sample::Index, usize),
    Copy(prop::sample::Index, prop::sample::Index, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<prop::sample::Index>(), 0..PIECES.len()).prop_map(|(at, p)| Mutation::Insert(at, p)),
        (any::<prop::sample::Index>(), 1_usize..24).prop_map(|(at, n)| Mutation::Delete(at, n)),
        (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            1_usize..24
        )
            .prop_map(|(from, to, n)| Mutation::Copy(from, to, n)),
    ]
}

fn mutated(frame: &str, mutations: &[Mutation]) -> String {
    let mut chars: Vec<char> = frame.chars().collect();
    for mutation in mutations {
        let place = |index: &prop::sample::Index, chars: &[char]| index.index(chars.len() + 1);
        match mutation {
            Mutation::Insert(at, piece) => {
                let at = place(at, &chars);
                chars.splice(at..at, PIECES[*piece].chars());
            }
            Mutation::Delete(at, count) => {
                let at = place(at, &chars);
                chars.drain(at..(at + count).min(chars.len()));
            }
            Mutation::Copy(from, to, count) => {
                let from = place(from, &chars);
                let piece = chars[from..(from + count).min(chars.len())].to_vec();
                let to = place(to, &chars);
                chars.splice(to..to, piece);
            }
        }
    }
    chars.into_iter().collect()
}

fn trade() -> impl Strategy<Value = Trade> {
    let amount = || (1_u64..=999_999_999_999_999, 0_u32..=10);
    (
        0_i64..1 << 53,
        946_684_800_000_i64..4_102_444_800_000,
        amount(),
        amount(),
        1_i32..9_999,
        any::<bool>(),
    )
        .prop_map(|(agg_id, time_ms, price, qty, fills, buyer_is_maker)| {
            let value = |(digits, scale): (u64, u32)| {
                format!("{digits}e-{scale}")
                    .parse()
                    .expect("a decimal number")
            };
            Trade {
                agg_id,
                time_ms,
                price: value(price),
                qty: value(qty),
                fills,
                buyer_is_maker,
            }
        })
}

/// A frame with its keys in the order that `order` gives, and an unknown one among them.
fn serialised(symbol: &str, trade: &Trade, order: &[usize], combined: bool) -> String {
    let Trade {
        agg_id,
        time_ms,
        price,
        qty,
        fills,
        buyer_is_maker,
    } = trade;
    let last = 1_000 + i64::from(*fills) - 1;
    let members = [
        r#""e":"aggTrade""#.to_owned(),
        format!(r#""E":{}"#, time_ms - 3),
        format!(r#""a":{agg_id}"#),
        format!(r#""s":"{symbol}""#),
        format!(r#""p":"{price}""#),
        format!(r#""q":"{qty}""#),
        r#""f":1000"#.to_owned(),
        format!(r#""l":{last}"#),
        format!(r#""T":{time_ms}"#),
        format!(r#""m":{buyer_is_maker}"#),
        r#""new":{"p":["0"]}"#.to_owned(),
    ];
    let body = order
        .iter()
        .map(|i| members[*i].as_str())
        .collect::<Vec<_>>()
        .join(",");
    if combined {
        format!(r#"{{"stream":"x@aggTrade","data":{{{body}}}}}"#)
    } else {
        format!("{{{body}}}")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_trade_written_in_any_key_order_is_read_back_bit_for_bit(
        trade in trade(),
        symbol in "[A-Z0-9]{1,20}|币[A-Z]{1,8}",
        order in Just((0..11).collect::<Vec<_>>()).prop_shuffle(),
        combined in any::<bool>(),
    ) {
        let text = serialised(&symbol, &trade, &order, combined);
        let Frame::AggTrade(seen) = decode(&text) else { return Err(TestCaseError::fail(text)) };
        prop_assert_eq!(seen.symbol, symbol);
        prop_assert_eq!(seen.trade, trade);
        prop_assert_eq!(seen.trade.price.to_bits(), trade.price.to_bits());
        prop_assert_eq!(seen.event_ms, (trade.time_ms - 3 >= 946_684_800_000).then_some(trade.time_ms - 3));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_bytes(&bytes);
        let _ = rest::agg_trades(&String::from_utf8_lossy(&bytes), |_| {});
        let _ = rest::klines(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_json_like_text_is_judged_like_the_reference_judges_it(
        text in r#"(\{|\}|\[|\]|,|:|"[easpqflTmE]"|"data"|"x"|[0-9]{1,3}|-|\.|"|\\u00|true|null| ){0,24}"#
    ) {
        prop_assert_eq!(Said::from(decode(&text)), reference::decode(&text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn mutated_frames_are_judged_like_the_reference_judges_them(
        frame in prop::sample::select(frames::ALL.to_vec()),
        mutations in prop::collection::vec(mutation(), 0..4),
    ) {
        let text = mutated(frame, &mutations);
        prop_assert_eq!(Said::from(decode(&text)), reference::decode(&text), "{}", text);
    }
}

#[test]
fn the_reference_agrees_on_the_captured_shapes() {
    for text in frames::ALL.into_iter().chain([
        r#"{"result":null,"id":1}"#,
        r#"{"code":2,"msg":"x"}"#,
        r#"{"error":{"code":2,"msg":"x"},"id":4}"#,
        "[]",
        "{}",
    ]) {
        assert_eq!(Said::from(decode(text)), reference::decode(text), "{text}");
    }
}
