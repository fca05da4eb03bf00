//! From settings to running tasks and back to nothing.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use market::Symbol;
use service::{Backoff, Health};
use store::{PoolSettings, Store, StoreError, SymbolId, SymbolSpec, cursors, gaps, rejects};
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Config,
    backfill::{self, Backfill, Spans},
    batch::Followed,
    connection::{self, Connection},
    contiguity::Contiguity,
    rest::{RestClient, RestError},
    state::FeedShared,
    status::{self, FEED},
    symbols,
    venue::{Binance, Venue},
    writer::{DATABASE, SymbolLog, Writer},
};

/// Rejects that are looked through for ids above the cursors.
const REJECTS_AT_START: u32 = 10_000;

/// Gaps that may wait for their klines.
const GAP_QUEUE: usize = 1_024;

const DAY_MS: i64 = 86_400_000;

/// Ingests until `shutdown`, then writes what it holds and returns.
///
/// # Errors
/// Settings that make no sense, an address that is taken, or symbols that the exchange does not
/// have ([`UnknownSymbols`](crate::UnknownSymbols)). An exchange or a database that is away is no
/// error: both are waited for.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    // The other parts of the process may have chosen it before; it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    service::metrics::handle();
    let health = Health::default();
    health.not_ready(FEED, "starting");

    let mut tasks = JoinSet::new();
    // The ops server outlives the rest a little, so that a stop can be watched.
    let ops = CancellationToken::new();
    let _stop_ops = ops.clone().drop_guard();
    if let Some(address) = config.ops_bind {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("{address} cannot be bound for metrics and health: choose another by OPS_BIND (--ops-bind)")
        })?;
        tokio::spawn(service::ops::serve(listener, health.clone(), ops));
    }

    let symbols = config.distinct_symbols();
    anyhow::ensure!(!symbols.is_empty(), "SYMBOLS (--symbols) names no symbol");
    let rest = RestClient::new(&config.exchange_rest_url)
        .with_context(|| format!("EXCHANGE_REST_URL {}", config.exchange_rest_url))?;
    let venue = Arc::new(Binance::new(&config.exchange_ws_url, rest));
    let settings = PoolSettings {
        application_name: "ingestor".into(),
        ..PoolSettings::default()
    };
    let store = Store::connect_lazy(&config.database_urls(), &settings).context("DATABASE_URL")?;

    // Asked at once, so that a wrong symbol is told before the database is there.
    let markets = symbols::markets_at_start(venue.as_ref(), &shutdown).await;
    let (specs, unanswered) = match markets {
        Ok(markets) => {
            let checked = symbols::check(&symbols, markets)?;
            for symbol in &checked.suspended {
                tracing::warn!(event = "market_suspended", %symbol, "the exchange lists it, but does not trade it now");
            }
            (checked.specs, None)
        }
        Err(None) => return Ok(()),
        Err(Some(error)) => (
            symbols.iter().cloned().map(SymbolSpec::named).collect(),
            Some(error),
        ),
    };

    let start = Start {
        config: &config,
        store: &store,
        health: &health,
        shutdown: &shutdown,
    };
    let Some(followed) = start.register(&specs).await else {
        return Ok(());
    };
    let Some(logs) = start.resume(&followed).await else {
        return Ok(());
    };
    let (followed, announce) = followed;
    start
        .launch(&mut tasks, &venue, followed, announce, logs, unanswered)
        .await?;
    Ok(())
}

struct Start<'a> {
    config: &'a Config,
    store: &'a Store,
    health: &'a Health,
    shutdown: &'a CancellationToken,
}

/// Symbols with their ids, and those of them whose coverage by trades has not begun.
type Registered = (Vec<Followed>, Vec<SymbolId>);

