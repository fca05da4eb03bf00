//! Faults mixed at random, by a seed.

use std::time::{Duration, Instant};

use anyhow::Result;
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};

use crate::{Lab, Row, Setup, Stack, database::Access};

/// Pause between two faults at most.
const MOST_PAUSE_MS: u64 = 1_500;

/// Faults of the exchange that are drawn from; `{n}` is a number that is drawn as well.
const FAULTS: [&str; 16] = [
    "skip,count={n}",
    "duplicate,count={n}",
    "reorder,count={n}",
    "delay,count={n},delay_ms=20000",
    "zero_price,count={n}",
    "zero_qty,count={n}",
    "malformed,count={n}",
    "unknown_field,count={n}",
    "unknown_event,count={n}",
    "oversized,bytes=300000",
    "silent,duration_ms={n}0",
    "drop",
    "close",
    "half_open",
    "refuse,duration_ms={n}0",
    "rest_status,path=aggTrades,status=503,count=1",
];

/// Drills with faults of all kinds for so long, tells each with the time at which it came, and has the stack judged.
/// The seed draws the same faults in the same order.
pub async fn random(lab: &Lab, duration: Duration) -> Row {
    let name = format!("random {}", lab.seed);
    eprintln!("random faults for {duration:?}, seed {}", lab.seed);
    match mix(lab, duration).await {
        Ok(stack) => stack.judge(&name).await,
        Err(error) => Row::of(&name, Err(error.context(format!("seed {}", lab.seed)))),
    }
}

/// The member of the suite.
pub(crate) async fn short(lab: &Lab) -> Result<Stack> {
    eprintln!("random: seed {}", lab.seed);
    mix(lab, Duration::from_secs(lab.sized(15, 120))).await
}

async fn mix(lab: &Lab, duration: Duration) -> Result<Stack> {
    let setup = Setup::brisk()
        .access(Access::Proxied)
        .aggregator("AGGREGATOR_LEASE_MS", 1_000)
        .ingestor("INGESTOR_CONNECTION_SILENCE_MS", 2_000)
        .ingestor("INGESTOR_SYMBOL_SILENCE_MS", 1_000)
        .ingestor("INGESTOR_CONNECTION_MAX_AGE_MS", 5_000);
    let mut stack = lab.stack(setup).await?;
    let (mut lots, started) = (lab.lots(), Instant::now());
    while started.elapsed() < duration {
        let wait_ms = lots.random_range(0..MOST_PAUSE_MS);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        let done = strike(&mut stack, &mut lots).await?;
        eprintln!("{:>8.3} s  {done}", started.elapsed().as_secs_f64());
    }
    stack.database().proxy()?.restore();
    Ok(stack)
}

async fn strike(stack: &mut Stack, lots: &mut StdRng) -> Result<String> {
    let count = lots.random_range(1..60);
    let kind = lots.random_range(0..10);
    let fault = FAULTS.choose(lots).copied().unwrap_or("drop");
    Ok(match kind {
        0 => {
            stack.kill_ingestor().await?;
            stack.start_ingestor().await?;
            "kill -9 of the ingestor".to_owned()
        }
        1 => {
            stack.terminate_ingestor().await?;
            stack.start_ingestor().await?;
            "SIGTERM to the ingestor".to_owned()
        }
        2 => {
            stack.kill_aggregator().await?;
            stack.start_aggregator().await?;
            "kill -9 of the aggregator".to_owned()
        }
        3 => {
            let proxy = stack.database().proxy()?;
            if count % 2 == 0 {
                proxy.cut();
            } else {
                proxy.refuse();
            }
            tokio::time::sleep(Duration::from_millis(20 * count)).await;
            proxy.restore();
            stack.ledger.faults += 1;
            format!("the database cut off for {} ms", 20 * count)
        }
        _ => {
            let fault = fault.replace("{n}", &count.to_string());
            stack.exchange.fault(&fault).await?;
            fault
        }
    })
}
