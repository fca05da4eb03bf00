//! A simulator on a free port and the clients to talk to it.

#![expect(dead_code, reason = "each test file uses a part of it")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use exchange_sim::{Series, Sim, SimConfig, SimError};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, task::JoinHandle};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};
use tokio_util::sync::CancellationToken;

/// 2026-11-22 00:00 UTC.
pub const DAY_ONE_MS: i64 = 1_795_305_600_000;
/// Nothing that is awaited takes this long unless it never comes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running simulator; stops when dropped.
pub struct Running {
    pub base: String,
    pub series: Arc<dyn Series>,
    pub http: reqwest::Client,
    pub ended: JoinHandle<Result<(), SimError>>,
    stop: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A busy little market at a fixed time.
pub fn config() -> SimConfig {
    SimConfig {
        symbols: vec!["BTCUSDT".into(), "ETHUSDT".into()],
        seed: 42,
        rate: 20.0,
        time_warp: 20.0,
        start_ms: Some(DAY_ONE_MS + 3_600_000),
        ..SimConfig::default()
    }
}

pub async fn start(config: SimConfig) -> Running {
    // The client library wants a provider even where nothing is encrypted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sim = Sim::bind(config).await.unwrap();
    let (addr, series, stop) = (sim.addr(), sim.series(), CancellationToken::new());
    let ended = tokio::spawn(sim.run(stop.clone()));
    Running {
        base: addr.to_string(),
        series,
        http: reqwest::Client::new(),
        ended,
        stop,
    }
}

impl Running {
    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http
            .get(format!("http://{}{path}", self.base))
            .send()
            .await
            .unwrap()
    }

    pub async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let response = self
            .http
            .post(format!("http://{}{path}", self.base))
            .json(&body)
            .send()
            .await
            .unwrap();
        response.json().await.unwrap()
    }

    /// Adds a fault and returns its number.
    pub async fn fault(&self, body: Value) -> u64 {
        self.post("/sim/v1/faults", body).await["id"]
            .as_u64()
            .expect("the fault is accepted")
    }

    pub async fn connect(&self, path: &str) -> Client {
        let (socket, _) = tokio_tungstenite::connect_async(format!("ws://{}{path}", self.base))
            .await
            .unwrap();
        Client(socket, Instant::now())
    }

    pub fn stop(&self) {
        self.stop.cancel();
    }
}

/// A client of a stream.
pub struct Client(pub WebSocketStream<MaybeTlsStream<TcpStream>>, Instant);

impl Client {
    /// The next message that is not a ping; `None` when the connection has ended.
    pub async fn next(&mut self) -> Option<Message> {
        // A test that waits for something that never comes must fail, though frames keep coming.
        assert!(
            self.1.elapsed() < 3 * PATIENCE,
            "what the test waits for does not come"
        );
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next())
                .await
                .expect("something comes")
            {
                Some(Ok(Message::Ping(_))) => {}
                Some(Ok(message)) => return Some(message),
                Some(Err(_)) | None => return None,
            }
        }
    }

    pub async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("{other:?} is no text"),
        }
    }

    pub async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The data of the next `count` combined frames of trades.
    pub async fn trades(&mut self, count: usize) -> Vec<Value> {
        let mut trades = Vec::new();
        while trades.len() < count {
            let mut frame = self.json().await;
            if frame["data"]["e"] == "aggTrade" {
                trades.push(frame["data"].take());
            }
        }
        trades
    }

    /// Sends a control message and returns its answer, passing over frames on the way.
    pub async fn ask(&mut self, method: &str, params: Value, id: u64) -> Value {
        let request = json!({ "method": method, "params": params, "id": id });
        self.0
            .send(Message::text(request.to_string()))
            .await
            .unwrap();
        loop {
            let answer = self.json().await;
            if answer.get("id").is_some() || answer.get("code").is_some() {
                return answer;
            }
        }
    }

    /// Whether nothing but pings comes for `wait`.
    pub async fn silent_for(&mut self, wait: Duration) -> bool {
        let message = async { while let Some(Ok(Message::Ping(_))) = self.0.next().await {} };
        tokio::time::timeout(wait, message).await.is_err()
    }
}

pub fn ids(trades: &[Value]) -> Vec<u64> {
    trades
        .iter()
        .map(|trade| trade["a"].as_u64().unwrap())
        .collect()
}

/// Asks again until the answer is as wanted.
pub async fn until<F: Future<Output = bool>>(mut done: impl FnMut() -> F) {
    let wait = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("the condition comes true");
}
