//! Simulator, ingestor and aggregator on a database of their own, and the comparison with what was
//! traded.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use exchange_sim::{Series, Sim, SimConfig};
use market::{Bar, Interval, Symbol, Trade};
use reqwest::Client;
use serde_json::{Value, json};
use store::{
    BarRange, FeedState, Store, StoredBar, SymbolId, bars, cursors, feed_status, refresh, symbols,
    trades,
};
use testkit::TestDb;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    PATIENCE,
    market::{Trades, bars_of, kline_bars, trades_of},
};

/// Pause between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A service that runs as a task.
struct Service {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Service {
    fn start<F>(run: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(stop.clone()));
        Self { stop, task }
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.task.await?
    }
}

pub struct Stack {
    db: TestDb,
    series: Arc<dyn Series>,
    administration: String,
    http: Client,
    exchange: Service,
    ingestor: Service,
    aggregator: Option<Service>,
}

impl Stack {
    pub async fn start(sim: SimConfig) -> anyhow::Result<Self> {
        // The ingestor chooses the same; this client may be made before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let db = TestDb::create().await?;
        let sim = Sim::bind(sim).await?;
        let (address, series) = (sim.addr(), sim.series());
        let symbols: Result<Vec<Symbol>, _> = series
            .specs()
            .iter()
            .map(|spec| spec.name.parse())
            .collect();
        let ingestion = ingestor::Config {
            database_url: db.url().to_owned(),
            exchange_ws_url: format!("ws://{address}"),
            exchange_rest_url: format!("http://{address}"),
            symbols: symbols?,
            backfill_1m_days: 1,
            backfill_1h_days: 3,
            backfill_1d_days: 10,
            ..ingestor::Config::default()
        };
        let aggregation = aggregator::Config {
            refresh_interval_ms: 100,
            ..aggregator::Config::new(db.url())
        };
        let exchange = Service::start(|stop| async move { Ok(sim.run(stop).await?) });
        let ingestor = Service::start(|stop| ingestor::run(ingestion, stop));
        let aggregator = Service::start(|stop| aggregator::run(aggregation, stop));
        Ok(Self {
            db,
            series,
            administration: format!("http://{address}/sim/v1"),
            http: Client::builder().no_proxy().build()?,
            exchange,
            ingestor,
            aggregator: Some(aggregator),
        })
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.ingestor.stop().await?;
        if let Some(aggregator) = self.aggregator {
            aggregator.stop().await?;
        }
        self.exchange.stop().await
    }

    pub async fn stop_aggregator(&mut self) -> anyhow::Result<()> {
        self.aggregator
            .take()
            .context("the aggregator runs no more")?
            .stop()
            .await
    }

    /// Waits until the feed has seen a trade of that exchange time.
    pub async fn wait_for_exchange_time(&self, time_ms: i64) -> anyhow::Result<()> {
        self.until("exchange time to come", async || {
            let status = feed_status::read(self.store()).await?;
            Ok(status
                .iter()
                .any(|feed| feed.status.watermark_ms >= Some(time_ms)))
        })
        .await
    }

    pub async fn end_faults(&self) -> anyhow::Result<()> {
        self.http
            .delete(self.admin("faults"))
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }

