use market::binance::rest::{self, PageRow};

/// A REST reply: each reader takes it or says what is wrong, and the rows of a page are those that it was asked
/// for, in number too.
///
/// # Panics
/// When that does not hold.
pub fn rest(data: &[u8]) {
    let Ok(body) = std::str::from_utf8(data) else {
        return;
    };
    let mut rows = 0;
    let read = rest::agg_trades(body, |row| {
        rows += 1;
        match row {
            PageRow::Trade(trade) => {
                for value in [trade.price, trade.qty] {
                    assert!(value.is_finite() && value > 0.0, "{trade:?}");
                }
                assert!(trade.fills >= 1, "{trade:?}");
            }
            PageRow::Rejected(_, raw) => assert!(body.contains(raw)),
        }
    });
    if let Ok(count) = read {
        assert_eq!(count, rows, "a page of {count} trades told of {rows}");
    }
    if let Ok(bars) = rest::klines(body) {
        for bar in bars {
            assert!(bar.high >= bar.low, "{bar:?}");
        }
    }
    let _ = rest::exchange_info(body);
    let _ = rest::server_time(body);
    let _ = rest::error_body(body);
    let _ = rest::is_restricted_location(body);
}
