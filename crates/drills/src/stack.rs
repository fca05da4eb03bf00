//! Exchange, database, ingestors and aggregators, and what is counted of them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use exchange_sim::SimConfig;
use market::Interval;
use store::{Store, cursors, refresh, symbols};
use tempfile::TempDir;

use crate::{
    Exchange, Lab, Process, Settings, Setup, database::Database, judge::Expectations, market_time,
    metrics::Metrics, until,
};

/// 2 ½ minutes before a full hour, so that a drill crosses borders of every intraday level.
const ABOUT_MS: i64 = 1_767_614_250_000;

/// A leak would come so long after the market opens, by its own clock: a second of the drill's time, after the first
/// trades and before anything goes wrong.
const LEAK_AFTER_MS: i64 = 20_000;

/// What is counted while a drill goes on.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Faults that struck.
    pub faults: u64,
    /// The most memory that an ingestor has had, in kB.
    pub peak_kb: u64,
    /// What ingestors counted that are gone, as far as they could be asked.
    told: Metrics,
}

/// An ingestor with the number of its spool: one that is started after a kill goes on with what was spooled.
struct Ingestor {
    process: Process,
    spool: usize,
}

/// A running stack.
pub struct Stack {
    /// The exchange.
    pub exchange: Exchange,
    /// What is counted.
    pub ledger: Ledger,
    pub(crate) expectations: Expectations,
    database: Database,
    ingestors: Vec<Ingestor>,
    aggregators: Vec<Process>,
    ingestion: Settings,
    aggregation: Settings,
    lab: Lab,
    logs: TempDir,
}

impl Stack {
    /// Starts all of it, and waits until trades of every symbol are stored from a minute's edge on.
    pub(crate) async fn start(lab: &Lab, setup: Setup) -> Result<Self> {
        let Setup {
            mut sim,
            ingestor,
            aggregator,
            access,
        } = setup;
        if sim.start_ms.is_none() && sim.replay.is_none() {
            let SimConfig {
                seed,
                symbols,
                rate,
                ..
            } = &sim;
            let opening_ms = market_time::opening(*seed, symbols, *rate, ABOUT_MS, LEAK_AFTER_MS)?;
            sim.start_ms = Some(opening_ms);
        }
        let database = Database::create(access).await?;
        let exchange = Exchange::open(sim).await?;
        let address = exchange.address();
        let mut ingestion = common(&database);
        ingestion.extend([
            ("EXCHANGE_WS_URL", format!("ws://{address}")),
            ("EXCHANGE_REST_URL", format!("http://{address}")),
            ("SYMBOLS", exchange.symbols().join(",")),
            ("BACKFILL_1M_DAYS", "1".to_owned()),
            ("BACKFILL_1H_DAYS", "3".to_owned()),
            ("BACKFILL_1D_DAYS", "10".to_owned()),
            ("INGESTOR_RECONNECT_FIRST_MS", "50".to_owned()),
            ("GAP_REPAIR_MAX", "1000000".to_owned()),
        ]);
        ingestion.extend(ingestor);
        let mut aggregation = common(&database);
        aggregation.insert("REFRESH_INTERVAL_MS", "250".to_owned());
        aggregation.extend(aggregator);
        let mut stack = Self {
            exchange,
            ledger: Ledger::default(),
            database,
            ingestors: Vec::new(),
            aggregators: Vec::new(),
            ingestion,
            aggregation,
            expectations: Expectations::default(),
            lab: lab.clone(),
            logs: folder()?,
        };
        stack.start_aggregator().await?;
        stack.start_ingestor().await?;
        until("coverage by trades to begin", async || {
            let known = symbols::list(stack.store()).await?;
            let begun = known.iter().all(|info| info.trades_from_ms.is_some());
            Ok((begun && known.len() == stack.exchange.symbols().len()).then_some(()))
        })
        .await?;
        Ok(stack)
    }

    /// The drill's own way to the database.
    #[must_use]
    pub fn store(&self) -> &Store {
        self.database.store()
    }

