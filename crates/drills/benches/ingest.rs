//! Trades a second from the WebSocket to committed rows, by the ingestor as a process of its own: beside a binary
//! COPY of the same rows and beside the common way in Python, fed with the same frames, in the same run.
//!
//! `cargo bench --bench ingest`. `FRAMES` says how many; `PYTHON` is a Python with
//! `reference/requirements.txt`, without which there is nothing to compare with.

use std::{
    collections::BTreeMap,
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use drills::{Exchange, Process, Settings, truth, until};
use exchange_sim::SimConfig;
use futures::StreamExt;
use market::{Trade, Venue};
use store::{SymbolId, SymbolSpec, cursors, gaps, symbols};
use testkit::TestDb;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::watch,
};
use tokio_tungstenite::{accept_async, connect_async};

const SYMBOLS: usize = 200;
const BUDGET: f64 = 50_000.0;
const MEMORY_BUDGET_MB: f64 = 60.0;

/// A minute's edge, so that no trade comes before the first that is sent.
const START_MS: i64 = 1_767_614_280_000;

/// The frames that are sent before the clock runs: every symbol's first is among them.
const WARM: f64 = 0.05;

#[tokio::main]
async fn main() -> Result<()> {
    // `cargo test` runs benches as tests; there is nothing to measure then.
    if !env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let frames = setting("FRAMES", 600_000);
    let exchange = Exchange::open(SimConfig {
        symbols: (0..SYMBOLS).map(|n| format!("S{n:03}USDT")).collect(),
        rate: 5.0,
        time_warp: 50.0,
        start_ms: Some(START_MS),
        weight_per_minute: 1_000_000,
        wait_for_client: true,
        client_buffer_frames: 10_000_000,
        ..SimConfig::default()
    })
    .await?;
    println!("recording {frames} frames of {SYMBOLS} symbols");
    let recording = Arc::new(Recording::take(&exchange, frames).await?);

    let ours = ingest(&exchange, &recording).await?;
    let copied = copy(&exchange, &recording).await?;
    let python = python(&exchange, &recording).await?;
    println!("ingestor                 {:>9.0} trades/s", ours.rate);
    println!("binary COPY, same rows   {copied:>9.0} rows/s");
    match python {
        Some(python) => println!("websockets + psycopg2    {python:>9.0} rows/s"),
        None => println!("PYTHON is not set: nothing to compare with"),
    }
    let times = python.map_or_else(String::new, |python| {
        format!(", {:.1} × websockets + execute_values", ours.rate / python)
    });
    println!(
        "budget: WebSocket to rows, {SYMBOLS} symbols: {:.0} trades/s, {:.0} % of a binary COPY{times}, budget ≥ {BUDGET:.0}: {}",
        ours.rate,
        ours.rate / copied * 100.0,
        verdict(ours.rate >= BUDGET)
    );
    println!(
        "budget: memory of the ingestor, {SYMBOLS} symbols at full rate: {:.1} MB, budget ≤ {MEMORY_BUDGET_MB:.0} MB: {}",
        ours.peak_mb,
        verdict(ours.peak_mb <= MEMORY_BUDGET_MB)
    );
    Ok(())
}

const fn verdict(holds: bool) -> &'static str {
    if holds { "holds" } else { "fails" }
}

fn setting(name: &str, default: usize) -> usize {
    let given = env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Frames as the exchange sent them, ready for the wire.
struct Recording {
    bytes: Vec<u8>,
    frames: usize,
    /// Where the part begins that is measured.
    warm: Warm,
    /// First and next id of each symbol.
    ids: BTreeMap<String, (i64, i64)>,
}

#[derive(Clone, Copy)]
struct Warm {
    bytes: usize,
    frames: usize,
}

impl Recording {
    /// Listens to the exchange, whose time then stands still.
    async fn take(exchange: &Exchange, frames: usize) -> Result<Self> {
        let streams: Vec<_> = exchange
            .symbols()
            .iter()
            .map(|name| format!("{}@aggTrade", name.to_lowercase()))
            .collect();
        let url = format!(
            "ws://{}/market/stream?streams={}",
            exchange.address(),
            streams.join("/")
        );
        let (mut socket, _) = connect_async(url).await?;
        let mut recording = Self {
            bytes: Vec::new(),
            frames: 0,
            warm: Warm {
                bytes: 0,
                frames: 0,
            },
            ids: BTreeMap::new(),
        };
        while recording.frames < frames {
            let message = socket.next().await.context("the stream goes on")??;
            if message.is_text() {
                recording.add(message.into_text()?.as_str())?;
            }
            if recording.warm.frames == 0 && recording.frames as f64 >= frames as f64 * WARM {
                ensure!(recording.ids.len() == SYMBOLS, "not every symbol was heard");
                recording.warm = Warm {
                    bytes: recording.bytes.len(),
                    frames: recording.frames,
                };
            }
        }
        exchange.pause().await?;
        Ok(recording)
    }

    /// A text frame of a server: no mask.
    fn add(&mut self, text: &str) -> Result<()> {
        let frame: serde_json::Value = serde_json::from_str(text)?;
        let id = frame["data"]["a"].as_i64().context("an id")?;
        let name = frame["data"]["s"].as_str().context("a symbol")?;
        let ids = self.ids.entry(name.to_owned()).or_insert((id, id));
        ids.1 = id + 1;
        let length = u16::try_from(text.len())?;
        ensure!(length > 125, "a short frame has another head");
        self.bytes.extend([0x81, 126]);
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend(text.as_bytes());
        self.frames += 1;
        Ok(())
    }

    /// What the frames say, by way of the market itself.
    fn trades(
        &self,
        exchange: &Exchange,
        ids: &BTreeMap<String, SymbolId>,
    ) -> Result<Vec<(SymbolId, Trade)>> {
        let mut rows = Vec::new();
        for (name, (first, next)) in &self.ids {
            let trades = truth::trades(exchange.series(), exchange.place(name)?, *first, *next);
            rows.extend(trades.into_iter().map(|trade| (ids[name], trade)));
        }
        Ok(rows)
    }
}

/// Sends the recording to whoever connects: what comes before the clock runs at once, the rest when told to.
struct Player {
    address: SocketAddr,
    go: watch::Sender<bool>,
}

impl Player {
    async fn start(recording: &Arc<Recording>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (go, told) = watch::channel(false);
        let recording = Arc::clone(recording);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(play(socket, Arc::clone(&recording), told.clone()));
            }
        });
        Ok(Self { address, go })
    }
}

