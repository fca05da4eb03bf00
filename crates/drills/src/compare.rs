//! The comparison with the ground truth, by which every drill is judged.
//!
//! Every id that was traded since coverage began is stored exactly once and as it was traded, or it is a row in
//! `rejects`, or lies in an open row of `gaps`. Every bar of every level equals the trades of its bucket that
//! were not rejected; only a bar that an open gap touches may say that it is incomplete instead.

mod bars;
mod ids;

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context, Result};
use market::Interval;
use store::{Store, SymbolId, gaps, rejects, symbols};

use crate::Exchange;

pub use bars::same as same_bars;

/// Rejects that are looked at.
const MOST_REJECTS: u32 = 1_000_000;

/// What was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Trades of the exchange since coverage began.
    pub traded: u64,
    /// Those that are stored.
    pub stored: u64,
    /// Those that are rejected.
    pub rejected: u64,
    /// Those that lie in an open gap.
    pub in_gaps: u64,
    /// Bars that are equal.
    pub bars: u64,
    /// Bars that say themselves that they are incomplete, as an open gap touches them.
    pub incomplete: u64,
}

/// One symbol and what is known to be missing of it.
struct Symbol {
    id: SymbolId,
    name: String,
    /// Its place in the market.
    place: usize,
    /// From when on trades are stored.
    begin_ms: i64,
    /// First id since then, and the one that comes next.
    first: i64,
    next: i64,
    rejected: HashSet<i64>,
    gaps: Vec<gaps::NewGap>,
}

impl Symbol {
    fn in_gap(&self, id: i64) -> bool {
        let holds = |gap: &gaps::NewGap| (gap.from_agg_id..=gap.to_agg_id).contains(&id);
        self.gaps.iter().any(holds)
    }
}

/// Compares all that is stored, and its bars at every level, with the truth.
///
/// # Errors
/// What is lost, twice there, or different; by name.
pub async fn with_truth(store: &Store, exchange: &Exchange) -> Result<Compared> {
    let mut compared = Compared::default();
    for symbol in followed(store, exchange).await? {
        let expected = ids::check(store, exchange, &symbol, &mut compared).await?;
        for (interval, expected) in expected {
            bars::check(store, exchange, &symbol, interval, &expected, &mut compared).await?;
        }
    }
    Ok(compared)
}

/// Compares the bars alone, as after a refresh.
///
/// # Errors
/// As for [`with_truth`].
pub async fn bars_with_truth(store: &Store, exchange: &Exchange) -> Result<u64> {
    let mut compared = Compared::default();
    for symbol in followed(store, exchange).await? {
        for (interval, expected) in ids::expected_bars(exchange, &symbol) {
            bars::check(store, exchange, &symbol, interval, &expected, &mut compared).await?;
        }
    }
    Ok(compared.bars)
}

/// Bars by interval and the start of their bucket.
type Expected = BTreeMap<Interval, BTreeMap<i64, market::Bar>>;

async fn followed(store: &Store, exchange: &Exchange) -> Result<Vec<Symbol>> {
    let traded = exchange.traded().await?;
    let open = gaps::unfilled(store).await?;
    let rejected = rejects::newest(store, MOST_REJECTS).await?;
    let known = symbols::list(store).await?;
    anyhow::ensure!(
        known.len() == traded.len(),
        "{} of {} symbols are followed",
        known.len(),
        traded.len()
    );
    let mut symbols = Vec::new();
    for info in known {
        let (id, name) = (info.symbol_id, info.spec.symbol.to_string());
        let place = exchange.place(&name)?;
        let begin_ms = info
            .trades_from_ms
            .with_context(|| format!("coverage of {name} has not begun"))?;
        let rejected = rejected
            .iter()
            .filter(|reject| reject.symbol_id == Some(id))
            .filter_map(|reject| reject.agg_id);
        let gaps = open.iter().filter(|gap| gap.gap.symbol_id == id);
        symbols.push(Symbol {
            id,
            place,
            begin_ms,
            first: crate::truth::first_id_at(exchange.series(), place, begin_ms),
            next: traded[&name].1,
            rejected: rejected.collect(),
            gaps: gaps.map(|gap| gap.gap.clone()).collect(),
            name,
        });
    }
    Ok(symbols)
}
