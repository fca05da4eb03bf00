//! What has just been written, pushed to readers.
//!
//! A notification is a hint: it says what to read again. Delivery is at-least-once by way of the
//! tables: whenever something may have been missed (at the start, after a lost connection, for a
//! subscriber that was too slow) the subscriber gets [`Event::CatchUp`] with all that has moved
//! past its cursor.

mod pg;

use std::{collections::HashMap, sync::Arc};

use futures::future::BoxFuture;
use market::Venue;

use crate::{Result, SymbolId, Table, TradeNotice};

pub(crate) use pg::notify;
pub use pg::{PgEventBus, Subscription};

/// What a subscriber hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Trades were stored.
    Trades(Arc<[TradeNotice]>),
    /// Bars of these symbols changed otherwise than by new trades: klines arrived, a gap was
    /// filled, coverage began. Read again what you show of them.
    Changed(Arc<[SymbolId]>),
    /// These feeds reported what they are doing: read `feed_status` again.
    Feeds(Arc<[Venue]>),
    /// Rows of these tables changed by an edit: read what you show of them again.
    Tables(Arc<[Table]>),
    /// Something may have been missed. The notices are the symbols whose newest trade is past the
    /// subscriber's cursor (`min_time_ms` is the first trade past it); late trades further back are not in them, so
    /// who shows bars reads them again.
    CatchUp(Arc<[TradeNotice]>),
}

/// Where a subscriber stands: the highest trade id that it knows of each symbol. Symbols that are
/// not in it count as new.
pub type BusCursor = HashMap<SymbolId, i64>;

/// Publishes what was written and delivers it, at least once, to every subscriber.
///
/// The first implementation is LISTEN/NOTIFY ([`PgEventBus`]); a broker takes its place when there
/// are many api processes. Trades are published by the transaction that writes them.
pub trait EventBus: Send + Sync + 'static {
    /// Tells every subscriber of every process.
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<()>>;

    /// Events from now on; the first is [`Event::CatchUp`] with what has moved past the cursor.
    fn subscribe(&self, cursor: BusCursor) -> Subscription;
}
