//! A page of trades on its way to the writer.

use tokio::sync::{mpsc, oneshot};

use super::retry::GaveUp;
use crate::{batch::Batch, roster::Slot, venue::TradePage};

/// The ids of a page, those of its rejects among them, ascending.
pub(super) fn ids(page: &TradePage) -> Vec<i64> {
    let mut ids: Vec<i64> = page.trades.iter().map(|trade| trade.agg_id).collect();
    ids.extend(page.rejects.iter().filter_map(|reject| reject.agg_id));
    ids.sort_unstable();
    ids
}

/// Sends the part of a page whose ids are `wanted` to the writer, and waits until it is stored.
pub(super) async fn store(
    batches: &mpsc::Sender<Batch>,
    slot: Slot,
    page: TradePage,
    wanted: impl Fn(i64) -> bool,
) -> Result<(), GaveUp> {
    let trades = page.trades.into_iter();
    let mut batch = Batch {
        trades: trades
            .filter(|trade| wanted(trade.agg_id))
            .map(|trade| (slot, trade))
            .collect(),
        ..Batch::default()
    };
    for reject in &page.rejects {
        if reject.agg_id.is_some_and(&wanted) {
            let (agg_id, time_ms) = (reject.agg_id, reject.time_ms);
            batch.reject(Some(slot), agg_id, time_ms, reject.reason, &reject.raw);
        }
    }
    let (stored, wait) = oneshot::channel();
    batch.stored = Some(stored);
    if batches.send(batch).await.is_err() || wait.await.is_err() {
        return Err(GaveUp::Stopped);
    }
    Ok(())
}
