//! Both services, each on a port of its own.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use api::{Config, Server};
use reqwest::Client;
use tokio_util::sync::CancellationToken;

use super::Market;

const PATIENCE: Duration = Duration::from_secs(180);

/// The server of this crate, in this process.
pub struct Ours {
    base: String,
    client: Client,
    _stop: tokio_util::sync::DropGuard,
}

impl Ours {
    pub async fn start(market: &Market) -> Result<Self> {
        // reqwest asks for one even where no connection is encrypted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = Server::bind(Config::new(([127, 0, 0, 1], 0).into(), market.db.url())).await?;
        let base = format!("http://{}", server.local_addr());
        let stop = CancellationToken::new();
        tokio::spawn(server.run(stop.clone()));
        let client = client()?;
        ready(&client, &format!("{base}/health/ready")).await?;
        Ok(Self {
            base,
            client,
            _stop: stop.drop_guard(),
        })
    }

    pub fn url(&self, question: &str) -> String {
        format!("{}/api/v1/pairs/analytics?{question}", self.base)
    }

    pub async fn ask(&self, question: &str) -> Result<f64> {
        ask(&self.client, &self.url(question)).await
    }
}

/// The service in Python, with its workers.
pub struct Theirs {
    base: String,
    client: Client,
    process: Child,
}

impl Theirs {
    /// `None` without `PYTHON`.
    pub async fn start(market: &Market) -> Result<Option<Self>> {
        let Some(python) = env::var_os("PYTHON") else {
            println!("PYTHON is not set: nothing to compare with");
            return Ok(None);
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference");
        let mut process = Command::new(python)
            .arg("service.py")
            .current_dir(folder)
            .env("DATABASE_URL", market.db.url())
            // A worker a core already; more threads would only be in each other's way.
            .env("OPENBLAS_NUM_THREADS", "1")
            .stdout(Stdio::piped())
            .spawn()
            .context("the service in Python did not start")?;
        let output = process.stdout.take().context("its output is read here")?;
        let mut port = String::new();
        BufReader::new(output).read_line(&mut port)?;
        let base = format!("http://127.0.0.1:{}", port.trim());
        let theirs = Self {
            client: client()?,
            base,
            process,
        };
        ready(&theirs.client, &format!("{}/health", theirs.base)).await?;
        Ok(Some(theirs))
    }

    pub fn url(&self, question: &str) -> String {
        format!("{}/analytics?{question}", self.base)
    }

    pub async fn ask(&self, question: &str) -> Result<f64> {
        ask(&self.client, &self.url(question)).await
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        // uvicorn ends its workers when it is asked to end.
        let pid = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.process.wait();
    }
}

fn client() -> Result<Client> {
    Ok(Client::builder().no_proxy().build()?)
}

async fn ready(client: &Client, url: &str) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Ok(answer) = client.get(url).send().await
            && answer.status().is_success()
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("{url} never answered")
}

/// Milliseconds from the request to the last byte of its answer.
async fn ask(client: &Client, url: &str) -> Result<f64> {
    let started = Instant::now();
    let answer = client.get(url).send().await?;
    let status = answer.status();
    let body = answer.bytes().await?;
    let elapsed = started.elapsed();
    ensure!(
        status == 200,
        "{url}: {status} {}",
        String::from_utf8_lossy(&body)
    );
    Ok(elapsed.as_secs_f64() * 1e3)
}
