use market::binance::{Frame, decode_bytes};

/// A frame of the stream: whatever it is, it is told what it is, and what is taken for a trade can be one.
///
/// # Panics
/// When that does not hold.
pub fn frame(data: &[u8]) {
    let seen = decode_bytes(data);
    // The same bytes say the same.
    assert_eq!(format!("{seen:?}"), format!("{:?}", decode_bytes(data)));
    match seen {
        Frame::AggTrade(seen) => {
            let trade = seen.trade;
            for value in [trade.price, trade.qty] {
                assert!(value.is_finite() && value > 0.0, "{trade:?}");
            }
            assert!(trade.fills >= 1 && trade.agg_id >= 0, "{trade:?}");
            assert!(!seen.symbol.is_empty(), "{seen:?}");
        }
        Frame::Rejected(reject) => assert!(!reject.reason.as_str().is_empty()),
        Frame::Malformed(bad) => assert!(!bad.what.is_empty()),
        Frame::Reply { .. } | Frame::Error { .. } | Frame::Other { .. } => {}
    }
}