    pub async fn pause_exchange(&self) -> anyhow::Result<()> {
        let request = self
            .http
            .post(self.admin("clock"))
            .json(&json!({ "paused": true }));
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// Waits until the exchange trades no more, every trade since coverage began is stored, and the
    /// klines of before are fetched.
    pub async fn wait_until_all_is_stored(&self) -> anyhow::Result<()> {
        self.until("all trades to be stored", async || {
            let before = self.traded().await?;
            for (symbol_id, name) in self.symbol_ids().await? {
                let stored = self.stored(symbol_id).await?;
                let next_id = before.get(&name).context("a symbol that is traded")?;
                let (Some(first), Some(last)) = (stored.first(), stored.last()) else {
                    return Ok(false);
                };
                let all = last.agg_id - first.agg_id + 1 == i64::try_from(stored.len())?;
                if !all || last.agg_id + 1 != *next_id {
                    return Ok(false);
                }
            }
            let status = feed_status::read(self.store()).await?;
            let filled = status.iter().all(|feed| {
                feed.status.state == FeedState::Connected
                    && feed
                        .status
                        .backfill
                        .is_none_or(|done| done.done == done.total)
            });
            Ok(filled
                && !status.is_empty()
                && self.traded().await? == before
                && self.ended(&before)?)
        })
        .await
    }

    /// The time before which bars of a second are materialised.
    pub async fn refreshed_until_ms(&self) -> anyhow::Result<i64> {
        let levels = refresh::levels(self.store()).await?;
        let finest = levels.first().context("there are levels")?;
        finest.watermark_ms.context("the aggregator has refreshed")
    }

    /// How many trades before that time are stored.
    pub async fn stored_ids_before(&self, time_ms: i64) -> anyhow::Result<usize> {
        let mut count = 0;
        for symbol_id in self.symbol_ids().await?.into_keys() {
            let stored = self.stored(symbol_id).await?;
            count += stored
                .iter()
                .filter(|trade| trade.time_ms < time_ms)
                .count();
        }
        Ok(count)
    }

    /// Refreshes until nothing is left to do but the open end.
    pub async fn refresh(&self) -> anyhow::Result<()> {
        let newest = cursors::load_all(self.store()).await?;
        let newest = newest.values().map(|cursor| cursor.last_time_ms).max();
        let until = Interval::S1.bucket_of(newest.context("there are trades")? - 2_000);
        self.until("the refresh", async || {
            refresh::run(self.store(), None).await?;
            Ok(self.refreshed_until_ms().await? >= until)
        })
        .await
    }

    pub async fn assert_trades_equal(&self) -> anyhow::Result<()> {
        for (symbol_id, name) in self.symbol_ids().await? {
            let stored = self.stored(symbol_id).await?;
            let first = stored
                .first()
                .context("there are trades")?
                .agg_id
                .cast_unsigned();
            let next = stored
                .last()
                .context("there are trades")?
                .agg_id
                .cast_unsigned()
                + 1;
            let truth = trades_of(&*self.series, self.index_of(&name)?, first, next);
            ensure!(stored == truth, "{name}: trades differ from the exchange's");
            // Coverage begins with the first trade of a minute.
            let minute = Interval::M1.bucket_of(truth[0].time_ms);
            ensure!(
                self.series.first_id_at(self.index_of(&name)?, minute) == first,
                "{name}: the first minute is not complete"
            );
        }
        Ok(())
    }

    /// Every bar that there is, of trades and of klines, equals the trades of its bucket.
    pub async fn assert_bars_equal(&self, interval: Interval) -> anyhow::Result<()> {
        for (symbol_id, name) in self.symbol_ids().await? {
            let symbol = self.index_of(&name)?;
            let stored = self.stored(symbol_id).await?;
            let (first, last) = stored
                .first()
                .zip(stored.last())
                .context("there are trades")?;
            let shown = self.shown(symbol_id, interval).await?;
            if let Some(bar) = shown.iter().find(|bar| !bar.complete) {
                bail!("{name} {interval}: not complete, though nothing is missing: {bar:?}");
            }
            let from_ms = shown.first().context("there are bars")?.bar.bucket_ms;
            // Klines reach back further than anyone wants to add up trade by trade.
            let border = interval.bucket_of(first.time_ms + interval.ms() - 1);
            let mut truth = kline_bars(
                &*self.series,
                symbol,
                interval,
                (from_ms, border, last.time_ms),
            );
            let (first, next) = (
                first.agg_id.cast_unsigned(),
                last.agg_id.cast_unsigned() + 1,
            );
            let mut trades = trades_of(&*self.series, symbol, first, next);
            trades.retain(|trade| trade.time_ms >= border);
            truth.extend(bars_of(interval, &trades));
            compare(&name, interval, &shown, &truth)?;
        }
        Ok(())
    }

    /// The bars are those of these trades.
    pub async fn assert_bars_are(&self, interval: Interval, truth: &Trades) -> anyhow::Result<()> {
        for (symbol_id, name) in self.symbol_ids().await? {
            let shown = self.shown(symbol_id, interval).await?;
            compare(&name, interval, &shown, &bars_of(interval, &truth[&name]))?;
        }
        Ok(())
    }

    async fn shown(
        &self,
        symbol_id: SymbolId,
        interval: Interval,
    ) -> anyhow::Result<Vec<StoredBar>> {
        let all = BarRange {
            from_ms: 0,
            to_ms: None,
            limit: 1_000_000,
        };
        Ok(bars::read(self.store(), symbol_id, interval, all).await?)
    }

    async fn stored(&self, symbol_id: SymbolId) -> anyhow::Result<Vec<Trade>> {
        Ok(trades::read(self.store(), symbol_id, 0, 1_000_000).await?)
    }

    async fn symbol_ids(&self) -> anyhow::Result<BTreeMap<SymbolId, String>> {
        let all = symbols::list(self.store()).await?;
        ensure!(
            all.len() == self.series.specs().len(),
            "not all symbols are registered yet"
        );
        Ok(all
            .into_iter()
            .map(|info| (info.symbol_id, info.spec.symbol.to_string()))
            .collect())
    }

    /// The id that each symbol's next trade will have.
    async fn traded(&self) -> anyhow::Result<BTreeMap<String, i64>> {
        let answer = self
            .http
            .get(self.admin("truth"))
            .send()
            .await?
            .error_for_status()?;
        let truth: Vec<Value> = answer.json().await?;
        truth
            .iter()
            .map(|symbol| {
                let name = symbol["symbol"].as_str().context("a name")?.to_owned();
                Ok((name, symbol["next_id"].as_i64().context("an id")?))
            })
            .collect()
    }

    /// Whether a recording has been served to its end; a market that has none is paused instead.
    fn ended(&self, next_ids: &BTreeMap<String, i64>) -> anyhow::Result<bool> {
        for (name, next_id) in next_ids {
            let symbol = self.index_of(name)?;
            if let (_, Some(end_ms)) = self.series.extent_ms(symbol)
                && self.series.first_id_at(symbol, end_ms + 1).cast_signed() != *next_id
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn index_of(&self, name: &str) -> anyhow::Result<usize> {
        let mut specs = self.series.specs().iter();
        specs
            .position(|spec| spec.name == name)
            .with_context(|| format!("{name} is not traded"))
    }

    fn admin(&self, call: &str) -> String {
        format!("{}/{call}", self.administration)
    }

    fn store(&self) -> &Store {
        self.db.store()
    }

    async fn until(
        &self,
        what: &str,
        holds: impl AsyncFn() -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            for service in [&self.exchange, &self.ingestor]
                .into_iter()
                .chain(&self.aggregator)
            {
                ensure!(
                    !service.task.is_finished(),
                    "a service ended while waiting for {what}"
                );
            }
            let last = holds().await;
            if matches!(last, Ok(true)) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!("waited in vain for {what}: {last:?}");
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// Open, high, low, close and counts exactly; sums, whose order is nobody's business, within 1e-12.
fn compare(
    name: &str,
    interval: Interval,
    shown: &[StoredBar],
    truth: &[Bar],
) -> anyhow::Result<()> {
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs();
    ensure!(
        shown.len() == truth.len(),
        "{name} {interval}: {} bars instead of {}",
        shown.len(),
        truth.len()
    );
    for (StoredBar { bar: shown, .. }, truth) in shown.iter().zip(truth) {
        let exact = |bar: &Bar| {
            (
                bar.bucket_ms,
                bar.open,
                bar.high,
                bar.low,
                bar.close,
                bar.trades,
            )
        };
        let equal = exact(shown) == exact(truth)
            && near(shown.volume, truth.volume)
            && near(shown.quote_volume, truth.quote_volume)
            && near(shown.buy_volume, truth.buy_volume);
        ensure!(equal, "{name} {interval}: {shown:?} instead of {truth:?}");
    }
    Ok(())
}
