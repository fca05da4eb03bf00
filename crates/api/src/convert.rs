//! From what is stored to what is sent.

use api_types::{BarRow, Interval, Origin, Venue};
use store::{BarOrigin, StoredBar, feed_status::CLOSING_DELAY_MS};

/// A bar as it is sent. `watermark_ms` is the greatest exchange time that is known; klines were closed when
/// they were fetched.
pub(crate) fn bar(stored: &StoredBar, interval: market::Interval, watermark_ms: i64) -> BarRow {
    let bar = &stored.bar;
    let end_ms = bar.bucket_ms.saturating_add(interval.ms());
    BarRow {
        time: bar.bucket_ms,
        open: bar.open,
        high: bar.high,
        low: bar.low,
        close: bar.close,
        volume: bar.volume,
        quote_volume: bar.quote_volume,
        buy_volume: bar.buy_volume,
        trades: bar.trades,
        closed: end_ms <= watermark_ms.saturating_sub(CLOSING_DELAY_MS)
            || stored.origin == BarOrigin::Klines,
        complete: stored.complete,
        origin: match stored.origin {
            BarOrigin::Trades => Origin::Trades,
            BarOrigin::Klines => Origin::Klines,
            BarOrigin::Mixed => Origin::Mixed,
        },
    }
}

pub(crate) const fn venue(venue: market::Venue) -> Venue {
    match venue {
        market::Venue::Binance => Venue::Binance,
        market::Venue::Simulated => Venue::Simulated,
    }
}

pub(crate) const fn interval(interval: market::Interval) -> Interval {
    match interval {
        market::Interval::S1 => Interval::S1,
        market::Interval::M1 => Interval::M1,
        market::Interval::M5 => Interval::M5,
        market::Interval::M15 => Interval::M15,
        market::Interval::H1 => Interval::H1,
        market::Interval::H4 => Interval::H4,
        market::Interval::D1 => Interval::D1,
    }
}

/// The interval of the feed that a name of the wire means.
pub(crate) const fn market_interval(interval: Interval) -> market::Interval {
    match interval {
        Interval::S1 => market::Interval::S1,
        Interval::M1 => market::Interval::M1,
        Interval::M5 => market::Interval::M5,
        Interval::M15 => market::Interval::M15,
        Interval::H1 => market::Interval::H1,
        Interval::H4 => market::Interval::H4,
        Interval::D1 => market::Interval::D1,
    }
}

/// Wall-clock time, ms since the epoch.
pub(crate) fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// Version of the server.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

#[cfg(test)]
mod tests {
    use market::Bar;

    use super::*;

    #[test]
    fn a_bar_is_closed_a_second_after_its_end_and_a_kline_always() {
        let stored = |origin| StoredBar {
            bar: Bar {
                bucket_ms: 60_000,
                open: 1.0,
                high: 1.0,
                low: 1.0,
                close: 1.0,
                volume: 1.0,
                quote_volume: 1.0,
                buy_volume: 0.0,
                trades: 1,
            },
            origin,
            complete: true,
            last_agg_id: Some(1),
        };
        let closed =
            |origin, watermark_ms| bar(&stored(origin), market::Interval::M1, watermark_ms).closed;
        assert!(!closed(BarOrigin::Trades, 120_999));
        assert!(closed(BarOrigin::Trades, 121_000));
        assert!(closed(BarOrigin::Klines, 0));
    }
}
