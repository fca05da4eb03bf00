//! The ingestor killed, and told to stop.

use anyhow::Result;

use crate::{Lab, Setup, Stack, stack::pause};

pub(crate) async fn kill_ingestor(lab: &Lab) -> Result<Stack> {
    let mut stack = lab.stack(Setup::brisk()).await?;
    // The cursor does not move on for a rejected id, and yet it is accounted for after a kill: as rejected if that was
    // recorded before, or else fetched again. So how many rejects there will be cannot be told.
    stack.exchange.fault("zero_price,every=61").await?;
    let mut lots = lab.lots();
    for _ in 0..lab.sized(4, 20) {
        stack.until_stored(150).await?;
        pause(&mut lots, 300).await;
        stack.kill_ingestor().await?;
        stack.exchange.until_traded(200).await?;
        stack.start_ingestor().await?;
    }
    stack.until_caught_up().await?;
    Ok(stack
        .tells("ingestor_gaps_total{reason=\"restart\"}")
        .tells("ingestor_trades_written_total"))
}

pub(crate) async fn sigterm(lab: &Lab) -> Result<Stack> {
    let setup = Setup::brisk().market(|sim| sim.rate = lab.sized(25.0, 125.0));
    let mut stack = lab.stack(setup).await?;
    let mut lots = lab.lots();
    for _ in 0..lab.sized(3, 10) {
        stack.until_stored(300).await?;
        pause(&mut lots, 300).await;
        stack.terminate_ingestor().await?;
        stack.start_ingestor().await?;
    }
    stack.until_caught_up().await?;
    Ok(stack.tells("ingestor_trades_received_total"))
}
