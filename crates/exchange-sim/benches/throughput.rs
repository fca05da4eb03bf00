//! What the simulator can carry: frames a second on one core, and the first page of each history.
//!
//! `cargo bench --bench throughput`

use std::{
    fs,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use exchange_sim::{EPOCH_MS, Model, Series, Sim, SimConfig, Span};
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

const DAY_MS: i64 = 86_400_000;
/// 2026-11-22 00:00 UTC.
const NOW_MS: i64 = 1_795_305_600_000;
const MEASURED: Duration = Duration::from_secs(5);

fn main() {
    // `cargo test` runs benches as tests; there is nothing to time then.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    history();
    frames();
}

fn history() {
    let model = Model::new(1, &["BTCUSDT".to_owned()], 5.0);
    const { assert!(NOW_MS - 1_095 * DAY_MS > EPOCH_MS) };
    for (name, count, length_ms, budget_ms) in [
        ("1m, 1,440 klines", 1_440, 60_000, 50),
        ("1h, 1,500 klines", 1_500, 3_600_000, 200),
        ("1d, 1,095 klines", 1_095, DAY_MS, 1_500),
    ] {
        let spans: Vec<Span> = (0..count)
            .map(|i| {
                (
                    NOW_MS - (count - i) * length_ms,
                    NOW_MS - (count - i - 1) * length_ms,
                )
            })
            .collect();
        let started = Instant::now();
        let klines = model.aggregate(0, &spans);
        let took = started.elapsed();
        assert!(klines.iter().all(Option::is_some));
        report(
            name,
            &format!("{took:.1?}"),
            &format!("{budget_ms} ms"),
            took <= Duration::from_millis(budget_ms),
        );
    }
}

/// The simulator on a thread of its own, one client on another.
fn frames() {
    let (addr_out, addr_in) = mpsc::channel();
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let simulator = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let config = SimConfig {
                rate: 10_000.0,
                client_buffer_frames: 1_000_000,
                ..SimConfig::default()
            };
            let sim = Sim::bind(config).await.expect("a free port");
            addr_out.send(sim.addr()).expect("the client waits");
            let ended = tokio::spawn(sim.run(stopping.clone()));
            tokio::time::sleep(Duration::from_secs(1)).await;
            let (cpu, started) = (cpu_time(), Instant::now());
            tokio::time::sleep(MEASURED).await;
            let busy = (cpu_time() - cpu).as_secs_f64() / started.elapsed().as_secs_f64();
            stopping.cancel();
            ended.await.expect("no panic").expect("no failure");
            busy
        })
    });
    let addr = addr_in.recv().expect("the simulator starts");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let received = runtime.block_on(async {
        let streams: Vec<String> = exchange_sim::DEFAULT_SYMBOLS
            .iter()
            .map(|name| format!("{}@aggTrade", name.to_lowercase()))
            .collect();
        let url = format!("ws://{addr}/market/stream?streams={}", streams.join("/"));
        let (mut socket, _) = tokio_tungstenite::connect_async(url)
            .await
            .expect("it accepts");
        let (mut frames, mut started) = (0_u64, None);
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() {
                frames += 1;
                started.get_or_insert_with(Instant::now);
            }
        }
        frames as f64 / started.map_or(1.0, |at| at.elapsed().as_secs_f64())
    });
    let busy = simulator.join().expect("no panic");
    report(
        "frames/s to a client",
        &format!("{received:.0}"),
        "50000",
        received >= 50_000.0,
    );
    let capacity = received / busy;
    report(
        "frames/s a busy core carries",
        &format!("{capacity:.0}"),
        "50000",
        capacity >= 50_000.0,
    );
}

fn report(what: &str, figure: &str, budget: &str, met: bool) {
    println!(
        "{what:<32} {figure:>12}   budget {budget:>10}   {}",
        if met { "met" } else { "MISSED" }
    );
}

/// CPU time of this thread, as Linux counts it.
fn cpu_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(
        text.split_whitespace()
            .next()
            .and_then(|ns| ns.parse().ok())
            .unwrap_or(0),
    )
}
