//! Hears notifications once for the whole process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock, Weak},
    time::Duration,
};

use market::Venue;
use service::Backoff;
use store::{
    Event, EventBus, PgEventBus, Store, SymbolId, Table, TradeNotice, events::BusCursor,
    feed_status,
};
use tokio::sync::watch;

use super::signal::{Pending, Signal};
use crate::resolve::Directory;

const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

/// What the process has heard, and who is to hear of it.
#[derive(Debug)]
pub(crate) struct Pulse {
    newest: RwLock<HashMap<SymbolId, TradeNotice>>,
    /// Greatest exchange time heard of; 0 before anything was.
    watermarks: HashMap<Venue, watch::Sender<i64>>,
    by_symbol: Mutex<HashMap<SymbolId, Vec<Weak<Signal>>>>,
    any: Mutex<Vec<Weak<Signal>>>,
    feeds: Mutex<Vec<Weak<Signal>>>,
    tables: Mutex<HashMap<Table, Vec<Weak<Signal>>>>,
    listening: watch::Sender<bool>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            newest: RwLock::default(),
            watermarks: Venue::ALL
                .iter()
                .map(|&venue| (venue, watch::Sender::new(0)))
                .collect(),
            by_symbol: Mutex::default(),
            any: Mutex::default(),
            feeds: Mutex::default(),
            tables: Mutex::default(),
            listening: watch::Sender::new(false),
        }
    }
}

impl Pulse {
    /// The newest trade of a symbol, if one was heard of.
    pub(crate) fn newest(&self, symbol_id: SymbolId) -> Option<TradeNotice> {
        self.newest
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&symbol_id)
            .copied()
    }

    /// Greatest exchange time of a venue, ms since the epoch, as it grows; 0 before anything is known.
    pub(crate) fn watermark(&self, venue: Venue) -> watch::Receiver<i64> {
        self.watermarks[&venue].subscribe()
    }

    /// Whether notifications are heard, and what they missed is read again. While they are not, nobody hears of
    /// what changes: whoever keeps what was read must not answer from it.
    pub(crate) fn listening(&self) -> watch::Receiver<bool> {
        self.listening.subscribe()
    }

    /// Raises a watermark that was read from the database.
    pub(crate) fn advance(&self, venue: Venue, watermark_ms: i64) {
        self.watermarks[&venue].send_if_modified(|known| {
            let grows = *known < watermark_ms;
            *known = watermark_ms.max(*known);
            grows
        });
    }

    /// A signal for everything that happens to a symbol.
    pub(crate) fn signal_for(&self, symbol_id: SymbolId) -> Arc<Signal> {
        let signal = Arc::new(Signal::default());
        let mut by_symbol = self
            .by_symbol
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        by_symbol
            .entry(symbol_id)
            .or_default()
            .push(Arc::downgrade(&signal));
        signal
    }

    /// A signal for everything that happens.
    pub(crate) fn signal_for_all(&self) -> Arc<Signal> {
        let signal = Arc::new(Signal::default());
        self.any
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&signal));
        signal
    }

    /// A signal for what feeds report of themselves.
    pub(crate) fn signal_for_feeds(&self) -> Arc<Signal> {
        let signal = Arc::new(Signal::default());
        self.feeds
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&signal));
        signal
    }

    /// A signal for edits of a table.
    #[expect(dead_code, reason = "the topics of what people edit follow")]
    pub(crate) fn signal_for_table(&self, table: Table) -> Arc<Signal> {
        let signal = Arc::new(Signal::default());
        self.tables
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(table)
            .or_default()
            .push(Arc::downgrade(&signal));
        signal
    }

    fn raise(&self, symbol_id: SymbolId, pending: Pending) {
        let mut by_symbol = self
            .by_symbol
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(signals) = by_symbol.get_mut(&symbol_id) {
            raise_all(signals, pending);
        }
    }

    fn raise_any(&self) {
        let mut signals = self.any.lock().unwrap_or_else(PoisonError::into_inner);
        raise_all(&mut signals, Pending::default());
    }

    fn raise_feeds(&self) {
        let mut signals = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        raise_all(&mut signals, Pending::default());
    }

    fn raise_tables(&self, is_edited: impl Fn(Table) -> bool) {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, signals) in tables.iter_mut().filter(|(table, _)| is_edited(**table)) {
            raise_all(signals, Pending::default());
        }
    }

    fn raise_everything(&self) {
        let mut by_symbol = self
            .by_symbol
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for signals in by_symbol.values_mut() {
            raise_all(signals, Pending::EVERYTHING);
        }
    }

    fn heard(&self, notice: &TradeNotice, venue: Option<Venue>) {
        let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        let known = newest.entry(notice.symbol_id).or_insert(*notice);
        if known.last_agg_id < notice.last_agg_id {
            *known = *notice;
        }
        drop(newest);
        self.raise(notice.symbol_id, Pending::of(notice));
        if let Some(venue) = venue {
            self.advance(venue, notice.last_time_ms);
        }
    }

    fn heard_all(&self, notices: &[TradeNotice], venues: &HashMap<SymbolId, Venue>) {
        for notice in notices {
            self.heard(notice, venues.get(&notice.symbol_id).copied());
        }
    }
}

