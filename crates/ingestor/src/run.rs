//! From settings to running tasks and back to nothing.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use market::Symbol;
use service::{Backoff, Health};
use store::{PoolSettings, Store, SymbolSpec};
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Config,
    backfill::{self, Backfill, PlannedMinutes, Spans},
    clock::now_ms,
    connection,
    following::Following,
    rest::{RestClient, RestError},
    roster::Roster,
    spool::Spool,
    state::FeedShared,
    status::{self, FEED},
    symbols::{self, SymbolsFile},
    venue::{Binance, Venue},
    writer::Writer,
};

/// Gaps that may wait for their klines.
const GAP_QUEUE: usize = 1_024;

const DAY_MS: i64 = 86_400_000;

/// Ingests until `shutdown`, then writes what it holds and returns.
///
/// # Errors
/// Settings that make no sense, an address or a folder that is taken, or symbols that the exchange does not
/// have ([`UnknownSymbols`](crate::UnknownSymbols)). An exchange or a database that is away is no
/// error: both are waited for.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    // The other parts of the process may have chosen it before; it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    service::metrics::handle();
    let health = Health::default();
    health.not_ready(FEED, "starting");

    // The ops server outlives the rest a little, so that a stop can be watched.
    let ops = CancellationToken::new();
    let _stop_ops = ops.clone().drop_guard();
    if let Some(address) = config.ops_bind {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("{address} cannot be bound for metrics and health: choose another by OPS_BIND (--ops-bind)")
        })?;
        tokio::spawn(service::ops::serve(listener, health.clone(), ops));
    }

    let mut file = SymbolsFile::new(config.symbols_file.clone(), config.symbols.clone());
    let symbols = file.read().await?;
    let rest = RestClient::new(&config.exchange_rest_url)
        .with_context(|| format!("EXCHANGE_REST_URL {}", config.exchange_rest_url))?;
    let venue = Arc::new(Binance::new(&config.exchange_ws_url, rest));
    let settings = PoolSettings {
        application_name: "ingestor".into(),
        ..PoolSettings::default()
    };
    let store = Store::connect_lazy(&config.database_urls()?, &settings).context("DATABASE_URL")?;
    let spool = config
        .spool_dir
        .as_deref()
        .map(|dir| Spool::open(dir, config.venue(), config.spool_max_bytes));
    let spool = spool.transpose().context("INGESTOR_SPOOL_DIR")?;

    // Asked at once, so that a wrong symbol is told before anything else is done.
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
    let roster = Arc::new(Roster::default());
    roster.follow(specs);
    let parts = Parts {
        shared: Arc::new(FeedShared::new(
            config.venue(),
            config.mode(),
            Arc::clone(&roster),
        )),
        config,
        store,
        health,
        venue,
        roster,
        unanswered,
        // Tasks that make work stop first; the writer ends when they have, the status last of all.
        shutdown: shutdown.child_token(),
        late: CancellationToken::new(),
    };
    parts.run(file, spool).await
}

/// What the tasks are made of.
struct Parts<V> {
    config: Config,
    store: Store,
    health: Health,
    venue: Arc<V>,
    roster: Arc<Roster>,
    shared: Arc<FeedShared>,
    /// Why the symbols could not be checked.
    unanswered: Option<RestError>,
    shutdown: CancellationToken,
    /// When a stop does not wait for the database any more.
    late: CancellationToken,
}

impl<V: Venue> Parts<V> {
    /// Starts all tasks, waits for `shutdown`, and for them to end, but not for longer than a stop may take.
    async fn run(self, file: SymbolsFile, spool: Option<Spool>) -> anyhow::Result<()> {
        let mut tasks = JoinSet::new();
        self.start(&mut tasks, file, spool);
        let (symbols, mode) = (self.roster.followed().len(), self.config.mode());
        tracing::info!(event = "started", symbols, %mode);
        let mut outcome = Ok(());
        let ending = async {
            while let Some(ended) = tasks.join_next().await {
                if let Err(error) = ended {
                    // A defect. The rest is stopped in good order, and whoever supervises starts anew.
                    tracing::error!(event = "task_failed", %error);
                    outcome = Err(error).context("a part of the ingestor failed");
                    self.shutdown.cancel();
                }
            }
            self.shared.stopped();
            let last_word = status::write(&self.store, &self.shared);
            self.late.run_until_cancelled(last_word).await;
            tracing::info!(event = "stopped");
        };
        tokio::select! {
            () = ending => {}
            () = self.time_is_up() => tracing::error!(
                event = "stop_cut_short",
                "the next start records what was not written as a gap"
            ),
        }
        tasks.shutdown().await;
        outcome
    }