impl Start<'_> {
    async fn register(&self, specs: &[SymbolSpec]) -> Option<Registered> {
        let venue = self.config.venue();
        let ids = self
            .until_stored(|| async {
                self.store.wait_for_schema(store::SCHEMA_VERSION).await?;
                store::symbols::register(self.store, venue, specs).await
            })
            .await?;
        let known = self
            .until_stored(|| store::symbols::list(self.store))
            .await?;
        let begun: HashMap<SymbolId, bool> = known
            .iter()
            .map(|info| (info.symbol_id, info.trades_from_ms.is_some()))
            .collect();
        let announce = ids
            .iter()
            .map(|(_, id)| *id)
            .filter(|id| !begun.get(id).copied().unwrap_or_default())
            .collect();
        let followed = ids
            .into_iter()
            .enumerate()
            .map(|(slot, (symbol, id))| Followed { symbol, id, slot })
            .collect();
        Some((followed, announce))
    }

    /// Where the ids of each symbol stood when the last run ended.
    async fn resume(
        &self,
        (followed, announce): &Registered,
    ) -> Option<HashMap<SymbolId, SymbolLog>> {
        let ids: Vec<_> = followed.iter().map(|followed| followed.id).collect();
        let cursors = self
            .until_stored(|| cursors::load(self.store, &ids))
            .await?;
        let open = self.until_stored(|| gaps::unfilled(self.store)).await?;
        let mut logs: HashMap<SymbolId, SymbolLog> = ids
            .iter()
            .map(|id| {
                let last = cursors
                    .get(id)
                    .map(|cursor| (cursor.last_agg_id, cursor.last_time_ms));
                let log = SymbolLog {
                    ids: Contiguity::resume(last),
                    session: None,
                    announce_first: announce.contains(id),
                };
                (*id, log)
            })
            .collect();
        // A rejected id does not move the cursor, yet it is accounted for.
        let rejected: HashSet<(SymbolId, i64)> = self
            .until_stored(|| rejects::newest(self.store, REJECTS_AT_START))
            .await?
            .iter()
            .filter_map(|reject| Some((reject.symbol_id?, reject.agg_id?)))
            .collect();
        for (id, log) in &mut logs {
            while let Some(next) = log.ids.expected()
                && rejected.contains(&(*id, next))
            {
                log.ids.observe(next, None);
            }
        }
        for gap in open.iter().rev() {
            if let Some(log) = logs.get_mut(&gap.gap.symbol_id) {
                log.ids
                    .reopen(gap.gap_id, gap.gap.from_agg_id, gap.gap.to_agg_id);
            }
        }
        Some(logs)
    }

    /// Starts all tasks, waits for `shutdown`, and for them to end.
    async fn launch<V: Venue>(
        &self,
        tasks: &mut JoinSet<()>,
        venue: &Arc<V>,
        followed: Vec<Followed>,
        announce: Vec<SymbolId>,
        logs: HashMap<SymbolId, SymbolLog>,
        unanswered: Option<RestError>,
    ) -> anyhow::Result<()> {
        let config = self.config;
        let per_connection = venue
            .limits()
            .max_streams
            .min(config.streams_per_connection as usize)
            .max(1);
        let shared = Arc::new(FeedShared::new(
            config.venue(),
            config.mode(),
            followed.len().div_ceil(per_connection),
            followed.iter().map(|followed| followed.id),
        ));
        let (batches, queue) = mpsc::channel(config.queue_batches as usize);
        let (first_trades, first_trade_queue) = mpsc::channel(announce.len().max(1));
        let (recorded_gaps, gap_queue) = mpsc::channel(GAP_QUEUE);
        let gaps_found = Arc::new(Notify::new());
        // Tasks that make work stop first; the writer ends when they have, the status last of all.
        let shutdown = self.shutdown.child_token();

        for (number, share) in followed.chunks(per_connection).enumerate() {
            let connection = Connection::new(
                number,
                Arc::clone(venue),
                connection_settings(config),
                Arc::clone(&shared),
                batches.clone(),
                share.to_vec(),
            );
            tasks.spawn(connection.run(shutdown.clone()));
        }
        let backfill = Arc::new(Backfill {
            venue: Arc::clone(venue),
            store: self.store.clone(),
            shared: Arc::clone(&shared),
            followed: followed.clone(),
            restricted_retry: Duration::from_millis(config.restricted_retry_ms),
            stop_timeout: config.stop_timeout(),
            shutdown: shutdown.clone(),
        });
        let (minutes_planned, planned_minutes) = watch::channel(None);
        tasks.spawn(backfill::fetch_history(
            Arc::clone(&backfill),
            spans(config),
            minutes_planned,
        ));
        tasks.spawn(backfill::refetch_around_gaps(
            Arc::clone(&backfill),
            gap_queue,
        ));
        tasks.spawn(backfill::repair_gaps(
            Arc::clone(&backfill),
            config.gap_repair_max,
            Arc::clone(&gaps_found),
            batches.clone(),
        ));
        tasks.spawn(backfill::complete_first_minutes(
            backfill,
            first_trade_queue,
            planned_minutes,
            batches,
        ));
        tasks.spawn(status::run(
            self.store.clone(),
            Arc::clone(&shared),
            self.health.clone(),
            shutdown.clone(),
        ));
        if let Some(error) = unanswered {
            shared.note(MARKETS, error.to_string());
            let check = check_later(
                Arc::clone(venue),
                self.store.clone(),
                Arc::clone(&shared),
                followed
                    .iter()
                    .map(|followed| followed.symbol.clone())
                    .collect(),
                Duration::from_millis(config.restricted_retry_ms),
            );
            let shutdown = shutdown.clone();
            tasks.spawn(async move {
                // Nothing is lost when it is cut short: the next start asks again.
                shutdown.run_until_cancelled(check).await;
            });
        }
        let writer = Writer {
            store: self.store.clone(),
            shared: Arc::clone(&shared),
            health: self.health.clone(),
            batches: queue,
            logs,
            first_trades,
            recorded_gaps,
            gaps_found,
            stop_timeout: config.stop_timeout(),
        };
        tasks.spawn(writer.run(shutdown.clone()));
        tracing::info!(event = "started", symbols = followed.len(), mode = %config.mode());

        let mut outcome = Ok(());
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                // A defect. The rest is stopped in good order, and whoever supervises starts anew.
                tracing::error!(event = "task_failed", %error);
                outcome = Err(error).context("a part of the ingestor failed");
                shutdown.cancel();
            }
        }
        shared.stopped();
        status::write(self.store, &shared).await;
        tracing::info!(event = "stopped");
        outcome
    }

    /// Does something with the database until it works; `None` when the ingestor is stopped first.
    async fn until_stored<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        mut call: impl FnMut() -> F,
    ) -> Option<T> {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        loop {
            let called = tokio::select! {
                () = self.shutdown.cancelled() => return None,
                called = call() => called,
            };
            match called {
                Ok(value) => {
                    self.health.ready(DATABASE);
                    return Some(value);
                }
                Err(error) => {
                    let wait = backoff.next_delay();
                    tracing::warn!(event = "waiting_for_database", %error, retry_in_ms = wait.as_millis());
                    self.health.not_ready(DATABASE, error.to_string());
                    tokio::select! {
                        () = self.shutdown.cancelled() => return None,
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
        }
    }
}

/// Under which name the check of the symbols speaks to the user.
const MARKETS: &str = "markets";

/// Asks the exchange about the symbols until it answers. What it says then is told, not enforced:
/// the feed is running.
async fn check_later<V: Venue>(
    venue: Arc<V>,
    store: Store,
    shared: Arc<FeedShared>,
    wanted: Vec<Symbol>,
    retry: Duration,
) {
    let mut backoff = Backoff::new(Duration::from_secs(5), retry.max(Duration::from_secs(60)));
    loop {
        let wait = match venue.markets().await {
            Ok(markets) => match symbols::check(&wanted, markets) {
                Ok(checked) => {
                    let registered =
                        store::symbols::register(&store, shared.venue(), &checked.specs).await;
                    if registered.is_ok() {
                        shared.clear_note(MARKETS);
                        return;
                    }
                    backoff.next_delay()
                }
                Err(error) => {
                    tracing::error!(event = "unknown_symbols", %error);
                    shared.note(MARKETS, error.to_string());
                    return;
                }
            },
            Err(error @ RestError::Restricted { .. }) => {
                tracing::error!(event = "restricted_location", %error, retry_in_s = retry.as_secs());
                shared.note(MARKETS, error.to_string());
                retry
            }
            Err(error) => {
                shared.note(MARKETS, error.to_string());
                backoff.next_delay()
            }
        };
        tokio::time::sleep(wait).await;
    }
}

fn connection_settings(config: &Config) -> connection::Settings {
    connection::Settings {
        batch_interval: config.batch_interval(),
        batch_max_trades: config.batch_max_trades as usize,
        symbol_silence: Duration::from_millis(config.symbol_silence_ms),
        connection_silence: Duration::from_millis(config.connection_silence_ms),
        max_age: Duration::from_millis(config.connection_max_age_ms),
        reconnect_first: Duration::from_millis(config.reconnect_first_ms),
        restricted_retry: Duration::from_millis(config.restricted_retry_ms),
    }
}

fn spans(config: &Config) -> Spans {
    Spans {
        m1_ms: i64::from(config.backfill_1m_days) * DAY_MS,
        h1_ms: i64::from(config.backfill_1h_days) * DAY_MS,
        d1_ms: i64::from(config.backfill_1d_days) * DAY_MS,
    }
}
