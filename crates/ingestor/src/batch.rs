//! What travels from the connections to the writer.

use market::{Symbol, Trade};
use store::{SymbolId, rejects};
use tokio::sync::oneshot;

/// A symbol that is followed.
#[derive(Debug, Clone)]
pub(crate) struct Followed {
    pub(crate) symbol: Symbol,
    pub(crate) id: SymbolId,
    /// Its place in lists that have one entry a symbol.
    pub(crate) slot: usize,
}

/// Trades and rejects that arrived together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) trades: Vec<(SymbolId, Trade)>,
    pub(crate) rejects: Vec<rejects::Reject>,
    /// Which run of which connection heard them; `None` for what was fetched by REST.
    pub(crate) session: Option<u64>,
    /// Greatest exchange time among them, milliseconds since the epoch.
    pub(crate) exchange_ms: Option<i64>,
    /// Told when all of it is stored.
    pub(crate) stored: Option<oneshot::Sender<()>>,
}

impl Batch {
    pub(crate) fn len(&self) -> usize {
        self.trades.len() + self.rejects.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the part of a raw frame that the store keeps; a frame can be megabytes long.
    pub(crate) fn reject(
        &mut self,
        symbol_id: Option<SymbolId>,
        agg_id: Option<i64>,
        time_ms: Option<i64>,
        reason: &'static str,
        raw: &str,
    ) {
        self.rejects.push(rejects::Reject {
            symbol_id,
            agg_id,
            time_ms,
            reason: reason.to_owned(),
            raw: raw[..raw.floor_char_boundary(rejects::MAX_RAW_BYTES)].to_owned(),
        });
    }

    pub(crate) fn saw_exchange_time(&mut self, ms: i64) {
        self.exchange_ms = Some(self.exchange_ms.map_or(ms, |seen| seen.max(ms)));
    }
}
