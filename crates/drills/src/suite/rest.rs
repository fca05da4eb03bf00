//! REST that refuses while gaps wait for it.

use anyhow::Result;

use crate::{Lab, Setup, Stack};

pub(crate) async fn refusals(lab: &Lab) -> Result<Stack> {
    let stack = lab.stack(Setup::brisk()).await?;
    let faults = [
        "rest_status,path=aggTrades,status=429,retry_after_s=1,count=2",
        "rest_status,path=aggTrades,status=418,retry_after_s=1,count=1",
        "rest_status,path=aggTrades,status=503,count=2",
        "rest_truncated,path=aggTrades,count=2",
        "rest_slow,path=aggTrades,delay_ms=1500,count=2",
    ];
    for _ in 0..lab.sized(1, 4) {
        for fault in faults {
            stack.exchange.fault(fault).await?;
            // Each meets a gap that waits.
            stack.exchange.fault("skip,count=3").await?;
            stack.exchange.until_traded(200).await?;
        }
    }
    Ok(stack
        .tells("ingestor_gaps_total{reason=\"skipped\"}")
        .tells("ingestor_rest_weight_used"))
}
