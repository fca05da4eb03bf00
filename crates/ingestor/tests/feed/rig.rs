//! A simulated exchange, a database and an ingestor between them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use exchange_sim::{FaultSpec, Series, Sim, SimConfig};
use ingestor::Config;
use market::{Symbol, Trade, Venue};
use serde_json::Value;
use store::{FeedState, FeedStatus, Store, SymbolId, feed_status, gaps::Gap, symbols, trades};
use testkit::TestDb;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long a condition may take on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(90);

/// Asks again and again until there is an answer.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A simulated exchange and a database.
pub(crate) struct Rig {
    pub(crate) db: TestDb,
    pub(crate) sim: SocketAddr,
    pub(crate) series: Arc<dyn Series>,
    _stop_sim: DropGuard,
}

/// A running ingestor.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Stops it and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task
            .await
            .expect("it does not panic")
            .expect("it ends well");
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.is_err_and(|error| error.is_cancelled()));
    }
}

impl Rig {
    pub(crate) async fn new(config: SimConfig) -> Self {
        // The simulator's administration is called before the ingestor has chosen it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sim = Sim::bind(config).await.expect("the simulator starts");
        let (addr, series) = (sim.addr(), sim.series());
        let stop = CancellationToken::new();
        tokio::spawn(sim.run(stop.clone()));
        let db = TestDb::create().await.expect("a database");
        Self {
            db,
            sim: addr,
            series,
            _stop_sim: stop.drop_guard(),
        }
    }

    /// A brisk market of these symbols.
    pub(crate) async fn of(symbols: &[&str]) -> Self {
        Self::new(sim_config(symbols)).await
    }

    /// Settings for a test: everything follows quickly, and there is little history.
    pub(crate) fn config(&self) -> Config {
        let symbols = self
            .series
            .specs()
            .iter()
            .map(|spec| spec.name.parse().expect("a symbol"));
        Config {
            database_url: self.db.url().to_owned(),
            exchange_ws_url: format!("ws://{}", self.sim),
            exchange_rest_url: format!("http://{}", self.sim),
            symbols: symbols.collect(),
            batch_interval_ms: 20,
            reconnect_first_ms: 20,
            restricted_retry_ms: 200,
            backfill_1m_days: 1,
            backfill_1h_days: 2,
            backfill_1d_days: 10,
            // Most tests look at gaps as they are found; those of repair switch it on.
            gap_repair_max: 0,
            // A machine that is busy with other things is no reason to leave anything unwritten.
            stop_timeout_ms: PATIENCE.as_secs() * 1_000,
            ..Config::default()
        }
    }

