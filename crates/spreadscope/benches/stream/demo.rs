//! The stack under measurement.

use std::{
    collections::HashMap,
    env, fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(300);
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Most trades that the API gives at once.
const PAGE: i64 = 10_000;

pub struct Demo {
    child: Mutex<Child>,
    pid: u32,
    pub address: SocketAddr,
    client: Client,
    /// Times of trades by id, of each symbol, as far as they were read.
    trades: tokio::sync::Mutex<HashMap<String, HashMap<i64, i64>>>,
    _data: TempDir,
}

/// What the process has used up.
pub struct Usage {
    pub memory_mb: f64,
    pub processor: Duration,
}

impl Demo {
    /// Starts it with so many trades a second.
    pub fn start(symbols: &[&str], rate: usize) -> Result<Self> {
        // The database server runs as another account where this one is root.
        let data = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_spreadscope"));
        command
            .args(["demo", "--bind", "127.0.0.1:0", "--symbols"])
            .arg(symbols.join(","))
            .arg(format!("--rate={}", rate as f64 / symbols.len() as f64))
            .arg("--data-dir")
            .arg(data.path())
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped());
        if env::var("TEST_FLAVOUR").is_ok_and(|flavour| flavour == "plain") {
            command.env("SPREADSCOPE_NO_TIMESCALEDB", "true");
        }
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().context("its output is read here")?;
        let mut lines = BufReader::new(stdout).lines();
        let port = lines.find_map(|line| {
            let line = line.ok()?;
            let rest = line.split_once("http://localhost:")?.1;
            rest.split_whitespace().next()?.parse::<u16>().ok()
        });
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Self {
            pid: child.id(),
            child: Mutex::new(child),
            address: ([127, 0, 0, 1], port.context("it did not start")?).into(),
            client: Client::builder().no_proxy().build()?,
            trades: tokio::sync::Mutex::default(),
            _data: data,
        })
    }

    async fn json(&self, path: &str) -> Result<Value> {
        let url = format!("http://{}/api/v1/{path}", self.address);
        let answer = self.client.get(url).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// Waits until there are bars enough to follow the pair.
    pub async fn wait_for_history(&self, y: &str, x: &str) -> Result<()> {
        let started = Instant::now();
        let path = format!("pairs/analytics?y={y}&x={x}");
        loop {
            match self.json(&path).await {
                Ok(answer) if answer["series"]["time"].as_array().map(Vec::len) == Some(1_000) => {
                    return Ok(());
                }
                Ok(_) | Err(_) if started.elapsed() < PATIENCE => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Ok(answer) => anyhow::bail!("{path}: too few bars: {}", answer["alignment"]),
                Err(error) => return Err(error),
            }
        }
    }

    /// When these trades were matched by the exchange, by their ids.
    pub async fn trades(&self, symbol: &str, first: i64, last: i64) -> Result<HashMap<i64, i64>> {
        let mut all = self.trades.lock().await;
        let known = all.entry(symbol.to_owned()).or_default();
        let mut next = first;
        while next <= last {
            if known.contains_key(&next) {
                next += 1;
                continue;
            }
            let path = format!("trades?symbol={symbol}&fromId={next}&limit={PAGE}");
            let answer = self.json(&path).await?;
            let column = |name: &str| -> Result<Vec<i64>> {
                let values = answer["trades"][name].as_array().context("a column")?;
                let values = values
                    .iter()
                    .map(|value| value.as_i64().context("a number"));
                values.collect()
            };
            let (ids, times) = (column("aggId")?, column("time")?);
            ensure!(
                ids.first() == Some(&next),
                "{symbol}: trade {next} is missing"
            );
            known.extend(ids.into_iter().zip(times));
        }
        Ok((first..=last).map(|id| (id, known[&id])).collect())
    }

    pub fn usage(&self) -> Result<Usage> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes: f64 = resident
            .and_then(|text| text.trim().strip_suffix(" kB"))
            .context("VmRSS")?
            .parse()?;
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        let (_, rest) = stat.rsplit_once(')').context("the process's name")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(Usage {
            memory_mb: kilobytes * 1_024.0 / 1e6,
            // Linux counts hundredths of a second, whatever its own clock does.
            processor: Duration::from_millis(ticks * 10),
        })
    }

    pub fn stop(self: Arc<Self>) -> Result<()> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        end(&mut child)?;
        Ok(())
    }
}

/// It ends its database server when it is asked to end.
fn end(child: &mut Child) -> Result<()> {
    let pid = child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status()?;
    child.wait()?;
    Ok(())
}

impl Drop for Demo {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        if matches!(child.try_wait(), Ok(None)) {
            let _ = end(child);
        }
    }
}
