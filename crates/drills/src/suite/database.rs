//! The database away.

use anyhow::Result;

use crate::{Lab, Setup, Stack, database::Access, stack::pause};

/// Stopped for a while at full load; killed as soon as it takes again what was held.
pub(crate) async fn outage(lab: &Lab) -> Result<Stack> {
    // Trades a second of both symbols together, and for how many seconds.
    let (rate, seconds) = lab.sized((1_000.0, 4), (5_000.0, 60));
    let setup = Setup::brisk()
        .access(Access::OwnServer)
        .market(|sim| sim.rate = rate / 2.0 / sim.time_warp);
    let mut stack = lab.stack(setup).await?;
    stack.until_stored(250).await?;

    stack.database().server()?.stop().await?;
    stack.ledger.faults += 1;
    stack
        .exchange
        .until_traded((rate / 2.0) as i64 * seconds)
        .await?;
    stack.database().server()?.start_again().await?;

    stack.until_stored(200).await?;
    stack.database().server()?.kill().await?;
    stack.ledger.faults += 1;
    stack.exchange.until_traded(rate as i64 / 2).await?;
    stack.database().server()?.start_again().await?;
    stack.until_caught_up().await?;
    Ok(stack.tells("ingestor_write_errors_total"))
}

/// Cut off in the ways in which networks fail.
pub(crate) async fn cut(lab: &Lab) -> Result<Stack> {
    let mut stack = lab.stack(Setup::brisk().access(Access::Proxied)).await?;
    for _ in 0..lab.sized(1, 5) {
        for fail in [
            testkit::Proxy::cut,
            testkit::Proxy::refuse,
            testkit::Proxy::silence,
        ] {
            stack.until_stored(150).await?;
            fail(stack.database().proxy()?);
            stack.ledger.faults += 1;
            stack.exchange.until_traded(400).await?;
            stack.database().proxy()?.restore();
            stack.until_caught_up().await?;
        }
    }
    Ok(stack.tells("ingestor_write_errors_total"))
}

/// Away for longer than the spool has room: what is dropped is known to be missing, and fetched again.
pub(crate) async fn spool_full(lab: &Lab) -> Result<Stack> {
    let setup = Setup::brisk()
        .access(Access::Proxied)
        .market(|sim| sim.rate = 75.0)
        .ingestor("INGESTOR_SPOOL_MAX_BYTES", 1 << 20);
    let mut stack = lab.stack(setup).await?;
    for _ in 0..lab.sized(1, 3) {
        stack.until_stored(250).await?;
        stack.database().proxy()?.refuse();
        stack.ledger.faults += 1;
        stack.exchange.until_traded(17_000).await?;
        stack.database().proxy()?.restore();
        stack.until_caught_up().await?;
    }
    Ok(stack
        .tells("ingestor_spool_uses_total")
        .tells("ingestor_spool_dropped_total"))
}

/// The ingestor killed while everything that it has lies in the spool, and once more while the database is
/// still away.
pub(crate) async fn spool_kill(lab: &Lab) -> Result<Stack> {
    let mut stack = lab.stack(Setup::brisk().access(Access::Proxied)).await?;
    let mut lots = lab.lots();
    for _ in 0..lab.sized(2, 20) {
        stack.until_stored(150).await?;
        stack.database().proxy()?.refuse();
        stack.ledger.faults += 1;
        stack.exchange.until_traded(600).await?;
        for _ in 0..2 {
            pause(&mut lots, 500).await;
            stack.kill_ingestor().await?;
            stack.start_ingestor().await?;
        }
        stack.database().proxy()?.restore();
        stack.until_caught_up().await?;
    }
    Ok(stack.tells("ingestor_spool_uses_total"))
}
