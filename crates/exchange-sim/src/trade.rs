//! Trades and what becomes of many of them.

/// One aggregate trade. Prices and quantities are integers in the smallest decimal that its
/// symbol shows ([`SymbolSpec::price_scale`](crate::SymbolSpec), `qty_scale`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimTrade {
    /// Aggregate trade id (`a`), contiguous from 1.
    pub id: u64,
    /// Price in 10^-`price_scale` of the quote asset.
    pub price: i64,
    /// Quantity in 10^-`qty_scale` of the base asset.
    pub qty: i64,
    /// First fill (`f`).
    pub first_id: u64,
    /// Last fill (`l`).
    pub last_id: u64,
    /// Time of the trade (`T`), milliseconds since 1970.
    pub time_ms: i64,
    /// Whether the buyer was the maker (`m`): a sale at the bid.
    pub buyer_is_maker: bool,
}

/// What a kline says of the trades in its bucket, exactly.
///
/// Quote amounts are in 10^-(`price_scale` + `qty_scale`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aggregate {
    /// Price of the first trade.
    pub open: i64,
    /// Highest price.
    pub high: i64,
    /// Lowest price.
    pub low: i64,
    /// Price of the last trade.
    pub close: i64,
    /// Sum of the quantities.
    pub volume: i128,
    /// Sum of price times quantity.
    pub quote_volume: i128,
    /// [`volume`](Self::volume) of the trades in which the buyer was the taker.
    pub buy_volume: i128,
    /// [`quote_volume`](Self::quote_volume) of the same.
    pub buy_quote_volume: i128,
    /// Number of fills: the sum of `l − f + 1`, which is what the exchange calls trades in a kline.
    pub fills: u64,
    /// Number of aggregate trades.
    pub trades: u64,
}

impl Aggregate {
    /// The aggregate of one trade.
    #[must_use]
    pub fn of(trade: &SimTrade) -> Self {
        let (volume, price) = (i128::from(trade.qty), trade.price);
        let quote_volume = volume * i128::from(price);
        let bought = i128::from(!trade.buyer_is_maker);
        Self {
            open: price,
            high: price,
            low: price,
            close: price,
            volume,
            quote_volume,
            buy_volume: volume * bought,
            buy_quote_volume: quote_volume * bought,
            fills: trade.last_id - trade.first_id + 1,
            trades: 1,
        }
    }

    /// This followed by `next`.
    pub fn append(&mut self, next: &Self) {
        self.high = self.high.max(next.high);
        self.low = self.low.min(next.low);
        self.close = next.close;
        self.volume += next.volume;
        self.quote_volume += next.quote_volume;
        self.buy_volume += next.buy_volume;
        self.buy_quote_volume += next.buy_quote_volume;
        self.fills += next.fills;
        self.trades += next.trades;
    }
}

/// Appends to an aggregate that may be empty still.
pub(crate) fn extend(sum: &mut Option<Aggregate>, next: &Aggregate) {
    match sum {
        Some(sum) => sum.append(next),
        None => *sum = Some(*next),
    }
}
