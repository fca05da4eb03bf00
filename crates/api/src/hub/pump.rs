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
use tokio::{sync::watch, time::Instant};

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
    /// The same, but moved only after everybody was signalled who is to read what lies before it.
    settled: HashMap<Venue, watch::Sender<i64>>,
    heard_at: Mutex<Option<Instant>>,
    by_symbol: Mutex<HashMap<SymbolId, Vec<Weak<Signal>>>>,
    any: Mutex<Vec<Weak<Signal>>>,
    feeds: Mutex<Vec<Weak<Signal>>>,
    tables: Mutex<HashMap<Table, Vec<Weak<Signal>>>>,
    listening: watch::Sender<bool>,
}

fn of_venues() -> HashMap<Venue, watch::Sender<i64>> {
    let sender = |&venue| (venue, watch::Sender::new(0));
    Venue::ALL.iter().map(sender).collect()
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            newest: RwLock::default(),
            watermarks: of_venues(),
            settled: of_venues(),
            heard_at: Mutex::default(),
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

    /// As [`watermark`](Self::watermark), for who keeps what it has read: when this has come to a time,
    /// the signals for everything before it are raised.
    pub(crate) fn settled(&self, venue: Venue) -> watch::Receiver<i64> {
        self.settled[&venue].subscribe()
    }

    /// Whether notifications are heard, the last no longer ago than this.
    pub(crate) fn heard_within(&self, span: Duration) -> bool {
        let heard_at = *self.heard_at.lock().unwrap_or_else(PoisonError::into_inner);
        *self.listening.borrow() && heard_at.is_some_and(|at| at.elapsed() <= span)
    }

    /// Raises a watermark that was read from the database.
    pub(crate) fn advance(&self, venue: Venue, watermark_ms: i64) {
        raise_to(&self.watermarks[&venue], watermark_ms);
    }

    fn settle(&self, venue: Venue, watermark_ms: i64) {
        self.advance(venue, watermark_ms);
        raise_to(&self.settled[&venue], watermark_ms);
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

    fn heard(&self, notice: &TradeNotice) {
        let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        let known = newest.entry(notice.symbol_id).or_insert(*notice);
        if known.last_agg_id < notice.last_agg_id {
            *known = *notice;
        }
        drop(newest);
        self.raise(notice.symbol_id, Pending::of(notice));
    }

    fn hear(&self) {
        let mut heard_at = self.heard_at.lock().unwrap_or_else(PoisonError::into_inner);
        *heard_at = Some(Instant::now());
    }

    /// What one commit stored: all of it is signalled before time moves on for anybody.
    fn heard_all(&self, notices: &[TradeNotice], venues: &HashMap<SymbolId, Venue>) {
        for notice in notices {
            self.heard(notice);
        }
        for notice in notices {
            if let Some(&venue) = venues.get(&notice.symbol_id) {
                self.settle(venue, notice.last_time_ms);
            }
        }
    }
}

fn raise_to(sender: &watch::Sender<i64>, time_ms: i64) {
    sender.send_if_modified(|known| {
        let grows = *known < time_ms;
        *known = time_ms.max(*known);
        grows
    });
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
    pulse.hear();
    match event {
        Event::Trades(notices) => {
            metrics::counter!("api_trade_notices_total").increment(notices.len() as u64);
            pulse.heard_all(notices, &venues(directory, notices).await);
        }
        Event::CatchUp(notices) => {
            let watermarks = watermarks(store).await;
            for &(venue, watermark_ms) in &watermarks {
                pulse.advance(venue, watermark_ms);
            }
            pulse.raise_everything();
            pulse.heard_all(notices, &venues(directory, notices).await);
            // What was stored before they were read is read by who was signalled just now.
            for (venue, watermark_ms) in watermarks {
                pulse.settle(venue, watermark_ms);
            }
            pulse.raise_feeds();
            pulse.raise_tables(|_| true);
        }
        Event::Tables(tables) => {
            pulse.raise_tables(|table| tables.contains(&table));
            return;
        }
        Event::Feeds(_) => {
            // The watermark moves with trades; here it is made up for what may have been missed.
            for (venue, watermark_ms) in watermarks(store).await {
                pulse.advance(venue, watermark_ms);
            }
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

async fn watermarks(store: &Store) -> Vec<(Venue, i64)> {
    match feed_status::read(store).await {
        Ok(feeds) => feeds
            .into_iter()
            .filter_map(|feed| Some((feed.status.venue, feed.status.watermark_ms?)))
            .collect(),
        Err(error) => {
            tracing::debug!(%error, "the feed's status could not be read");
            Vec::new()
        }
    }
}
