//! A server on a port of its own, a client for it, and trades to put behind it.

pub mod events;
pub mod followed;
pub mod market;
pub mod pair;
pub mod receiver;
pub mod spread;

use std::{net::SocketAddr, sync::Once, time::Duration};

use ::api::{Config, Server};
use anyhow::Context;
use api_types::Problem;
use reqwest::{Client, Response};
use serde::de::DeserializeOwned;
use testkit::TestDb;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// Nothing that a test waits for takes nearly so long on a machine that works.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A running server; it stops when this is dropped.
pub struct Api {
    pub address: SocketAddr,
    pub client: Client,
    pub shutdown: CancellationToken,
    pub task: JoinHandle<anyhow::Result<()>>,
}

pub fn config(database_url: &str) -> Config {
    let mut config = Config::new(([127, 0, 0, 1], 0).into(), database_url);
    config.api_coalesce_ms = 20;
    // Machines that run tests are busy; only tests of a database that is away are in a hurry.
    config.api_database_wait_ms = 20_000;
    config
}

impl Api {
    pub async fn start(db: &TestDb) -> Self {
        let api = Self::with(config(db.url())).await;
        api.until_ready().await;
        api
    }

    pub async fn with(config: Config) -> Self {
        let server = Server::bind(config).await.unwrap();
        let address = server.local_addr();
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(server.run(shutdown.clone()));
        let client = client();
        Self {
            address,
            client,
            shutdown,
            task,
        }
    }

    pub async fn until_ready(&self) {
        until("the server is ready", async || {
            self.get("/health/ready").await.status() == 200
        })
        .await;
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub async fn json<T: DeserializeOwned>(&self, path: &str) -> T {
        let response = self.get(path).await;
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text)
            .with_context(|| format!("{path}: {text}"))
            .unwrap()
    }

    /// The problem that `path` is answered with, checked for what all problems have in common.
    pub async fn problem(&self, path: &str) -> Problem {
        problem(self.get(path).await).await
    }

    pub async fn stop(mut self) {
        self.shutdown.cancel();
        (&mut self.task).await.unwrap().unwrap();
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // reqwest asks for one even where no connection is encrypted.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder().no_proxy().build().unwrap()
}

pub async fn problem(response: Response) -> Problem {
    let status = response.status().as_u16();
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|v| v.to_str().unwrap().to_owned())
    };
    assert_eq!(
        header("content-type").as_deref(),
        Some("application/problem+json")
    );
    let request_id = header("x-request-id");
    assert!(request_id.is_some());
    let text = response.text().await.unwrap();
    let problem: Problem = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert_eq!(problem.status, status);
    assert_eq!(problem.request_id, request_id);
    assert!(
        problem.kind.starts_with("urn:spreadscope:problem:"),
        "{}",
        problem.kind
    );
    assert!(
        !problem.title.is_empty() && !problem.detail.is_empty(),
        "{problem:?}"
    );
    problem
}

/// Asks again for as long as there is no connection to the database to be had: opening one takes its time on a
/// machine that is busy.
pub fn ask_while_busy(api: &Api, path: &str) -> impl Future<Output = Response> + use<> {
    let request = api.client.get(api.url(path));
    async move {
        loop {
            let answer = request.try_clone().expect("no body").send().await.unwrap();
            let (status, headers) = (answer.status(), answer.headers().clone());
            let body = answer.bytes().await.unwrap();
            if status != 503 || !body.windows(13).any(|part| part == b"database-busy") {
                let mut whole = axum::http::Response::new(body);
                (*whole.status_mut(), *whole.headers_mut()) = (status, headers);
                return whole.into();
            }
        }
    }
}

/// Sends a request as it is, to the last byte, and reads until the server hangs up.
pub async fn raw(api: &Api, request: &str) -> String {
    let mut stream = TcpStream::connect(api.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Waits until the condition holds.
pub async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("never came: {what}"));
}
