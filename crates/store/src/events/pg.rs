//! The event bus on LISTEN/NOTIFY.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{BusCursor, Event, EventBus};
use crate::{
    Result, Store, StoreError, SymbolId, TradeNotice, cursors,
    notifications::{self, CHANNEL},
    time::to_ms,
};

/// Messages that a slow subscriber may be behind before it is told to catch up.
const CAPACITY: usize = 1_024;
/// A connection that was silent for so long is asked for a sign of life.
const SILENCE: Duration = Duration::from_secs(5);
/// How long the sign of life may take.
const ECHO: Duration = Duration::from_secs(3);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
const RETRY_MIN: Duration = Duration::from_millis(50);
const RETRY_MAX: Duration = Duration::from_secs(5);
/// Payload of the sign of life: of no version, so that readers ignore it.
const ECHO_PAYLOAD: &str = "echo";

#[derive(Debug, Clone)]
enum Message {
    Event(Event),
    /// The connection was made (again): what came before may be lost.
    Connected,
}

/// One listening connection for the process, fanned out to any number of subscribers.
///
/// Lives until it is dropped, through any number of lost connections.
#[derive(Debug)]
pub struct PgEventBus {
    store: Store,
    sender: broadcast::Sender<Message>,
    connected: watch::Receiver<bool>,
    _stop: DropGuard,
}

impl PgEventBus {
    /// Starts listening in the background; must be called within a tokio runtime.
    #[must_use]
    pub fn start(store: &Store) -> Self {
        let (sender, _) = broadcast::channel(CAPACITY);
        let stop = CancellationToken::new();
        let (connected_sender, connected) = watch::channel(false);
        tokio::spawn({
            let (store, sender, stop) = (store.clone(), sender.clone(), stop.clone());
            async move {
                stop.run_until_cancelled(listen_for_ever(&store, &sender, &connected_sender))
                    .await
            }
        });
        Self {
            store: store.clone(),
            sender,
            connected,
            _stop: stop.drop_guard(),
        }
    }

    /// Whether notifications are being heard now. When that ends, what is shown may be out of date until
    /// [`Event::CatchUp`] comes with the next connection.
    #[must_use]
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.connected.clone()
    }
}

impl EventBus for PgEventBus {
    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let payloads = match event {
                Event::Trades(notices) | Event::CatchUp(notices) => {
                    notifications::trade_payloads(notices)
                }
                Event::Changed(symbols) => notifications::changed_payloads(symbols),
                Event::Feeds(feeds) => notifications::feed_payloads(feeds),
                Event::Tables(tables) => notifications::table_payloads(tables),
            };
            notify(self.store.write_pool(), &payloads).await
        })
    }

    fn subscribe(&self, cursor: BusCursor) -> Subscription {
        Subscription {
            store: self.store.clone(),
            receiver: self.sender.subscribe(),
            cursor,
            catch_up: true,
        }
    }
}

/// Sends the payloads; within a transaction, when it commits.
pub(crate) async fn notify(executor: impl sqlx::PgExecutor<'_>, payloads: &[String]) -> Result<()> {
    if !payloads.is_empty() {
        sqlx::query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload")
            .bind(CHANNEL)
            .bind(payloads)
            .execute(executor)
            .await?;
    }
    Ok(())
}

async fn listen_for_ever(
    store: &Store,
    sender: &broadcast::Sender<Message>,
    connected: &watch::Sender<bool>,
) {
    let mut retry = RETRY_MIN;
    loop {
        match listen(store, sender, connected, &mut retry).await {
            Ok(()) => tracing::warn!(event = "event_bus_connection_lost"),
            Err(error) => tracing::warn!(event = "event_bus_unavailable", %error),
        }
        connected.send_replace(false);
        metrics::counter!("store_event_bus_reconnects_total").increment(1);
        tokio::time::sleep(retry).await;
        retry = (retry * 2).min(RETRY_MAX);
    }
}