    pub(crate) fn database(&mut self) -> &mut Database {
        &mut self.database
    }

    /// The lab in which it runs.
    #[must_use]
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Starts one more ingestor.
    pub(crate) async fn start_ingestor(&mut self) -> Result<()> {
        let used = |spool: &usize| self.ingestors.iter().any(|other| other.spool == *spool);
        let spool = (0..).find(|spool| !used(spool)).unwrap_or_default();
        let mut settings = self.ingestion.clone();
        let folder = self.logs.path().join(format!("spool-{spool}"));
        settings.insert("INGESTOR_SPOOL_DIR", folder.display().to_string());
        let log = self.logs.path().join("ingestor.log");
        let process = Process::start(&self.lab.program, "ingestor", &settings, log).await?;
        self.ingestors.push(Ingestor { process, spool });
        Ok(())
    }

    /// Starts one more aggregator.
    pub(crate) async fn start_aggregator(&mut self) -> Result<()> {
        let log = self.logs.path().join("aggregator.log");
        let process =
            Process::start(&self.lab.program, "aggregator", &self.aggregation, log).await?;
        self.aggregators.push(process);
        Ok(())
    }

    /// kill -9 of the ingestor that was started first of those that run.
    pub(crate) async fn kill_ingestor(&mut self) -> Result<()> {
        let process = self.take_ingestor().await?;
        self.ledger.faults += 1;
        process.kill().await
    }

    /// SIGTERM to the ingestor that was started first of those that run.
    pub(crate) async fn terminate_ingestor(&mut self) -> Result<()> {
        let process = self.take_ingestor().await?;
        self.ledger.faults += 1;
        process.terminate().await
    }

    /// kill -9 of the aggregator that was started first of those that run.
    pub(crate) async fn kill_aggregator(&mut self) -> Result<()> {
        ensure!(!self.aggregators.is_empty(), "no aggregator runs");
        self.ledger.faults += 1;
        self.aggregators.remove(0).kill().await
    }

    /// Tells the ingestors to stop.
    ///
    /// # Errors
    /// When one does not stop in time.
    pub async fn stop_ingestors(&mut self) -> Result<()> {
        while !self.ingestors.is_empty() {
            self.take_ingestor().await?.terminate().await?;
        }
        Ok(())
    }

    /// Tells the aggregators to stop.
    ///
    /// # Errors
    /// When one does not stop in time.
    pub async fn stop_aggregators(&mut self) -> Result<()> {
        while let Some(process) = self.aggregators.pop() {
            process.terminate().await?;
        }
        Ok(())
    }

    /// No service has died that was not killed.
    pub(crate) fn check(&mut self) -> Result<()> {
        let ingestors = self.ingestors.iter_mut();
        let ingestors = ingestors.map(|ingestor| &mut ingestor.process);
        for process in ingestors.chain(&mut self.aggregators) {
            process.check()?;
        }
        self.exchange.check()
    }

    async fn take_ingestor(&mut self) -> Result<Process> {
        ensure!(!self.ingestors.is_empty(), "no ingestor runs");
        let process = self.ingestors.remove(0).process;
        self.take_down(&process).await?;
        Ok(process)
    }

    /// What it has counted up to here goes into the ledger.
    async fn take_down(&mut self, process: &Process) -> Result<()> {
        self.ledger.peak_kb = self.ledger.peak_kb.max(process.peak_kb()?);
        let told = process.metrics().await?;
        self.ledger.told.add(&told);
        Ok(())
    }

    /// The ingestors that run.
    pub(crate) fn ingestors(&self) -> impl Iterator<Item = &Process> {
        self.ingestors.iter().map(|ingestor| &ingestor.process)
    }

    /// The aggregators that run.
    pub(crate) fn aggregators(&self) -> &[Process] {
        &self.aggregators
    }

    /// What the ingestors have counted up to now, those that are gone included.
    pub(crate) async fn told(&self) -> Result<Metrics> {
        let mut told = self.ledger.told.clone();
        for process in self.ingestors() {
            told.add(&process.metrics().await?);
        }
        Ok(told)
    }

