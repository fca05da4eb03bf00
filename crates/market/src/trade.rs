//! One aggregated trade.

/// A trade as the exchange aggregates it: fills of one taker order at one price.
///
/// `agg_id` is contiguous per symbol, so a hole in it is a trade that was missed; time is not an
/// order, as many trades share a millisecond.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// Contiguous per symbol, ascending in the order the exchange matched.
    pub agg_id: i64,
    /// When it was matched, milliseconds since the epoch.
    pub time_ms: i64,
    /// Quote currency per unit of the base currency; finite and > 0.
    pub price: f64,
    /// Base currency; finite and > 0.
    pub qty: f64,
    /// How many raw trades it stands for (last id − first id + 1), ≥ 1.
    pub fills: i32,
    /// The buyer's order rested in the book, so the taker sold.
    pub buyer_is_maker: bool,
}

impl Trade {
    /// Price × quantity, in the quote currency.
    #[must_use]
    pub fn quote_qty(&self) -> f64 {
        self.price * self.qty
    }
}