async fn play(
    socket: TcpStream,
    recording: Arc<Recording>,
    mut go: watch::Receiver<bool>,
) -> Result<()> {
    // The handshake is the library's, the frames are written as they are.
    let mut socket = accept_async(socket).await?.into_inner();
    let (warm, rest) = recording.bytes.split_at(recording.warm.bytes);
    socket.write_all(warm).await?;
    go.wait_for(|go| *go).await?;
    socket.write_all(rest).await?;
    // Until the client goes.
    let mut said = [0; 1_024];
    while socket.read(&mut said).await? > 0 {}
    Ok(())
}

struct Ingested {
    rate: f64,
    peak_mb: f64,
}

async fn ingest(exchange: &Exchange, recording: &Arc<Recording>) -> Result<Ingested> {
    let db = TestDb::create().await?;
    let player = Player::start(recording).await?;
    let folder = tempfile::tempdir()?;
    let settings = Settings::from([
        ("DATABASE_URL", db.url().to_owned()),
        ("EXCHANGE_WS_URL", format!("ws://{}", player.address)),
        (
            "EXCHANGE_REST_URL",
            format!("http://{}", exchange.address()),
        ),
        ("SYMBOLS", exchange.symbols().join(",")),
        (
            "INGESTOR_SPOOL_DIR",
            folder.path().join("spool").display().to_string(),
        ),
        ("BACKFILL_1M_DAYS", "0".to_owned()),
        ("BACKFILL_1H_DAYS", "0".to_owned()),
        ("BACKFILL_1D_DAYS", "0".to_owned()),
        ("LOG_LEVEL", "info,sqlx=warn".to_owned()),
    ]);
    let program = PathBuf::from(env!("CARGO_BIN_EXE_drills"));
    let process =
        Process::start(&program, "ingestor", &settings, folder.path().join("log")).await?;
    until("coverage by trades to begin", async || {
        let known = symbols::list(db.store()).await?;
        let begun = known.iter().all(|info| info.trades_from_ms.is_some());
        Ok((begun && known.len() == SYMBOLS).then_some(()))
    })
    .await?;

    let started = Instant::now();
    player.go.send_replace(true);
    let wanted: i64 = recording.ids.values().map(|(_, next)| next - 1).sum();
    until("all frames to be rows", async || {
        let cursors = cursors::load_all(db.store()).await?;
        let stored: i64 = cursors.values().map(|cursor| cursor.last_agg_id).sum();
        Ok((stored >= wanted).then_some(()))
    })
    .await?;
    let took = started.elapsed();

    ensure!(
        gaps::totals(db.store()).await?.recorded == 0,
        "frames were missed"
    );
    let peak_mb = process.peak_kb()? as f64 / 1_024.0;
    process.terminate().await?;
    let trades = recording.frames - recording.warm.frames;
    Ok(Ingested {
        rate: per_second(trades, took),
        peak_mb,
    })
}

/// The limit: the same rows in one statement.
async fn copy(exchange: &Exchange, recording: &Recording) -> Result<f64> {
    let db = TestDb::create().await?;
    let rows = recording.trades(exchange, &register(&db, exchange).await?)?;
    let took = testkit::copy_trades_to(db.url(), &rows).await?;
    Ok(per_second(rows.len(), took))
}

/// A part of the frames is enough to tell the rate.
async fn python(exchange: &Exchange, recording: &Arc<Recording>) -> Result<Option<f64>> {
    let Some(python) = env::var_os("PYTHON") else {
        return Ok(None);
    };
    let db = TestDb::create().await?;
    let player = Player::start(recording).await?;
    player.go.send_replace(true);
    let ids = register(&db, exchange).await?;
    let ids: BTreeMap<_, _> = ids.iter().map(|(name, id)| (name, id.0)).collect();
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/ingest.py"))
        .env("DATABASE_URL", db.url())
        .env("WS_URL", format!("ws://{}", player.address))
        .env("SYMBOL_IDS", serde_json::to_string(&ids)?)
        .env("FRAMES", recording.frames.min(100_000).to_string())
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout)?;
    Ok(Some(printed.trim().parse()?))
}

async fn register(db: &TestDb, exchange: &Exchange) -> Result<BTreeMap<String, SymbolId>> {
    let specs: Result<Vec<_>, _> = exchange
        .symbols()
        .iter()
        .map(|name| name.parse().map(SymbolSpec::named))
        .collect();
    let known = symbols::register(db.store(), Venue::Simulated, &specs?).await?;
    let by_name = known
        .into_iter()
        .map(|(symbol, id)| (symbol.to_string(), id));
    Ok(by_name.collect())
}

fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}
