//! What the stream does not tell: klines of the past, the minute in which it all began, the trades that it left
//! out, and what holders paid each other.

mod funding;
mod klines;
mod minute;
mod page;
mod plan;
mod repair;
mod retry;

use std::sync::Arc;

use store::Store;
use tokio_util::sync::CancellationToken;

use crate::{
    roster::{Market, Roster},
    state::FeedShared,
    venue::Venue,
};

pub(crate) use funding::fetch_funding;
pub(crate) use klines::{PlannedMinutes, fetch_history, refetch_around_gaps};
pub(crate) use minute::complete_first_minutes;
pub(crate) use plan::Spans;
pub(crate) use repair::repair_gaps;

/// What every part of the back-fill needs.
pub(crate) struct Backfill<V> {
    pub(crate) venue: Arc<V>,
    pub(crate) store: Store,
    pub(crate) shared: Arc<FeedShared>,
    pub(crate) roster: Arc<Roster>,
    pub(crate) restricted_retry: std::time::Duration,
    pub(crate) shutdown: CancellationToken,
    /// When a stop does not wait for the database any more.
    pub(crate) late: CancellationToken,
}

impl<V: Venue> Backfill<V> {
    fn followed(&self, id: store::SymbolId) -> Option<Arc<Market>> {
        self.roster.with_id(id)
    }
}