    /// Waits until the cursor of every symbol has moved on by so many ids.
    pub(crate) async fn until_stored(&self, more: i64) -> Result<()> {
        let before = self.cursors().await?;
        self.until_cursors("more trades to be stored", async |stack| {
            let now = stack.cursors().await?;
            Ok(before
                .iter()
                .zip(now)
                .all(|(before, now)| now >= before + more))
        })
        .await
    }

    /// Waits until all that was traded when this is called is stored, or known to be missing.
    pub(crate) async fn until_caught_up(&self) -> Result<()> {
        let traded = self.next_ids().await?;
        self.until_cursors("the stored trades to catch up", async |stack| {
            let now = stack.cursors().await?;
            Ok(traded.iter().zip(now).all(|(next, last)| last + 1 >= *next))
        })
        .await
    }

    async fn until_cursors(
        &self,
        what: &str,
        holds: impl AsyncFn(&Self) -> Result<bool>,
    ) -> Result<()> {
        until(what, async || {
            self.exchange.check()?;
            Ok(holds(self).await?.then_some(()))
        })
        .await
    }

    /// The next id of each symbol, in the order of their names.
    async fn next_ids(&self) -> Result<Vec<i64>> {
        let traded = self.exchange.traded().await?;
        Ok(traded.into_values().map(|(_, next)| next).collect())
    }

    /// The greatest stored id of each symbol, in the order of their names.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn cursors(&self) -> Result<Vec<i64>> {
        let mut known = symbols::list(self.store()).await?;
        known.sort_by_key(|info| info.spec.symbol.to_string());
        let cursors = cursors::load_all(self.store()).await?;
        let last = |info: &symbols::SymbolInfo| {
            let cursor = cursors.get(&info.symbol_id);
            cursor.map_or(0, |cursor| cursor.last_agg_id)
        };
        Ok(known.iter().map(last).collect())
    }

    /// The time before which bars of a second are materialised.
    ///
    /// # Errors
    /// When nothing is refreshed yet.
    pub async fn refreshed_until_ms(&self) -> Result<i64> {
        let levels = refresh::levels(self.store()).await?;
        let finest = levels.first().context("there are levels")?;
        finest.watermark_ms.context("nothing is refreshed yet")
    }

    /// Waits until the aggregators have refreshed all that is stored when this is called, but the open end.
    pub(crate) async fn until_refreshed(&self) -> Result<()> {
        let goal_ms = self.refresh_goal_ms().await?;
        until("the aggregator to refresh", async || {
            Ok((self.refreshed_until_ms().await? >= goal_ms).then_some(()))
        })
        .await
    }

    /// How far a refresh of what is stored now comes.
    pub(crate) async fn refresh_goal_ms(&self) -> Result<i64> {
        let newest = cursors::load_all(self.store()).await?;
        let newest = newest.values().map(|cursor| cursor.last_time_ms).max();
        Ok(Interval::S1.bucket_of(newest.context("there are trades")? - 2_000))
    }
}

/// For logs and spools; with `KEEP_LOGS` in the environment it stays, and says where.
fn folder() -> Result<TempDir> {
    let mut folder = tempfile::tempdir()?;
    if std::env::var_os("KEEP_LOGS").is_some() {
        folder.disable_cleanup(true);
        eprintln!("logs: {}", folder.path().display());
    }
    Ok(folder)
}

/// What every service is told.
fn common(database: &Database) -> Settings {
    Settings::from([
        ("DATABASE_URL", database.url().to_owned()),
        ("LOG_LEVEL", "info,sqlx=warn".to_owned()),
        ("NO_COLOR", "1".to_owned()),
    ])
}

/// Pauses of random length, so that faults strike at any moment.
pub(crate) async fn pause(lots: &mut impl rand::Rng, most_ms: u64) {
    use rand::RngExt;
    tokio::time::sleep(Duration::from_millis(lots.random_range(0..most_ms))).await;
}