    /// The one clock of a stop: were each wait bounded on its own, they would add up.
    async fn time_is_up(&self) {
        let whole = self.config.stop_timeout();
        let for_the_disk = whole / 5;
        self.shutdown.cancelled().await;
        tokio::time::sleep(whole - for_the_disk).await;
        self.late.cancel();
        tokio::time::sleep(for_the_disk).await;
    }

    fn start(&self, tasks: &mut JoinSet<()>, file: SymbolsFile, spool: Option<Spool>) {
        let config = &self.config;
        let (batches, queue) = mpsc::channel(config.queue_batches as usize);
        let (enrolled, newly_enrolled) = mpsc::unbounded_channel();
        let (first_trades, first_trade_queue) = mpsc::unbounded_channel();
        let (recorded_gaps, gap_queue) = mpsc::channel(GAP_QUEUE);
        let gaps_found = Arc::new(Notify::new());
        let per_connection = self
            .venue
            .limits()
            .max_streams
            .min(config.streams_per_connection as usize)
            .max(1);
        let following = Following {
            venue: Arc::clone(&self.venue),
            roster: Arc::clone(&self.roster),
            shared: Arc::clone(&self.shared),
            batches: batches.clone(),
            settings: connection_settings(config),
            run_ms: now_ms(),
            per_connection,
            file,
            has_spool: spool.is_some(),
        };
        tasks.spawn(following.run(self.shutdown.clone()));
        let backfill = Arc::new(Backfill {
            venue: Arc::clone(&self.venue),
            store: self.store.clone(),
            shared: Arc::clone(&self.shared),
            roster: Arc::clone(&self.roster),
            restricted_retry: Duration::from_millis(config.restricted_retry_ms),
            shutdown: self.shutdown.clone(),
            late: self.late.clone(),
        });
        let (minutes_planned, planned_minutes) = watch::channel(PlannedMinutes::new());
        tasks.spawn(backfill::fetch_history(
            Arc::clone(&backfill),
            spans(config),
            newly_enrolled,
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
        tasks.spawn(backfill::fetch_funding(
            Arc::clone(&backfill),
            spans(config),
            planned_minutes.clone(),
        ));
        tasks.spawn(backfill::complete_first_minutes(
            backfill,
            first_trade_queue,
            planned_minutes,
            batches,
        ));
        tasks.spawn(status::run(
            self.store.clone(),
            Arc::clone(&self.shared),
            self.health.clone(),
            self.shutdown.clone(),
            self.late.clone(),
        ));
        if let Some(error) = &self.unanswered {
            self.shared.note(MARKETS, error.to_string());
            let followed = self.roster.followed();
            let symbols = followed.iter().map(|market| market.symbol().clone());
            let check = check_later(
                Arc::clone(&self.venue),
                self.store.clone(),
                Arc::clone(&self.shared),
                symbols.collect(),
                Duration::from_millis(config.restricted_retry_ms),
            );
            let shutdown = self.shutdown.clone();
            tasks.spawn(async move {
                // Nothing is lost when it is cut short: the next start asks again.
                shutdown.run_until_cancelled(check).await;
            });
        }
        let writer = Writer {
            store: self.store.clone(),
            roster: Arc::clone(&self.roster),
            shared: Arc::clone(&self.shared),
            health: self.health.clone(),
            batches: queue,
            spool,
            enrolled,
            first_trades,
            recorded_gaps,
            gaps_found,
            late: self.late.clone(),
        };
        tasks.spawn(writer.run(self.shutdown.clone()));
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