fn raise_all(signals: &mut Vec<Weak<Signal>>, pending: Pending) {
    signals.retain(|signal| match signal.upgrade() {
        Some(signal) => {
            signal.raise(pending);
            true
        }
        None => false,
    });
}

/// Listens for ever. Lost connections are the bus's business; what was missed comes as
/// [`Event::CatchUp`].
pub(crate) async fn run(store: Store, directory: Directory, pulse: Arc<Pulse>) {
    let bus = PgEventBus::start(&store);
    let mut subscription = bus.subscribe(BusCursor::new());
    let mut connected = bus.connected();
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
    let mut catch_ups = 0;
    loop {
        let received = tokio::select! {
            received = subscription.recv() => received,
            // The bus is ours and has not been stopped.
            _ = connected.wait_for(|connected| !connected), if *pulse.listening.borrow() => {
                pulse.listening.send_replace(false);
                continue;
            }
        };
        match received {
            Ok(Some(event)) => {
                backoff.reset();
                handle(&store, &directory, &pulse, &event).await;
                if matches!(event, Event::CatchUp(_)) {
                    catch_ups += 1;
                    // The first comes with the subscription, each further one with a connection.
                    let heard = catch_ups > 1 && *bus.connected().borrow();
                    pulse.listening.send_replace(heard);
                }
            }
            // The bus is ours and has not been stopped.
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(%error, "catching up failed");
                tokio::time::sleep(backoff.next_delay()).await;
            }
        }
    }
}

async fn handle(store: &Store, directory: &Directory, pulse: &Pulse, event: &Event) {
    match event {
        Event::Trades(notices) => {
            metrics::counter!("api_trade_notices_total").increment(notices.len() as u64);
            pulse.heard_all(notices, &venues(directory, notices).await);
        }
        Event::CatchUp(notices) => {
            learn_watermarks(store, pulse).await;
            pulse.heard_all(notices, &venues(directory, notices).await);
            pulse.raise_everything();
            pulse.raise_feeds();
            pulse.raise_tables(|_| true);
        }
        Event::Tables(tables) => {
            pulse.raise_tables(|table| tables.contains(&table));
            return;
        }
        Event::Feeds(_) => {
            // The watermark moves with trades; here it is made up for what may have been missed.
            learn_watermarks(store, pulse).await;
            pulse.raise_feeds();
            return;
        }
        Event::Changed(symbols) => {
            for &symbol_id in symbols.iter() {
                pulse.raise(symbol_id, Pending::EVERYTHING);
            }
        }
    }
    pulse.raise_any();
}

/// Should they not be found, the watermark lags until the feed's next report.
async fn venues(directory: &Directory, notices: &[TradeNotice]) -> HashMap<SymbolId, Venue> {
    let ids = notices.iter().map(|notice| notice.symbol_id);
    directory.venues(ids).await.unwrap_or_else(|error| {
        tracing::debug!(%error, "symbols could not be read");
        HashMap::new()
    })
}

async fn learn_watermarks(store: &Store, pulse: &Pulse) {
    match feed_status::read(store).await {
        Ok(feeds) => {
            for feed in feeds {
                if let Some(watermark_ms) = feed.status.watermark_ms {
                    pulse.advance(feed.status.venue, watermark_ms);
                }
            }
        }
        Err(error) => tracing::debug!(%error, "the feed's status could not be read"),
    }
}
