//! What travels from the connections to the writer.

use market::Trade;
use store::rejects::MAX_RAW_BYTES;
use tokio::sync::oneshot;

use crate::roster::Slot;

/// In which stretch of hearing something was heard. Between two of them ids can be missing, and the
/// difference says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Session {
    /// When the process started, milliseconds since the epoch.
    pub(crate) run_ms: i64,
    /// How often the spool had been full before.
    pub(crate) drops: u32,
    /// Which run of which connection.
    pub(crate) connection: u64,
}

/// A trade that must not be stored as one, or a frame that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reject {
    pub(crate) slot: Option<Slot>,
    pub(crate) agg_id: Option<i64>,
    pub(crate) time_ms: Option<i64>,
    pub(crate) reason: String,
    pub(crate) raw: String,
}

/// Trades and rejects that arrived together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) trades: Vec<(Slot, Trade)>,
    pub(crate) rejects: Vec<Reject>,
    /// `None` for what was fetched by REST.
    pub(crate) session: Option<Session>,
    /// Greatest exchange time among them, milliseconds since the epoch.
    pub(crate) exchange_ms: Option<i64>,
    /// Told when all of it is stored.
    pub(crate) stored: Option<oneshot::Sender<()>>,
    /// Markets that the database is to know, whether they trade or not.
    pub(crate) newcomers: Vec<Slot>,
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
        slot: Option<Slot>,
        agg_id: Option<i64>,
        time_ms: Option<i64>,
        reason: &'static str,
        raw: &str,
    ) {
        self.rejects.push(Reject {
            slot,
            agg_id,
            time_ms,
            reason: reason.to_owned(),
            raw: raw[..raw.floor_char_boundary(MAX_RAW_BYTES)].to_owned(),
        });
    }

    pub(crate) fn saw_exchange_time(&mut self, ms: i64) {
        self.exchange_ms = Some(self.exchange_ms.map_or(ms, |seen| seen.max(ms)));
    }
}
