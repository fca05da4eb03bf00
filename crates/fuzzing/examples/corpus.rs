//! Writes the corpora anew, from the simulator and its faults: `cargo run -p fuzzing --example corpus`.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use exchange_sim::{FaultSpec, Sim, SimConfig};
use futures::{SinkExt, StreamExt};
use queue_file::QueueFile;
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

/// Faults that leave something in what is spooled: rejects, repeated and missing ids.
const SPOOLED_FAULTS: [&str; 6] = [
    "zero_price,every=5",
    "zero_qty,every=7",
    "malformed,every=11",
    "duplicate,every=6",
    "reorder,every=9",
    "skip,every=13",
];

/// Trades of a symbol after which a spool holds enough.
const SPOOLED_TRADES: i64 = 100;

/// Records of it that are a corpus of their own.
const RECORDS: usize = 6;

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
    let sim = Sim::bind(market(&FAULTS)?).await?;
    let (address, stop) = (sim.addr(), CancellationToken::new());
    let running = tokio::spawn(sim.run(stop.clone()));
    write("frame", frames(address).await?)?;
    write("rest", replies(address).await?)?;
    stop.cancel();
    running.await??;

    let sim = Sim::bind(market(&SPOOLED_FAULTS)?).await?;
    let (address, stop) = (sim.addr(), CancellationToken::new());
    let running = tokio::spawn(sim.run(stop.clone()));
    let folder = tempfile::tempdir()?;
    spool(address, folder.path()).await?;
    stop.cancel();
    running.await??;
    let file = folder.path().join("simulated.queue");
    write("spool", spools(&file)?)?;
    write("record", records(&file)?)?;
    Ok(())
}

fn market(faults: &[&str]) -> Result<SimConfig> {
    let faults = faults.iter();
    Ok(SimConfig {
        symbols: ["BTCUSDT", "ETHUSDT"].map(str::to_owned).to_vec(),
        rate: 20.0,
        // The same trades every time.
        start_ms: Some(1_767_614_250_000),
        wait_for_client: true,
        faults: faults
            .map(|fault| fault.parse::<FaultSpec>().map_err(anyhow::Error::msg))
            .collect::<Result<_>>()?,
        ..SimConfig::default()
    })
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

/// What an ingestor leaves in a folder that hears the exchange and finds no database.
async fn spool(address: SocketAddr, folder: &Path) -> Result<()> {
    let config = ingestor::Config {
        // Nothing listens there.
        database_url: "postgres://nobody@127.0.0.1:1/nothing".to_owned(),
        exchange_ws_url: format!("ws://{address}"),
        exchange_rest_url: format!("http://{address}"),
        symbols: vec!["BTCUSDT".parse()?, "ETHUSDT".parse()?],
        spool_dir: Some(folder.to_owned()),
        spool_max_bytes: 0,
        ..ingestor::Config::default()
    };
    let stop = CancellationToken::new();
    let running = tokio::spawn(ingestor::run(config, stop.clone()));
    let (mut first, started) = (None, Instant::now());
    loop {
        let truth = reqwest::get(format!("http://{address}/sim/v1/truth")).await?;
        let truth: serde_json::Value = truth.json().await?;
        let next = truth[0]["next_id"].as_i64().context("an id")?;
        let is_spooling = folder.join("simulated.queue").exists();
        if is_spooling && next >= *first.get_or_insert(next) + SPOOLED_TRADES {
            break;
        }
        ensure!(
            started.elapsed() < Duration::from_secs(60),
            "nothing is spooled"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    running.await??;
    Ok(())
}

/// The file as it was left, and as a crash or a disk may leave it.
fn spools(file: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let whole = fs::read(file)?;
    let queue = QueueFile::with_capacity(file, whole.len() as u64)?;
    let end = usize::try_from(queue.used_bytes())?;
    let with = |at: usize, torn: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..at + torn.len()].copy_from_slice(torn);
        bytes
    };
    let spools = [
        ("torn_record", with(end - 40, &[0; 40])),
        ("torn_header_1", with(30, &[0xff; 26])),
        ("torn_header_2", with(4_096 + 30, &[0xff; 26])),
        ("half", whole[..whole.len() / 2].to_vec()),
        ("whole", whole.clone()),
    ];
    let named = |(name, bytes): (&str, Vec<u8>)| (name.to_owned(), bytes);
    Ok(spools.into_iter().map(named).collect())
}

fn records(file: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let queue = QueueFile::with_capacity(file, fs::metadata(file)?.len())?;
    let records = queue.iter().take(RECORDS).enumerate();
    Ok(records
        .map(|(number, record)| (format!("record_{number}"), record))
        .collect())
}

fn write(corpus: &str, files: BTreeMap<String, impl AsRef<[u8]>>) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(corpus);
    fs::create_dir_all(&folder)?;
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}
