//! The minute in which a symbol was first heard: its trades before the first live one are fetched,
//! so that the border between klines and trades is a minute's edge.

use std::sync::Arc;

use futures::{StreamExt, stream::FuturesUnordered};
use market::Interval;
use store::symbols;
use tokio::sync::{mpsc, watch};

use super::{Backfill, PlannedMinutes, klines::fetch_up_to, page, retry::GaveUp};
use crate::{
    batch::Batch,
    venue::{TradesFrom, Urgency, Venue},
    writer::FirstTrade,
};

/// Tries to get the first minute; after that the border is the next minute's edge.
const ATTEMPTS: u32 = 5;

/// Why the first minute stays incomplete.
#[derive(Debug, thiserror::Error)]
enum Incomplete {
    #[error(transparent)]
    GaveUp(#[from] GaveUp),
    #[error("the exchange's pages leave out trade {0}")]
    Hole(i64),
}

/// Completes the first minute of each symbol that announces its first trade.
pub(crate) async fn complete_first_minutes<V: Venue>(
    backfill: Arc<Backfill<V>>,
    mut first_trades: mpsc::UnboundedReceiver<FirstTrade>,
    planned_minutes: watch::Receiver<PlannedMinutes>,
    batches: mpsc::Sender<Batch>,
) {
    let mut under_way = FuturesUnordered::new();
    let mut open = true;
    while open || !under_way.is_empty() {
        tokio::select! {
            () = backfill.shutdown.cancelled() => return,
            first = first_trades.recv(), if open => match first {
                Some(first) => {
                    backfill.shared.backfill_planned(1);
                    under_way.push(complete(&backfill, first, planned_minutes.clone(), &batches));
                }
                None => open = false,
            },
            Some(()) = under_way.next() => backfill.shared.backfill_advanced(1),
        }
    }
}

async fn complete<V: Venue>(
    backfill: &Backfill<V>,
    first: FirstTrade,
    planned_minutes: watch::Receiver<PlannedMinutes>,
    batches: &mpsc::Sender<Batch>,
) {
    let edge = Interval::M1.bucket_of(first.time_ms);
    let trades_from_ms = match fetch_minute(backfill, first, edge, batches).await {
        Ok(()) => edge,
        Err(Incomplete::GaveUp(GaveUp::Stopped)) => return,
        Err(error) => {
            tracing::warn!(event = "first_minute_incomplete", symbol_id = %first.symbol_id, %error,
                "bars of trades begin with the next minute");
            edge + Interval::M1.ms()
        }
    };
    let set = backfill
        .store(|| symbols::set_trades_from(&backfill.store, first.symbol_id, trades_from_ms))
        .await;
    let Ok(trades_from_ms) = set else { return };
    tracing::info!(event = "trades_begin", symbol_id = %first.symbol_id, trades_from_ms);
    let joined = fetch_up_to(backfill, first.symbol_id, planned_minutes, trades_from_ms).await;
    if let Err(GaveUp::Rest(error)) = joined {
        tracing::error!(event = "klines_refused", symbol_id = %first.symbol_id, %error);
    }
}

/// Stores the trades from the minute's edge up to the first live one.
async fn fetch_minute<V: Venue>(
    backfill: &Backfill<V>,
    first: FirstTrade,
    edge_ms: i64,
    batches: &mpsc::Sender<Batch>,
) -> Result<(), Incomplete> {
    let Some(followed) = backfill.followed(first.symbol_id) else {
        return Ok(());
    };
    let mut from = TradesFrom::TimeMs(edge_ms);
    let mut expected: Option<i64> = None;
    loop {
        let page = backfill
            .ask(Some(ATTEMPTS), || {
                backfill
                    .venue
                    .trades(followed.symbol(), from, Urgency::Live)
            })
            .await?;
        let ids = page::ids(&page);
        // An empty first page: nothing was traded in the minute before the stream began, or the
        // exchange's pages lag behind its stream.
        let Some(&last) = ids.last() else {
            return Err(Incomplete::Hole(first.agg_id - 1));
        };
        for id in ids.into_iter().filter(|id| *id < first.agg_id) {
            if expected.is_some_and(|expected| expected != id) {
                return Err(Incomplete::Hole(id));
            }
            expected = Some(id + 1);
        }
        let reached = last >= first.agg_id - 1;
        page::store(batches, followed.slot(), page, |id| id < first.agg_id).await?;
        if reached {
            return match expected {
                // Nothing of the minute came before the first live trade.
                None => Ok(()),
                Some(expected) if expected == first.agg_id => Ok(()),
                Some(expected) => Err(Incomplete::Hole(expected)),
            };
        }
        from = TradesFrom::Id(last + 1);
    }
}
