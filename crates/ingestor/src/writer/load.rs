//! What is written together.

use store::{SymbolId, TradeBatch, gaps, rejects};

use crate::{
    batch::{Batch, Session},
    contiguity::Missing,
    roster::{Roster, Slot},
    writer::FirstTrade,
};

/// Rows for the database, and what the gap rule has to say of them.
#[derive(Default)]
pub(super) struct Load {
    pub(super) trades: TradeBatch,
    pub(super) rejects: Vec<rejects::Reject>,
    /// Those without symbol or id cannot be told from their like, so they must be written once.
    pub(super) rejects_stored: bool,
    pub(super) gaps: Vec<gaps::NewGap>,
    /// In the order of `gaps`.
    pub(super) missing: Vec<(Slot, Missing)>,
    pub(super) first: Vec<FirstTrade>,
    /// Ascending by market and id.
    pub(super) ids: Vec<Arrived>,
    pub(super) exchange_ms: Option<i64>,
}

/// An id as it is put before the gap rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrived {
    pub(super) slot: Slot,
    pub(super) agg_id: i64,
    pub(super) time_ms: Option<i64>,
    pub(super) session: Option<Session>,
}

impl Load {
    /// Of batches whose markets all have their ids.
    pub(super) fn of(batches: &[Batch], roster: &Roster) -> Self {
        let mut load = Self::default();
        let id = |slot| database_id(roster, slot);
        // Trades come in runs of one market.
        let mut last: Option<(Slot, SymbolId)> = None;
        for batch in batches {
            let session = batch.session;
            for (slot, trade) in &batch.trades {
                let symbol_id = match last {
                    Some((same, id)) if same == *slot => id,
                    _ => id(*slot),
                };
                last = Some((*slot, symbol_id));
                load.trades.push(symbol_id, *trade);
                load.ids.push(Arrived {
                    slot: *slot,
                    agg_id: trade.agg_id,
                    time_ms: Some(trade.time_ms),
                    session,
                });
            }
            load.ids.extend(batch.rejects.iter().filter_map(|reject| {
                Some(Arrived {
                    slot: reject.slot?,
                    agg_id: reject.agg_id?,
                    time_ms: reject.time_ms,
                    session,
                })
            }));
            load.rejects
                .extend(batch.rejects.iter().map(|reject| rejects::Reject {
                    symbol_id: reject.slot.map(id),
                    agg_id: reject.agg_id,
                    time_ms: reject.time_ms,
                    reason: reject.reason.clone(),
                    raw: reject.raw.clone(),
                }));
            load.exchange_ms = load.exchange_ms.max(batch.exchange_ms);
        }
        // By id, so that what arrived a little out of order leaves no gap at all.
        load.ids.sort_unstable();
        load
    }

    pub(super) fn rows(&self) -> usize {
        self.trades.len() + self.rejects.len()
    }
}

/// The id of a market that was enrolled before.
pub(super) fn database_id(roster: &Roster, slot: Slot) -> SymbolId {
    roster
        .at(slot)
        .id()
        .expect("a market is enrolled before its trades are written")
}
