//! The whole way from the exchange's frames to bars, on a real database: what is stored and shown
//! equals what was traded.

mod recording;

use std::collections::BTreeMap;

use drills::{Exchange, Lab, Scale, Setup, Stack, compare, truth, until};
use exchange_sim::{FaultKind, FaultSpec, Shift, SimConfig};
use market::Interval;
use store::{BarRange, Store, bars, cursors, symbols, trades};

/// 2 ½ minutes before a full hour, so that a run crosses borders of every intraday level.
const START_MS: i64 = 1_767_614_250_000;
const MINUTE_MS: i64 = 60_000;

fn lab() -> Lab {
    Lab::new(env!("CARGO_BIN_EXE_drills").into(), Scale::Core, 1)
}

async fn until_time(exchange: &Exchange, store: &Store, time_ms: i64) -> anyhow::Result<()> {
    until("exchange time to come", async || {
        exchange.check()?;
        let stored = cursors::load_all(store).await?;
        let all = stored.values().all(|cursor| cursor.last_time_ms >= time_ms);
        Ok((all && !stored.is_empty()).then_some(()))
    })
    .await
}

/// How many trades before that time are stored.
async fn stored_before(store: &Store, time_ms: i64) -> anyhow::Result<usize> {
    let mut count = 0;
    for info in symbols::list(store).await? {
        let stored = trades::read(store, info.symbol_id, 0, 1_000_000).await?;
        count += stored
            .iter()
            .filter(|trade| trade.time_ms < time_ms)
            .count();
    }
    Ok(count)
}

#[tokio::test(flavor = "multi_thread")]
async fn trades_and_bars_equal_the_exchange_s_across_five_minute_borders_and_late_trades()
-> anyhow::Result<()> {
    let every = |kind, every| FaultSpec {
        every: Some(every),
        ..FaultSpec::new(kind)
    };
    let setup = Setup::brisk()
        .market(|sim| {
            *sim = SimConfig {
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
        })
        // What is late fills its gap by itself.
        .ingestor("GAP_REPAIR_MAX", 0);
    let mut stack = lab().stack(setup).await?;

    // Borders at +2:30 and +7:30, both with late trades.
    until_time(&stack.exchange, stack.store(), START_MS + 9 * MINUTE_MS).await?;
    stack.stop_aggregators().await?;
    let refreshed = stack.refreshed_until_ms().await?;
    let stored_then = stored_before(stack.store(), refreshed).await?;
    until_time(&stack.exchange, stack.store(), START_MS + 11 * MINUTE_MS).await?;
    stack.settle().await?;

    let stored_now = stored_before(stack.store(), refreshed).await?;
    assert!(
        stored_now > stored_then,
        "no trade came late: {stored_then} ids before and after"
    );
    stack.stop_ingestors().await?;
    let compared = compare::with_truth(stack.store(), &stack.exchange).await?;
    assert_eq!(compared.stored, compared.traded, "nothing is missing");
    assert_eq!(compared.incomplete, 0);
    stack.refresh().await?;
    let refreshed = compare::bars_with_truth(stack.store(), &stack.exchange).await?;
    assert_eq!(refreshed, compared.bars);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_recording_gives_the_bars_of_its_own_aggregation() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    // Another recording may be named, as a check on real trades.
    let path = match std::env::var_os("REPLAY_FILE") {
        Some(path) => path.into(),
        None => recording::write(folder.path())?,
    };
    let setup = Setup::brisk().market(|sim| {
        *sim = SimConfig {
            replay: Some(path.clone()),
            replay_shift: Shift::None,
            replay_speed: 60.0,
            // Seconds have no klines that could stand in for trades before the subscription.
            wait_for_client: true,
            ..SimConfig::default()
        };
    });
    let mut stack = lab().stack(setup).await?;
    let truth = recording::read(&path)?;
    until_all_is_stored(&stack, &truth).await?;
    assert_bars_are(&stack, &truth).await?;
    stack.stop_aggregators().await?;
    stack.refresh().await?;
    assert_bars_are(&stack, &truth).await
}

async fn until_all_is_stored(stack: &Stack, truth: &recording::Trades) -> anyhow::Result<()> {
    until("all of the recording to be stored", async || {
        stack.exchange.check()?;
        let last: Vec<_> = truth.values().filter_map(|trades| trades.last()).collect();
        let stored = stack.cursors().await?;
        let all = last.iter().map(|trade| trade.agg_id).eq(stored);
        Ok(all.then_some(()))
    })
    .await
}

/// The bars below an hour are those of these trades.
async fn assert_bars_are(stack: &Stack, truth: &recording::Trades) -> anyhow::Result<()> {
    let known: BTreeMap<_, _> = symbols::list(stack.store())
        .await?
        .into_iter()
        .map(|info| (info.spec.symbol.to_string(), info.symbol_id))
        .collect();
    for (name, trades) in truth {
        for interval in [Interval::S1, Interval::M1, Interval::M5] {
            let all = BarRange {
                from_ms: 0,
                to_ms: None,
                limit: 1_000_000,
            };
            let shown = bars::read(stack.store(), known[name], interval, all).await?;
            let expected = truth::bars_of(interval, trades);
            assert_eq!(shown.len(), expected.len(), "{name} {interval}");
            for (shown, expected) in shown.iter().zip(&expected) {
                assert!(
                    compare::same_bars(&shown.bar, expected),
                    "{name} {interval}: {shown:?} instead of {expected:?}"
                );
            }
        }
    }
    Ok(())
}
