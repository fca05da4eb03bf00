//! Trade by trade.

use anyhow::{Result, bail, ensure};
use market::{Interval, Trade};
use store::{Store, trades};

use super::{Compared, Expected, Symbol};
use crate::{
    Exchange,
    truth::{self, Bars},
};

/// Trades that are compared at once.
const PAGE: i64 = 50_000;

/// Ids that are named when they are lost.
const NAMED: usize = 5;

/// Holds what is stored of a symbol against the truth; returns the bars that follow from the latter.
pub(super) async fn check(
    store: &Store,
    exchange: &Exchange,
    symbol: &Symbol,
    compared: &mut Compared,
) -> Result<Expected> {
    let mut building = Building::new(exchange, symbol);
    let (mut lost, mut lost_ids) = (0_u64, Vec::new());
    let mut from = symbol.first;
    while from < symbol.next {
        let until = (from + PAGE).min(symbol.next);
        let mut stored = stored(store, symbol, from, until)
            .await?
            .into_iter()
            .peekable();
        for trade in truth::trades(exchange.series(), symbol.place, from, until) {
            let id = trade.agg_id;
            compared.traded += 1;
            let mut found = 0_u32;
            while let Some(row) = stored.next_if(|row| row.agg_id == id) {
                ensure!(
                    row == trade,
                    "{}: stored {row:?}, traded {trade:?}",
                    symbol.name
                );
                found += 1;
            }
            // Of a frame that the stream spoilt either may be found. An ingestor that is killed after it heard the frame
            // and before it recorded the reject leaves nothing behind: the next one finds the id missing and fetches
            // it, as it was traded. Once recorded, the reject outlives the kill, and nobody fetches the id.
            let rejected = u32::from(symbol.rejected.contains(&id));
            ensure!(
                found + rejected < 2,
                "{} {id} is stored {found} times and rejected {rejected} times",
                symbol.name
            );
            if found == 1 {
                compared.stored += 1;
            } else if rejected == 1 {
                compared.rejected += 1;
            } else if symbol.in_gap(id) {
                compared.in_gaps += 1;
            } else {
                lost += 1;
                lost_ids.push(id);
                lost_ids.truncate(NAMED);
            }
            building.push(symbol, &trade);
        }
        if let Some(row) = stored.next() {
            bail!("{}: {row:?} was never traded", symbol.name);
        }
        from = until;
    }
    ensure!(
        lost == 0,
        "{}: {lost} trades lost, the first {lost_ids:?}",
        symbol.name
    );
    Ok(building.finish())
}

/// The bars of the truth, without looking at trades that are stored.
pub(super) fn expected_bars(exchange: &Exchange, symbol: &Symbol) -> Expected {
    let mut building = Building::new(exchange, symbol);
    let mut from = symbol.first;
    while from < symbol.next {
        let until = (from + PAGE).min(symbol.next);
        for trade in truth::trades(exchange.series(), symbol.place, from, until) {
            building.push(symbol, &trade);
        }
        from = until;
    }
    building.finish()
}

async fn stored(store: &Store, symbol: &Symbol, from: i64, until: i64) -> Result<Vec<Trade>> {
    // One more row an id than there should be is enough to be seen.
    let limit = u32::try_from(2 * (until - from))?;
    let mut rows = trades::read(store, symbol.id, from, limit).await?;
    rows.retain(|row| row.agg_id < until);
    Ok(rows)
}

/// Bars of all levels, growing.
struct Building(Vec<(Interval, Bars)>);

impl Building {
    /// Begins with what was traded before coverage did in the buckets in which it began: klines stand for that.
    fn new(exchange: &Exchange, symbol: &Symbol) -> Self {
        let begin = |interval: Interval| {
            let mut bars = Bars::default();
            let span = (interval.bucket_of(symbol.begin_ms), symbol.begin_ms);
            if span.0 < span.1 {
                for bar in truth::klines(exchange.series(), symbol.place, &[span]).into_values() {
                    bars.begin_with(bar);
                }
            }
            (interval, bars)
        };
        Self(Interval::ALL.into_iter().map(begin).collect())
    }

    fn push(&mut self, symbol: &Symbol, trade: &Trade) {
        if symbol.rejected.contains(&trade.agg_id) {
            return;
        }
        for (interval, bars) in &mut self.0 {
            bars.push(*interval, trade);
        }
    }

    fn finish(self) -> Expected {
        let done = |(interval, bars): (Interval, Bars)| (interval, bars.into_map());
        self.0.into_iter().map(done).collect()
    }
}
