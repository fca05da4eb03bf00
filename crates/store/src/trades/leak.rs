//! A defect on purpose: one trade in a million is lost without a word. The reliability drills must notice.

#[cfg(not(debug_assertions))]
compile_error!(
    "the feature `leak` loses trades: it is for the drills alone, never for a release build"
);

use market::Trade;

use crate::SymbolId;

/// By id, so that two writers lose the same ones.
const EVERY: i64 = 1_000_000;

pub(super) fn lose_some(rows: &mut Vec<(SymbolId, Trade)>) {
    rows.retain(|(_, trade)| trade.agg_id % EVERY != 0);
}