    pub(crate) fn start(&self, config: Config) -> Running {
        let stop = CancellationToken::new();
        Running {
            task: tokio::spawn(ingestor::run(config, stop.clone())),
            stop,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        self.db.store()
    }

    pub(crate) async fn fault(&self, fault: &str) {
        let fault: FaultSpec = fault.parse().expect("a fault");
        let response = reqwest::Client::new()
            .post(format!("http://{}/sim/v1/faults", self.sim))
            .json(&fault)
            .send()
            .await
            .expect("the simulator answers");
        assert!(response.status().is_success(), "{response:?}");
    }

    pub(crate) async fn end_faults(&self) {
        let url = format!("http://{}/sim/v1/faults", self.sim);
        let response = reqwest::Client::new()
            .delete(url)
            .send()
            .await
            .expect("an answer");
        assert!(response.status().is_success(), "{response:?}");
    }

    pub(crate) async fn admin(&self, path: &str) -> Value {
        let url = format!("http://{}/sim/v1/{path}", self.sim);
        let response = reqwest::get(url).await.expect("the simulator answers");
        response.json().await.expect("JSON")
    }

    /// The id of the next trade.
    pub(crate) async fn next_id(&self, name: &str) -> i64 {
        let truth = self.admin("truth").await;
        let mut symbols = truth.as_array().expect("a list").iter();
        let symbol = symbols
            .find(|symbol| symbol["symbol"] == name)
            .expect("it is traded");
        symbol["next_id"].as_i64().expect("an id")
    }

    /// Waits until the exchange has traded this much more.
    pub(crate) async fn until_exchange_traded(&self, name: &str, trades: i64) {
        let before = self.next_id(name).await;
        eventually("the exchange trades on", async || {
            (self.next_id(name).await >= before + trades).then_some(())
        })
        .await;
    }

    /// The exchange's clock.
    pub(crate) async fn now_ms(&self) -> i64 {
        let status = self.admin("status").await;
        status["now_ms"].as_i64().expect("a time")
    }

    /// Changes how exchange time goes on.
    pub(crate) async fn set_clock(&self, change: Value) {
        let response = reqwest::Client::new()
            .post(format!("http://{}/sim/v1/clock", self.sim))
            .json(&change)
            .send()
            .await
            .expect("the simulator answers");
        assert!(response.status().is_success(), "{response:?}");
    }

    /// How often the first fault in force has struck.
    pub(crate) async fn hits(&self) -> u64 {
        let faults = self.admin("faults").await;
        faults[0]["hits"].as_u64().expect("a number")
    }

    /// Numbers of the connections that are open at the simulator.
    pub(crate) async fn connections(&self) -> Vec<u64> {
        let open = self.admin("connections").await;
        let open = open.as_array().expect("a list").iter();
        open.map(|connection| connection["id"].as_u64().expect("a number"))
            .collect()
    }

    /// Waits for a connection that is none of these.
    pub(crate) async fn until_another_connection(&self, before: &[u64]) {
        eventually("another connection", async || {
            let open = self.connections().await;
            open.into_iter().find(|id| !before.contains(id))
        })
        .await;
    }

    pub(crate) async fn status(&self) -> Option<FeedStatus> {
        let stored = feed_status::read(self.store())
            .await
            .expect("the status is readable");
        stored.into_iter().next().map(|stored| stored.status)
    }

    pub(crate) async fn until_status(
        &self,
        what: &str,
        is: impl Fn(&FeedStatus) -> bool,
    ) -> FeedStatus {
        eventually(what, async || self.status().await.filter(&is)).await
    }

    pub(crate) async fn until_connected(&self) {
        self.until_status("connected", |status| status.state == FeedState::Connected)
            .await;
    }

    pub(crate) async fn symbol(&self, name: &str) -> Option<symbols::SymbolInfo> {
        let symbol: Symbol = name.parse().expect("a symbol");
        let known = symbols::list(self.store())
            .await
            .expect("symbols are readable");
        known
            .into_iter()
            .find(|info| info.spec.symbol == symbol && info.venue == Venue::Simulated)
    }

    pub(crate) async fn id(&self, name: &str) -> SymbolId {
        eventually("the symbol is registered", async || self.symbol(name).await)
            .await
            .symbol_id
    }

    /// Waits until a symbol is followed and its first minute is complete.
    pub(crate) async fn following(&self, name: &str) -> SymbolId {
        self.trades_from(name).await;
        self.id(name).await
    }

    /// When the coverage by trades begins.
    pub(crate) async fn trades_from(&self, name: &str) -> i64 {
        eventually("coverage by trades begins", async || {
            self.symbol(name).await.and_then(|info| info.trades_from_ms)
        })
        .await
    }

    pub(crate) async fn stored(&self, id: SymbolId) -> Vec<Trade> {
        trades::read(self.store(), id, 0, 1_000_000)
            .await
            .expect("trades are readable")
    }

    /// Waits until this many more trades are stored than now.
    pub(crate) async fn until_more_trades(&self, id: SymbolId, more: usize) -> Vec<Trade> {
        let before = self.stored(id).await.len();
        eventually("more trades are stored", async || {
            Some(self.stored(id).await).filter(|trades| trades.len() >= before + more)
        })
        .await
    }

    /// Waits until trades up to this id are stored without a hole, rejected ones aside, and no gap is open.
    pub(crate) async fn until_whole(&self, id: SymbolId, up_to: i64) {
        eventually("every gap is repaired", async || {
            let stored = self.stored(id).await;
            let rejected = self.rejected(id).await;
            let whole = stored
                .windows(2)
                .all(|pair| (pair[0].agg_id + 1..pair[1].agg_id).all(|id| rejected.contains(&id)));
            let far = stored.last().is_some_and(|trade| trade.agg_id >= up_to);
            (whole && far && self.open_gaps(id).await.is_empty()).then_some(())
        })
        .await;
    }

    /// Gaps of a symbol, open or filled as asked.
    pub(crate) async fn open_gaps(&self, id: SymbolId) -> Vec<Gap> {
        let open = store::gaps::unfilled(self.store())
            .await
            .expect("gaps are readable");
        open.into_iter()
            .filter(|gap| gap.gap.symbol_id == id)
            .collect()
    }

    /// Ids that were rejected.
    pub(crate) async fn rejected(&self, id: SymbolId) -> Vec<i64> {
        let rejects = store::rejects::newest(self.store(), 100_000)
            .await
            .expect("readable");
        let of_symbol = rejects
            .into_iter()
            .filter(|reject| reject.symbol_id == Some(id));
        of_symbol.filter_map(|reject| reject.agg_id).collect()
    }

    /// Every id from the beginning of coverage to the last is stored once, or rejected, or within an open
    /// gap; and what is stored is what the exchange traded.
    pub(crate) async fn assert_all_accounted_for(&self, name: &str) {
        let id = self.id(name).await;
        let mut stored = self.stored(id).await;
        let begin = self.symbol(name).await.and_then(|info| info.trades_from_ms);
        if let Some(first) = stored.iter().position(|trade| Some(trade.time_ms) >= begin) {
            stored.drain(..first);
        }
        let (gaps, rejected) = (self.open_gaps(id).await, self.rejected(id).await);
        let truth = self.truth(name, &stored);
        let mut stored = stored.iter().peekable();
        for trade in &truth {
            let agg_id = trade.agg_id;
            if let Some(found) = stored.next_if(|stored| stored.agg_id == agg_id) {
                assert_eq!(found, trade);
                continue;
            }
            let in_gap = gaps
                .iter()
                .any(|gap| (gap.gap.from_agg_id..=gap.gap.to_agg_id).contains(&agg_id));
            assert!(
                in_gap || rejected.contains(&agg_id),
                "{name} {agg_id} is nowhere"
            );
        }
        assert_eq!(stored.next(), None, "more than the exchange traded");
    }

    /// What the exchange traded from the first to the last of these.
    fn truth(&self, name: &str, stored: &[Trade]) -> Vec<Trade> {
        let (first, last) = (
            stored.first().expect("trades"),
            stored.last().expect("trades"),
        );
        let place = self.place(name);
        let spec = &self.series.specs()[place];
        let mut truth = Vec::new();
        let first = u64::try_from(first.agg_id).expect("a positive id");
        let count = usize::try_from(last.agg_id).expect("a positive id") - first as usize + 1;
        self.series.read(place, first, i64::MAX, count, &mut truth);
        let decimal = |digits: i64, scale: u32| {
            format!("{digits}e-{scale}")
                .parse::<f64>()
                .expect("a decimal number")
        };
        truth
            .iter()
            .map(|trade| Trade {
                agg_id: i64::try_from(trade.id).expect("a small id"),
                time_ms: trade.time_ms,
                price: decimal(trade.price, spec.price_scale),
                qty: decimal(trade.qty, spec.qty_scale),
                fills: i32::try_from(trade.last_id - trade.first_id + 1).expect("a few"),
                buyer_is_maker: trade.buyer_is_maker,
            })
            .collect()
    }

    /// First id of the exchange at or after a time.
    pub(crate) fn first_id_at(&self, name: &str, time_ms: i64) -> i64 {
        let id = self.series.first_id_at(self.place(name), time_ms);
        i64::try_from(id).expect("a small id")
    }

    fn place(&self, name: &str) -> usize {
        let mut specs = self.series.specs().iter();
        specs
            .position(|spec| spec.name == name)
            .expect("the symbol is traded")
    }
}

pub(crate) fn sim_config(symbols: &[&str]) -> SimConfig {
    SimConfig {
        symbols: symbols.iter().map(|symbol| (*symbol).to_owned()).collect(),
        rate: 40.0,
        ..SimConfig::default()
    }
}
