//! The stream as it should not be.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::{Lab, Setup, Stack, market_time, until};

/// Puts these faults in force, one after the other, each for so many trades a symbol.
async fn one_by_one(stack: &mut Stack, faults: &[&str], trades: i64) -> Result<()> {
    for fault in faults {
        stack.exchange.fault(fault).await?;
        stack.exchange.until_traded(trades).await?;
        stack.ledger.faults += stack.exchange.end_faults().await?;
    }
    stack.until_caught_up().await
}

pub(crate) async fn dropped(lab: &Lab) -> Result<Stack> {
    let stack = lab.stack(Setup::brisk()).await?;
    for _ in 0..lab.sized(2, 10) {
        for fault in ["drop", "close"] {
            stack.until_stored(200).await?;
            stack.exchange.fault("refuse,duration_ms=400").await?;
            stack.exchange.fault(fault).await?;
            stack.exchange.until_traded(300).await?;
            stack.until_caught_up().await?;
        }
    }
    Ok(stack
        .tells("ingestor_reconnects_total")
        .tells("ingestor_gaps_total{reason=\"reconnect\"}"))
}

pub(crate) async fn silent(lab: &Lab) -> Result<Stack> {
    let setup = Setup::brisk()
        .ingestor("INGESTOR_SYMBOL_SILENCE_MS", 1_000)
        .ingestor("INGESTOR_CONNECTION_SILENCE_MS", 3_000);
    let mut stack = lab.stack(setup).await?;
    let faults = ["silent,symbol=ETHUSDT", "silent"];
    for _ in 0..lab.sized(1, 5) {
        // Three seconds each: a second look at the symbol, and a connection that is made anew.
        one_by_one(&mut stack, &faults, 3 * 300).await?;
    }
    Ok(stack
        .tells("ingestor_silent_symbols_total")
        .tells("ingestor_gaps_total"))
}

pub(crate) async fn half_open(lab: &Lab) -> Result<Stack> {
    let setup = Setup::brisk().ingestor("INGESTOR_CONNECTION_SILENCE_MS", 1_000);
    let mut stack = lab.stack(setup).await?;
    for _ in 0..lab.sized(2, 10) {
        let before = stack.exchange.connections().await?;
        stack.exchange.fault("half_open").await?;
        until("another connection", async || {
            let open = stack.exchange.connections().await?;
            Ok(open.iter().any(|id| !before.contains(id)).then_some(()))
        })
        .await?;
        stack.ledger.faults += stack.exchange.end_faults().await?;
        stack.until_caught_up().await?;
    }
    Ok(stack.tells("ingestor_reconnects_total"))
}

pub(crate) async fn ids(lab: &Lab) -> Result<Stack> {
    let stack = lab.stack(Setup::brisk()).await?;
    for fault in ["skip,every=60", "duplicate,every=20", "reorder,every=15"] {
        stack.exchange.fault(fault).await?;
    }
    stack
        .exchange
        .until_traded(lab.sized(2_000, 20_000))
        .await?;
    Ok(stack
        .tells("ingestor_gaps_total{reason=\"skipped\"}")
        .tells("ingestor_trades_duplicate_total"))
}

/// Nothing is repaired here: what is late fills its own gap, and must be in bars that were refreshed without it.
pub(crate) async fn late(lab: &Lab) -> Result<Stack> {
    let setup = Setup::brisk().ingestor("GAP_REPAIR_MAX", 0);
    let mut stack = lab.stack(setup).await?;
    stack
        .exchange
        .fault("delay,every=50,delay_ms=40000")
        .await?;
    for _ in 0..lab.sized(3, 10) {
        stack.exchange.until_traded(700).await?;
        stack.until_refreshed().await?;
    }
    stack.ledger.faults += stack.exchange.end_faults().await?;
    stack.until_no_gap().await?;
    Ok(stack
        .tells("ingestor_late_trades_total")
        .tells("ingestor_gaps_total{reason=\"skipped\"}"))
}

pub(crate) async fn roll_over(lab: &Lab) -> Result<Stack> {
    let setup = Setup::brisk()
        .market(|sim| sim.connection_lifetime_ms = 6_000)
        .ingestor("INGESTOR_CONNECTION_MAX_AGE_MS", 500);
    let stack = lab.stack(setup).await?;
    let times = lab.sized(3.0, 20.0);
    until("connections to be replaced", async || {
        let told = stack.told().await?;
        Ok((told.get("ingestor_roll_overs_total") >= times).then_some(()))
    })
    .await?;
    Ok(stack.tells("ingestor_trades_duplicate_total").without_gap())
}

pub(crate) async fn frames(lab: &Lab) -> Result<Stack> {
    let mut stack = lab.stack(Setup::brisk()).await?;
    let faults = [
        "malformed,count=20",
        "zero_price,count=20",
        "zero_qty,count=20",
        "unknown_event,count=20",
        "unknown_field,count=20",
        "oversized,count=2",
        // More than any frame may have: it costs the connection.
        "oversized,bytes=8000000",
    ];
    one_by_one(&mut stack, &faults, 150).await?;
    Ok(stack
        .rejects("malformed", 20)
        .rejects("non_positive_price", 20)
        .rejects("non_positive_qty", 20)
        .tells("ingestor_rejected_total{reason=\"malformed\"}")
        .tells("ingestor_rejected_total{reason=\"non_positive_price\"}")
        .tells("ingestor_other_frames_total"))
}

/// In real time: clocks can only be compared as they are. The exchange's is ahead by as much as it takes to come by
/// a leak, which is a minute or an hour.
pub(crate) async fn clock(lab: &Lab) -> Result<Stack> {
    let host_ms = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let setup = Setup::brisk().market(|sim| (sim.rate, sim.time_warp) = (300.0, 1.0));
    let (seed, symbols, rate) = (setup.sim.seed, &setup.sim.symbols, setup.sim.rate);
    let opening_ms = market_time::opening(seed, symbols, rate, host_ms + 60_000, 3_000)?;
    let setup = setup.market(|sim| sim.start_ms = Some(opening_ms));
    let stack = lab.stack(setup).await?;
    stack.exchange.fault("skip,every=100").await?;
    stack
        .exchange
        .until_traded(lab.sized(1_500, 20_000))
        .await?;
    until("trades that come before they are made", async || {
        let feeds = store::feed_status::read(stack.store()).await?;
        let lag_ms = feeds.first().and_then(|feed| feed.status.lag_ms);
        Ok(lag_ms.is_some_and(|lag_ms| lag_ms < 0).then_some(()))
    })
    .await?;
    Ok(stack)
}
