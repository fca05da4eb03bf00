//! Writes the corpora anew, from the simulator and its faults: `cargo run -p fuzzing --example corpus`.

use std::{collections::BTreeMap, fs, net::SocketAddr, path::Path, time::Duration};

use anyhow::{Context, Result};
use exchange_sim::{FaultSpec, Sim, SimConfig};
use futures::{SinkExt, StreamExt};
use reqwest::Client;
use tokio_tungstenite::{connect_async, tungstenite::Message};
use tokio_util::sync::CancellationToken;

/// Faults of trades, and the name of a frame that each makes.
const FAULTS: [&str; 7] = [
    "zero_price",
    "zero_qty",
    "unknown_field",
    "malformed,replace=true",
    "unknown_event,replace=true",
    "oversized,bytes=400,replace=true",
    "duplicate",
];

/// Control messages whose answers are frames as well.
const SAID: [&str; 4] = [
    r#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#,
    r#"{"method":"SUBSCRIBE","params":["ethusdt@aggTrade"],"id":2}"#,
    r#"{"method":"NONSENSE","id":3}"#,
    "no JSON",
];

const CALLS: [(&str, &str); 6] = [
    ("time", "time"),
    ("exchange_info", "exchangeInfo"),
    ("agg_trades", "aggTrades?symbol=BTCUSDT&limit=5"),
    ("klines", "klines?symbol=BTCUSDT&interval=1m&limit=3"),
    ("unknown_symbol", "klines?symbol=NOSUCH&interval=1m"),
    ("bad_parameter", "aggTrades?symbol=BTCUSDT&limit=x"),
];

#[tokio::main]
async fn main() -> Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = SimConfig {
        symbols: ["BTCUSDT", "ETHUSDT"].map(str::to_owned).to_vec(),
        rate: 20.0,
        // The same trades every time.
        start_ms: Some(1_767_614_250_000),
        wait_for_client: true,
        ..SimConfig::default()
    };
    config.faults = FAULTS
        .iter()
        .map(|fault| fault.parse::<FaultSpec>().map_err(anyhow::Error::msg))
        .collect::<Result<_>>()?;
    let sim = Sim::bind(config).await?;
    let (address, stop) = (sim.addr(), CancellationToken::new());
    let running = tokio::spawn(sim.run(stop.clone()));
    write("frame", frames(address).await?)?;
    write("rest", replies(address).await?)?;
    stop.cancel();
    running.await??;
    Ok(())
}

/// In the order in which the faults strike, a frame each; then plain ones in both forms, and answers.
async fn frames(address: SocketAddr) -> Result<BTreeMap<String, String>> {
    let mut frames = BTreeMap::new();
    let combined = format!("ws://{address}/market/stream?streams=btcusdt@aggTrade");
    let (mut socket, _) = connect_async(combined).await?;
    let mut next = async || loop {
        match socket.next().await.context("the stream goes on")?? {
            Message::Text(text) => return anyhow::Ok(text.to_string()),
            _ => continue,
        }
    };
    for fault in FAULTS {
        let name = fault.split(',').next().unwrap_or(fault);
        frames.insert(name.to_owned(), next().await?);
    }
    frames.insert("trade_again".to_owned(), next().await?);
    frames.insert("trade".to_owned(), next().await?);
    let (mut socket, _) =
        connect_async(format!("ws://{address}/market/ws/btcusdt@aggTrade")).await?;
    let raw = socket.next().await.context("a frame")??;
    frames.insert("trade_raw".to_owned(), raw.to_string());
    let (mut socket, _) = connect_async(format!("ws://{address}/market/ws")).await?;
    for (number, said) in SAID.iter().enumerate() {
        socket.send(Message::text(*said)).await?;
        let answer = socket.next().await.context("an answer")??;
        frames.insert(format!("answer_{number}"), answer.to_string());
    }
    Ok(frames)
}

async fn replies(address: SocketAddr) -> Result<BTreeMap<String, String>> {
    let http = Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()?;
    let mut replies = BTreeMap::new();
    for (name, call) in CALLS {
        let url = format!("http://{address}/fapi/v1/{call}");
        replies.insert(name.to_owned(), http.get(url).send().await?.text().await?);
    }
    for (status, name) in [
        (429, "too_many"),
        (418, "banned"),
        (451, "restricted"),
        (503, "away"),
    ] {
        let fault = FaultSpec {
            status: Some(status),
            ..FaultSpec::new(exchange_sim::FaultKind::RestStatus)
        };
        let admin = format!("http://{address}/sim/v1/faults");
        http.post(admin)
            .json(&fault)
            .send()
            .await?
            .error_for_status()?;
        let url = format!("http://{address}/fapi/v1/aggTrades?symbol=BTCUSDT");
        replies.insert(name.to_owned(), http.get(url).send().await?.text().await?);
    }
    // What the fault `rest_truncated` sends is less than it announces, and never gets as far as a parser whole.
    let page = replies["agg_trades"].clone();
    replies.insert("truncated".to_owned(), page[..page.len() / 2].to_owned());
    Ok(replies)
}

fn write(corpus: &str, files: BTreeMap<String, String>) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(corpus);
    fs::create_dir_all(&folder)?;
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}