/// Listens until the connection is lost.
async fn listen(
    store: &Store,
    sender: &broadcast::Sender<Message>,
    connected: &watch::Sender<bool>,
    retry: &mut Duration,
) -> Result<()> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(CONNECT)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(store.listen_options().clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    *retry = RETRY_MIN;
    connected.send_replace(true);
    // Sent after LISTEN has taken effect, so that nothing falls between catching up and hearing.
    let _ = sender.send(Message::Connected);
    loop {
        let notification = match tokio::time::timeout(SILENCE, listener.try_recv()).await {
            Ok(received) => received?,
            // A half-open connection is silent for ever: hear whether an echo comes back.
            Err(_) => {
                let echo = async {
                    notify(&mut listener, &[ECHO_PAYLOAD.to_owned()]).await?;
                    Ok::<_, StoreError>(listener.try_recv().await?)
                };
                match tokio::time::timeout(ECHO, echo).await {
                    Ok(received) => received?,
                    Err(_) => return Ok(()),
                }
            }
        };
        let Some(notification) = notification else {
            return Ok(());
        };
        let Some(payload) = notifications::parse(notification.payload()) else {
            continue;
        };
        // An error means that nobody subscribes at the moment.
        if !payload.trades.is_empty() {
            let _ = sender.send(Message::Event(Event::Trades(payload.trades.into())));
        }
        if !payload.changed.is_empty() {
            let _ = sender.send(Message::Event(Event::Changed(payload.changed.into())));
        }
        if !payload.feeds.is_empty() {
            let _ = sender.send(Message::Event(Event::Feeds(payload.feeds.into())));
        }
        if !payload.tables.is_empty() {
            let _ = sender.send(Message::Event(Event::Tables(payload.tables.into())));
        }
    }
}

/// One subscriber's end of the bus.
#[derive(Debug)]
pub struct Subscription {
    store: Store,
    receiver: broadcast::Receiver<Message>,
    cursor: BusCursor,
    catch_up: bool,
}

impl Subscription {
    /// The next event; `None` when the bus has stopped. Waits, and never polls. Can be cancelled
    /// without losing anything.
    ///
    /// # Errors
    /// Those of the database while it reads what to catch up on; the next call tries again.
    pub async fn recv(&mut self) -> Result<Option<Event>> {
        loop {
            if self.catch_up {
                let moved = moved_past(&self.store, &self.cursor).await?;
                self.catch_up = false;
                return Ok(Some(self.seen(Event::CatchUp(moved.into()))));
            }
            match self.receiver.recv().await {
                Ok(Message::Event(event)) => return Ok(Some(self.seen(event))),
                Ok(Message::Connected) => self.catch_up = true,
                Err(RecvError::Lagged(missed)) => {
                    metrics::counter!("store_event_bus_lagged_total").increment(missed);
                    self.catch_up = true;
                }
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    /// Where the subscriber stands after the last event: subscribe with it to go on from here.
    #[must_use]
    pub const fn cursor(&self) -> &BusCursor {
        &self.cursor
    }

    fn seen(&mut self, event: Event) -> Event {
        if let Event::Trades(notices) | Event::CatchUp(notices) = &event {
            for notice in notices.iter() {
                let known = self
                    .cursor
                    .entry(notice.symbol_id)
                    .or_insert(notice.last_agg_id);
                *known = notice.last_agg_id.max(*known);
            }
        }
        event
    }
}

/// One notice for each symbol whose newest trade is past the cursor.
async fn moved_past(store: &Store, cursor: &BusCursor) -> Result<Vec<TradeNotice>, StoreError> {
    let mut notices = Vec::new();
    for (symbol_id, newest) in cursors::load_all(store).await? {
        let known = cursor.get(&symbol_id).copied();
        if known.is_some_and(|known| newest.last_agg_id <= known) {
            continue;
        }
        let first = match known {
            Some(known) => first_past(store, symbol_id, known).await?,
            None => None,
        };
        notices.push(TradeNotice {
            symbol_id,
            min_time_ms: first.unwrap_or(newest.last_time_ms),
            last_agg_id: newest.last_agg_id,
            last_time_ms: newest.last_time_ms,
            last_price: newest.last_price,
        });
    }
    notices.sort_by_key(|notice| notice.symbol_id);
    Ok(notices)
}

async fn first_past(store: &Store, symbol_id: SymbolId, agg_id: i64) -> Result<Option<i64>> {
    let time: Option<DateTime<Utc>> = sqlx::query_scalar(
        "SELECT time FROM trades WHERE symbol_id = $1 AND agg_id > $2 ORDER BY agg_id LIMIT 1",
    )
    .bind(symbol_id)
    .bind(agg_id)
    .fetch_optional(store.write_pool())
    .await?;
    Ok(time.map(to_ms))
}
