//! A recording instead of the model.

mod csv;
mod shift;

use std::path::Path;

use crate::{Aggregate, Series, SimError, SimTrade, SymbolSpec, series::Span, trade::extend};

pub(crate) use shift::shift_days;

pub(crate) const DAY_MS: i64 = 86_400_000;

/// Recorded trades of one or more symbols.
#[derive(Debug)]
pub struct Recording {
    specs: Vec<SymbolSpec>,
    /// By symbol, in the order of ids, which is that of times.
    trades: Vec<Vec<SimTrade>>,
}

impl Recording {
    /// Reads a CSV file, plain or compressed (`.gz`):
    /// `symbol,agg_id,price,qty,first_id,last_id,time_ms,is_buyer_maker`.
    ///
    /// # Errors
    /// When the file cannot be read, a line is no trade, times run against ids, or there is nothing.
    pub fn read(path: &Path) -> Result<Self, SimError> {
        csv::read(path)
    }

    /// Moves all trades by `shift_ms`.
    #[must_use]
    pub fn shifted(mut self, shift_ms: i64) -> Self {
        for trade in self.trades.iter_mut().flatten() {
            trade.time_ms += shift_ms;
        }
        self
    }

    /// Times of the first and the last trade of all.
    #[must_use]
    pub fn span_ms(&self) -> Span {
        let first = self.trades.iter().map(|trades| trades[0].time_ms).min();
        let last = self
            .trades
            .iter()
            .map(|trades| trades[trades.len() - 1].time_ms)
            .max();
        first
            .zip(last)
            .expect("a recording has a symbol, and a symbol a trade")
    }
}

impl Series for Recording {
    fn specs(&self) -> &[SymbolSpec] {
        &self.specs
    }

    fn read(
        &self,
        symbol: usize,
        from_id: u64,
        until_ms: i64,
        limit: usize,
        out: &mut Vec<SimTrade>,
    ) {
        let trades = &self.trades[symbol];
        let from = trades.partition_point(|trade| trade.id < from_id);
        out.extend(
            trades[from..]
                .iter()
                .take(limit)
                .take_while(|trade| trade.time_ms <= until_ms),
        );
    }

    fn first_id_at(&self, symbol: usize, time_ms: i64) -> u64 {
        let trades = &self.trades[symbol];
        match trades.get(trades.partition_point(|trade| trade.time_ms < time_ms)) {
            Some(trade) => trade.id,
            None => trades[trades.len() - 1].id + 1,
        }
    }

    fn aggregate(&self, symbol: usize, spans: &[Span]) -> Vec<Option<Aggregate>> {
        let trades = &self.trades[symbol];
        let at = |time_ms: i64| trades.partition_point(|trade| trade.time_ms < time_ms);
        let one = |(from_ms, to_ms): &Span| {
            let mut sum = None;
            for trade in &trades[at(*from_ms)..at(*to_ms).max(at(*from_ms))] {
                extend(&mut sum, &Aggregate::of(trade));
            }
            sum
        };
        spans.iter().map(one).collect()
    }

    fn extent_ms(&self, symbol: usize) -> (i64, Option<i64>) {
        let trades = &self.trades[symbol];
        (trades[0].time_ms, Some(trades[trades.len() - 1].time_ms))
    }
}
