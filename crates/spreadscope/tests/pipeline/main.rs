//! The whole way from the exchange's frames to bars, on a real database: what is stored and shown
//! equals what was traded.

mod market;
mod stack;

use std::time::Duration;

use ::market::Interval;
use exchange_sim::{FaultKind, FaultSpec, Shift, SimConfig};
use stack::Stack;

/// 2 ½ minutes before a full hour, so that a run crosses borders of every intraday level.
const START_MS: i64 = 1_767_614_250_000;
const MINUTE_MS: i64 = 60_000;

#[tokio::test(flavor = "multi_thread")]
async fn trades_and_bars_equal_the_exchange_s_across_five_minute_borders_and_late_trades()
-> anyhow::Result<()> {
    let every = |kind, every| FaultSpec {
        every: Some(every),
        ..FaultSpec::new(kind)
    };
    let sim = SimConfig {
        symbols: ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
            .map(str::to_owned)
            .to_vec(),
        rate: 20.0,
        time_warp: 60.0,
        start_ms: Some(START_MS),
        faults: vec![
            // So late that the bars have been refreshed without it.
            FaultSpec {
                delay_ms: Some(40_000),
                ..every(FaultKind::Delay, 50)
            },
            every(FaultKind::Duplicate, 40),
            every(FaultKind::Reorder, 30),
            every(FaultKind::UnknownField, 35),
        ],
        ..SimConfig::default()
    };
    let mut stack = Stack::start(sim).await?;

    // Borders at +2:30 and +7:30, both with late trades.
    stack
        .wait_for_exchange_time(START_MS + 9 * MINUTE_MS)
        .await?;
    stack.stop_aggregator().await?;
    let refreshed = stack.refreshed_until_ms().await?;
    let stored_then = stack.stored_ids_before(refreshed).await?;
    stack
        .wait_for_exchange_time(START_MS + 11 * MINUTE_MS)
        .await?;
    stack.end_faults().await?;
    stack
        .wait_for_exchange_time(START_MS + 12 * MINUTE_MS)
        .await?;
    stack.pause_exchange().await?;
    stack.wait_until_all_is_stored().await?;

    let stored_now = stack.stored_ids_before(refreshed).await?;
    assert!(
        stored_now > stored_then,
        "no trade came late: {stored_then} ids before and after"
    );
    stack.assert_trades_equal().await?;
    for interval in Interval::ALL {
        stack.assert_bars_equal(interval).await?;
    }
    stack.refresh().await?;
    for interval in Interval::ALL {
        stack.assert_bars_equal(interval).await?;
    }
    stack.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_recording_gives_the_bars_of_its_own_aggregation() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    // Another recording may be named, as a check on real trades.
    let recording = match std::env::var_os("REPLAY_FILE") {
        Some(path) => path.into(),
        None => market::write_recording(folder.path())?,
    };
    let sim = SimConfig {
        replay: Some(recording.clone()),
        replay_shift: Shift::None,
        replay_speed: 60.0,
        // Seconds have no klines that could stand in for trades before the subscription.
        wait_for_client: true,
        ..SimConfig::default()
    };
    let mut stack = Stack::start(sim).await?;
    stack.wait_until_all_is_stored().await?;
    let truth = market::read_recording(&recording)?;
    for interval in [Interval::S1, Interval::M1, Interval::M5] {
        stack.assert_bars_are(interval, &truth).await?;
    }
    stack.stop_aggregator().await?;
    stack.refresh().await?;
    for interval in [Interval::S1, Interval::M1, Interval::M5] {
        stack.assert_bars_are(interval, &truth).await?;
    }
    stack.stop().await
}

/// How long a condition may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(240);
