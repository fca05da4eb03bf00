//! The seeded market: an endless series of trades in which everything is a function of the seed,
//! the symbol and an id or a time.
//!
//! * [`path`] – the price at the edge of each ten-second block, from [`bridge`] (trends of the
//!   market and of groups of symbols) and [`spread`] (mean reversion around them);
//! * [`template`] – the trades within a block;
//! * [`block`] – which trades, ids and sums a given block has.

mod block;
mod bridge;
mod path;
mod spread;
mod template;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use self::{
    block::{BlockWalker, Market},
    template::BLOCK_MS,
};
use crate::{
    Aggregate, Series, SimTrade, SymbolSpec, series::Span, symbols::Listing, trade::extend,
};

/// Start of the first block: 2019-09-01 00:00 UTC. There are no trades before it.
pub const EPOCH_MS: i64 = 1_567_296_000_000;

const DAY_MS: i64 = 86_400_000;
/// Days kept in memory for each symbol; more than the three years that a client asks for.
const DAYS_KEPT: usize = 4_096;

/// The market model.
#[derive(Debug)]
pub struct Model {
    specs: Vec<SymbolSpec>,
    symbols: Vec<Symbol>,
}

#[derive(Debug)]
struct Symbol {
    market: Market,
    /// Where the stream reads: the next trade is nearly always in the block of the last one.
    cursor: Mutex<BlockWalker>,
    days: Mutex<HashMap<i64, Aggregate>>,
}

impl Model {
    /// A market of `symbols`, each trading `rate` times a second on average (0.1 … 20,000).
    ///
    /// Seed, symbol and rate make the series; which other symbols there are does not matter.
    #[must_use]
    pub fn new(seed: u64, symbols: &[String], rate: f64) -> Self {
        let listings: Vec<Listing> = symbols.iter().map(|name| Listing::of(name)).collect();
        Self {
            specs: listings
                .iter()
                .map(|listing| listing.spec.clone())
                .collect(),
            symbols: listings
                .iter()
                .map(|listing| Symbol {
                    market: Market::new(seed, listing, rate),
                    cursor: Mutex::default(),
                    days: Mutex::default(),
                })
                .collect(),
        }
    }
}

impl Series for Model {
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
        let Symbol { market, cursor, .. } = &self.symbols[symbol];
        let mut walker = cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut number, mut index) = market.locate(&mut walker, from_id.max(1));
        let full = out.len() + limit;
        while out.len() < full {
            let block = market.block(&mut walker, number);
            if block.start_ms > until_ms {
                return;
            }
            while out.len() < full && index < block.trades() {
                let trade = block.trade(index);
                if trade.time_ms > until_ms {
                    return;
                }
                out.push(trade);
                index += 1;
            }
            if index == block.trades() {
                (number, index) = (number + 1, 0);
            }
        }
    }

    fn first_id_at(&self, symbol: usize, time_ms: i64) -> u64 {
        if time_ms <= EPOCH_MS {
            return 1;
        }
        let Symbol { market, cursor, .. } = &self.symbols[symbol];
        let mut walker = cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let block = market.block(&mut walker, block_number(time_ms));
        block.first_id + block.index_at(time_ms) as u64
    }

    fn aggregate(&self, symbol: usize, spans: &[Span]) -> Vec<Option<Aggregate>> {
        let mut walker = BlockWalker::default();
        spans
            .iter()
            .map(|span| self.symbols[symbol].aggregate(&mut walker, *span))
            .collect()
    }

    fn extent_ms(&self, _symbol: usize) -> (i64, Option<i64>) {
        (EPOCH_MS, None)
    }
}

impl Symbol {
    fn aggregate(&self, walker: &mut BlockWalker, (from_ms, to_ms): Span) -> Option<Aggregate> {
        let mut sum = None;
        let mut at = from_ms.max(EPOCH_MS);
        while at < to_ms {
            if at % DAY_MS == 0 && at + DAY_MS <= to_ms {
                extend(&mut sum, &self.day(walker, at));
                at += DAY_MS;
                continue;
            }
            let block = self.market.block(walker, block_number(at));
            let end = block.start_ms + BLOCK_MS;
            if at == block.start_ms && end <= to_ms {
                extend(&mut sum, &block.aggregate());
            } else {
                for index in block.index_at(at)..block.index_at(to_ms) {
                    extend(&mut sum, &Aggregate::of(&block.trade(index)));
                }
            }
            at = end;
        }
        sum
    }

    fn day(&self, walker: &mut BlockWalker, start_ms: i64) -> Aggregate {
        let days = || self.days.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = days().get(&start_ms) {
            return *known;
        }
        let first = block_number(start_ms);
        let mut sum = self.market.block(walker, first).aggregate();
        for number in first + 1..first + (DAY_MS / BLOCK_MS) as u64 {
            sum.append(&self.market.block(walker, number).aggregate());
        }
        let mut days = days();
        if days.len() >= DAYS_KEPT {
            days.clear();
        }
        days.insert(start_ms, sum);
        sum
    }
}

/// The block that holds `time_ms`, which must not lie before the epoch.
fn block_number(time_ms: i64) -> u64 {
    ((time_ms - EPOCH_MS) / BLOCK_MS) as u64
}

#[cfg(test)]
mod tests;
