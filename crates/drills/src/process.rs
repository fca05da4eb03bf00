//! A service as a process of its own, which can be killed.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use reqwest::Client;
use tokio::process::{Child, ChildStdin, Command};

use crate::{metrics::Metrics, patience::until};

/// Settings by their names in the environment.
pub type Settings = BTreeMap<&'static str, String>;

/// A port that was free a moment ago can be taken: then another is tried.
const START_TRIES: u32 = 5;

/// Every process stops within so long after SIGTERM.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// A running service. Dropping it is kill -9.
#[derive(Debug)]
pub struct Process {
    service: &'static str,
    child: Child,
    /// It ends when this is closed, so that nothing outlives a drill that was killed itself.
    _input: Option<ChildStdin>,
    ops: SocketAddr,
    log: PathBuf,
    http: Client,
}

impl Process {
    /// Starts `program service` with these settings and nothing else in its environment, and waits until it answers.
    ///
    /// # Errors
    /// When it ends at once; the end of its log says why.
    pub async fn start(
        program: &Path,
        service: &'static str,
        settings: &Settings,
        log: PathBuf,
    ) -> Result<Self> {
        for _ in 0..START_TRIES {
            let ops = free_address()?;
            let output = File::options().create(true).append(true).open(&log)?;
            let mut child = Command::new(program)
                .arg(service)
                .env_clear()
                .envs(settings)
                .env("OPS_BIND", ops.to_string())
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(output)
                .kill_on_drop(true)
                .spawn()
                .with_context(|| format!("{} {service}", program.display()))?;
            let http = Client::builder().no_proxy().build()?;
            let mut process = Self {
                service,
                // Waiting for a child closes the input that it still has.
                _input: child.stdin.take(),
                child,
                ops,
                log: log.clone(),
                http,
            };
            if process.until_live().await? {
                return Ok(process);
            }
        }
        bail!("{service} does not start: {}", tail(&log));
    }

    /// False when it has ended instead.
    async fn until_live(&mut self) -> Result<bool> {
        let (http, url) = (
            self.http.clone(),
            format!("http://{}/health/live", self.ops),
        );
        let child = &mut self.child;
        until("a service to answer", async || {
            if child.try_wait()?.is_some() {
                return Ok(Some(false));
            }
            http.get(&url).send().await?.error_for_status()?;
            Ok(Some(true))
        })
        .await
    }

    /// What it counts.
    pub(crate) async fn metrics(&self) -> Result<Metrics> {
        let url = format!("http://{}/metrics", self.ops);
        let answer = self.http.get(url).send().await?.error_for_status()?;
        Ok(Metrics::read(&answer.text().await?))
    }

    /// The most memory it has had so far, in kB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn peak_kb(&self) -> Result<u64> {
        self.memory_kb("VmHWM:")
    }

    /// The memory that it has now, in kB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn resident_kb(&self) -> Result<u64> {
        self.memory_kb("VmRSS:")
    }

    fn memory_kb(&self, field: &str) -> Result<u64> {
        let pid = self.pid()?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kb = line.and_then(|line| line.split_whitespace().next());
        kb.and_then(|kb| kb.parse().ok())
            .with_context(|| format!("{} has ended", self.service))
    }

    fn pid(&self) -> Result<u32> {
        let pid = self.child.id();
        pid.with_context(|| format!("{} has ended", self.service))
    }

    /// An error when it has ended though nobody told it to.
    ///
    /// # Errors
    /// The end of its log says why.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended ({status}): {}", self.service, tail(&self.log));
        }
        Ok(())
    }

    /// kill -9, in the middle of whatever it does.
    ///
    /// # Errors
    /// When it had ended before.
    pub async fn kill(mut self) -> Result<()> {
        self.check()?;
        self.child.start_kill()?;
        self.child.wait().await?;
        Ok(())
    }

    /// SIGTERM: it stops in time and says that all is well.
    ///
    /// # Errors
    /// When it does not, or had ended before.
    pub async fn terminate(mut self) -> Result<()> {
        self.check()?;
        let pid = self.pid()?.to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await?;
        ensure!(sent.success(), "{} cannot be told to stop", self.service);
        let ended = tokio::time::timeout(STOP_PATIENCE, self.child.wait()).await;
        let status = ended
            .with_context(|| format!("{} outlives SIGTERM by {STOP_PATIENCE:?}", self.service))??;
        ensure!(
            status.success(),
            "{} ended badly ({status}): {}",
            self.service,
            tail(&self.log)
        );
        Ok(())
    }
}

fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
