//! What the server needs of a market, be it modelled or recorded.

use crate::{Aggregate, SimTrade, SymbolSpec};

/// Half-open span of exchange time, `[from_ms, to_ms)`.
pub type Span = (i64, i64);

/// An endless (or recorded) series of trades for each of several symbols. Symbols are given by
/// their position in [`specs`](Self::specs). Nothing here knows what time it is: the server asks
/// only for what lies in the past.
pub trait Series: Send + Sync + 'static {
    /// The symbols, in a fixed order.
    fn specs(&self) -> &[SymbolSpec];

    /// Appends to `out` up to `limit` trades with ids from `from_id` on and times up to and
    /// including `until_ms`, in the order of their ids.
    fn read(
        &self,
        symbol: usize,
        from_id: u64,
        until_ms: i64,
        limit: usize,
        out: &mut Vec<SimTrade>,
    );

    /// The smallest id of a trade at or after `time_ms`; one past the last where there is none.
    fn first_id_at(&self, symbol: usize, time_ms: i64) -> u64;

    /// The aggregate of the trades of each span; `None` where a span has none. Spans must be in
    /// ascending order.
    fn aggregate(&self, symbol: usize, spans: &[Span]) -> Vec<Option<Aggregate>>;

    /// Times of the first and the last trade there will ever be; the last is `None` for ever.
    fn extent_ms(&self, symbol: usize) -> (i64, Option<i64>);
}
