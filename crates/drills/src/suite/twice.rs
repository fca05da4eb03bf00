//! Two of a kind at once.

use anyhow::Result;

use crate::{Lab, Setup, Stack};

pub(crate) async fn ingestors(lab: &Lab) -> Result<Stack> {
    let mut stack = lab.stack(Setup::brisk()).await?;
    // What the one rejects, the other does not fetch.
    stack.exchange.fault("zero_price,every=61").await?;
    stack.start_ingestor().await?;
    for _ in 0..lab.sized(2, 10) {
        stack.until_stored(250).await?;
        // The elder one goes; whoever stays has everything.
        stack.kill_ingestor().await?;
        stack.until_stored(250).await?;
        stack.start_ingestor().await?;
    }
    stack.until_stored(250).await?;
    Ok(stack.tells("ingestor_trades_duplicate_total"))
}

pub(crate) async fn aggregators(lab: &Lab) -> Result<Stack> {
    let setup = Setup::brisk().aggregator("AGGREGATOR_LEASE_MS", 1_000);
    let mut stack = lab.stack(setup).await?;
    stack
        .exchange
        .fault("delay,every=40,delay_ms=20000")
        .await?;
    for _ in 0..lab.sized(2, 10) {
        stack.start_aggregator().await?;
        stack.until_stored(250).await?;
        // The elder one holds the lease; the standby takes over.
        stack.kill_aggregator().await?;
        stack.until_stored(250).await?;
        stack.until_refreshed().await?;
    }
    Ok(stack)
}
