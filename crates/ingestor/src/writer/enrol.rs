//! Makes markets known to the database, and learns from it where their ids stood when the last run ended.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use store::{SCHEMA_VERSION, Store, StoreError, SymbolId, cursors, gaps, rejects, symbols};

use crate::{
    batch::Session,
    contiguity::Contiguity,
    roster::{Market, Slot},
};

/// Where a market's ids stand, and in which session they were last heard.
#[derive(Debug, Default)]
pub(super) struct MarketLog {
    pub(super) ids: Contiguity,
    pub(super) session: Option<Session>,
    /// Ids above the newest stored trade that were rejected, and so are accounted for.
    pub(super) rejected: BTreeSet<i64>,
    /// Whether somebody waits to hear of the first live trade.
    pub(super) announce_first: bool,
}

/// Can be done again; what it finds out is then the same.
pub(super) async fn enrol(
    store: &Store,
    venue: market::Venue,
    markets: &[Arc<Market>],
) -> Result<HashMap<Slot, MarketLog>, StoreError> {
    store.wait_for_schema(SCHEMA_VERSION).await?;
    let specs: Vec<_> = markets.iter().map(|market| market.spec().clone()).collect();
    let ids: Vec<SymbolId> = symbols::register(store, venue, &specs)
        .await?
        .into_iter()
        .map(|(_, id)| id)
        .collect();
    let known = symbols::list(store).await?;
    let begun: HashMap<SymbolId, bool> = known
        .iter()
        .map(|info| (info.symbol_id, info.trades_from_ms.is_some()))
        .collect();
    let cursors = cursors::load(store, &ids).await?;
    let rejected = rejects::above_cursors(store, &ids).await?;
    let open = gaps::unfilled(store).await?;

    let mut logs: HashMap<SymbolId, MarketLog> = ids
        .iter()
        .map(|id| {
            let last = cursors
                .get(id)
                .map(|cursor| (cursor.last_agg_id, cursor.last_time_ms));
            let log = MarketLog {
                ids: Contiguity::resume(last),
                announce_first: !begun.get(id).copied().unwrap_or_default(),
                ..MarketLog::default()
            };
            (*id, log)
        })
        .collect();
    for (id, agg_id) in rejected {
        if let Some(log) = logs.get_mut(&id) {
            log.rejected.insert(agg_id);
        }
    }
    for gap in open.iter().rev() {
        if let Some(log) = logs.get_mut(&gap.gap.symbol_id) {
            log.ids
                .reopen(gap.gap_id, gap.gap.from_agg_id, gap.gap.to_agg_id);
        }
    }
    Ok(markets
        .iter()
        .zip(ids)
        .filter_map(|(market, id)| {
            market.enrolled(id);
            Some((market.slot(), logs.remove(&id)?))
        })
        .collect())
}
