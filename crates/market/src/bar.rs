//! Open, high, low, close and volumes of the trades in one bucket.

use crate::{Interval, Trade};

/// The trades of one symbol in `[bucket_ms, bucket_ms + interval)`, summed up.
///
/// Open and close are by trade id, not by time. There are no bars without trades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Start of the bucket, milliseconds since the epoch.
    pub bucket_ms: i64,
    /// Price of the trade with the lowest id.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Price of the trade with the highest id.
    pub close: f64,
    /// Sum of quantities, base currency.
    pub volume: f64,
    /// Sum of price × quantity, quote currency.
    pub quote_volume: f64,
    /// Part of `volume` in which the taker bought, base currency.
    pub buy_volume: f64,
    /// Sum of fills, which is what the exchange's klines count.
    pub trades: i64,
}

impl Bar {
    /// The bar of one trade.
    #[must_use]
    pub fn from_trade(interval: Interval, trade: &Trade) -> Self {
        Self {
            bucket_ms: interval.bucket_of(trade.time_ms),
            open: trade.price,
            high: trade.price,
            low: trade.price,
            close: trade.price,
            volume: trade.qty,
            quote_volume: trade.quote_qty(),
            buy_volume: if trade.buyer_is_maker { 0.0 } else { trade.qty },
            trades: i64::from(trade.fills),
        }
    }

    /// Adds the next trade of the same bucket; trades come in ascending order of id.
    pub fn push(&mut self, trade: &Trade) {
        self.high = self.high.max(trade.price);
        self.low = self.low.min(trade.price);
        self.close = trade.price;
        self.volume += trade.qty;
        self.quote_volume += trade.quote_qty();
        if !trade.buyer_is_maker {
            self.buy_volume += trade.qty;
        }
        self.trades += i64::from(trade.fills);
    }
}
