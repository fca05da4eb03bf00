//! The simulated exchange, its faults, and what it really traded.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use exchange_sim::{FaultSpec, Series, Sim, SimConfig};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::until;

/// First id since the exchange opened, and the one that comes next.
pub type Traded = (i64, i64);

/// A simulated exchange in this process, so that what it traded is at hand.
pub struct Exchange {
    address: SocketAddr,
    series: Arc<dyn Series>,
    http: Client,
    task: JoinHandle<Result<(), exchange_sim::SimError>>,
    _stop: DropGuard,
}

impl Exchange {
    /// An exchange that is open.
    ///
    /// # Errors
    /// When a setting makes no sense.
    pub async fn open(config: SimConfig) -> Result<Self> {
        let sim = Sim::bind(config).await?;
        let stop = CancellationToken::new();
        Ok(Self {
            address: sim.addr(),
            series: sim.series(),
            http: Client::builder().no_proxy().build()?,
            task: tokio::spawn(sim.run(stop.clone())),
            _stop: stop.drop_guard(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The market itself.
    #[must_use]
    pub fn series(&self) -> &dyn Series {
        &*self.series
    }

    /// The names of what is traded.
    #[must_use]
    pub fn symbols(&self) -> Vec<String> {
        let specs = self.series.specs().iter();
        specs.map(|spec| spec.name.clone()).collect()
    }

    /// The place of a symbol in the market.
    ///
    /// # Errors
    /// When it is not traded.
    pub fn place(&self, name: &str) -> Result<usize> {
        let mut specs = self.series.specs().iter();
        specs
            .position(|spec| spec.name == name)
            .with_context(|| format!("{name} is not traded"))
    }

    /// Puts a fault in force, written as its flag is: `skip,every=50`.
    ///
    /// # Errors
    /// When it makes no sense.
    pub async fn fault(&self, fault: &str) -> Result<()> {
        let fault: FaultSpec = fault.parse().map_err(anyhow::Error::msg)?;
        let request = self.http.post(self.admin("faults")).json(&fault);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// How often the faults in force have struck.
    ///
    /// # Errors
    /// When the exchange is gone.
    pub async fn struck(&self) -> Result<u64> {
        let faults = self.ask("faults").await?;
        let faults = faults.as_array().context("a list")?.iter();
        Ok(faults.filter_map(|fault| fault["hits"].as_u64()).sum())
    }

    /// Ends all faults and says how often they have struck.
    ///
    /// # Errors
    /// When the exchange is gone.
    pub async fn end_faults(&self) -> Result<u64> {
        let struck = self.struck().await?;
        let request = self.http.delete(self.admin("faults"));
        request.send().await?.error_for_status()?;
        Ok(struck)
    }

    /// By symbol, what was traded since the exchange opened.
    ///
    /// # Errors
    /// When the exchange is gone.
    pub async fn traded(&self) -> Result<BTreeMap<String, Traded>> {
        let truth = self.ask("truth").await?;
        let id = |symbol: &Value, key: &str| symbol[key].as_i64().context("an id");
        let symbols = truth.as_array().context("a list")?.iter();
        symbols
            .map(|symbol| {
                let name = symbol["symbol"].as_str().context("a name")?.to_owned();
                Ok((name, (id(symbol, "first_id")?, id(symbol, "next_id")?)))
            })
            .collect()
    }

    /// Waits until every symbol has been traded so many times more.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn until_traded(&self, more: i64) -> Result<()> {
        let before = self.traded().await?;
        until("the exchange to trade on", async || {
            let now = self.traded().await?;
            let all = before
                .iter()
                .all(|(name, (_, next))| now[name].1 >= next + more);
            Ok(all.then_some(()))
        })
        .await
    }

    /// Stops exchange time: all that happened before is in the truth and on its way to who listens.
    ///
    /// # Errors
    /// When the exchange is gone.
    pub async fn pause(&self) -> Result<()> {
        let request = self.http.post(self.admin("clock"));
        let request = request.json(&json!({ "paused": true }));
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// Numbers of the connections that are open.
    ///
    /// # Errors
    /// When the exchange is gone.
    pub async fn connections(&self) -> Result<Vec<u64>> {
        let open = self.ask("connections").await?;
        let open = open.as_array().context("a list")?.iter();
        Ok(open.filter_map(|one| one["id"].as_u64()).collect())
    }

    /// The exchange's clock, milliseconds since the epoch.
    ///
    /// # Errors
    /// When the exchange is gone.
    pub async fn now_ms(&self) -> Result<i64> {
        self.ask("status").await?["now_ms"]
            .as_i64()
            .context("a time")
    }

    /// An error when it has ended.
    ///
    /// # Errors
    /// That it has ended.
    pub fn check(&self) -> Result<()> {
        anyhow::ensure!(!self.task.is_finished(), "the exchange has ended");
        Ok(())
    }

    async fn ask(&self, call: &str) -> Result<Value> {
        let answer = self.http.get(self.admin(call)).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    fn admin(&self, call: &str) -> String {
        format!("http://{}/sim/v1/{call}", self.address)
    }
}
