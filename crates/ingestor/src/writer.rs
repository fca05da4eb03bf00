//! The one task that writes: what the connections heard goes into the store, in batches.
//!
//! Before the trades behind a hole, the hole itself is recorded; before a trade moves the cursor
//! on, the rejects that lie below it are. So whatever moment the process dies in, an id is stored,
//! or in `gaps`, or in `rejects`, or above the cursor and found missing at the next start.
//!
//! While the database is away, the writer keeps its load and tries again; behind it the queue fills,
//! and then the sockets are no longer read. A spool on disk belongs between the two: it would take
//! batches from the queue while `store_load` waits.

use std::{collections::HashMap, sync::Arc, time::Duration};

use service::{Backoff, Health};
use store::{Store, StoreError, SymbolId, TradeBatch, gaps, rejects, trades};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    attempt::{attempt, too_late},
    batch::Batch,
    contiguity::{Contiguity, Missing, Seen},
    state::FeedShared,
};

/// Most rows that are written in one transaction. Larger ones gain nothing, and hold more.
const MAX_ROWS: usize = 20_000;

/// No exchange repeats as many ids as that: they are of another market, a recording for instance.
const FAR_BELOW: i64 = 10_000_000;

/// Part of [`Health`] that the writer answers for.
pub(crate) const DATABASE: &str = "database";

/// Where a symbol's ids stand, and in which session they were last heard.
#[derive(Debug, Default)]
pub(crate) struct SymbolLog {
    pub(crate) ids: Contiguity,
    pub(crate) session: Option<u64>,
    /// Whether somebody waits to hear of the first live trade.
    pub(crate) announce_first: bool,
}

/// The first live trade of a symbol, stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FirstTrade {
    pub(crate) symbol_id: SymbolId,
    pub(crate) agg_id: i64,
    pub(crate) time_ms: i64,
}

/// A gap that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordedGap {
    pub(crate) symbol_id: SymbolId,
    pub(crate) missing: Missing,
}

pub(crate) struct Writer {
    pub(crate) store: Store,
    pub(crate) shared: Arc<FeedShared>,
    pub(crate) health: Health,
    pub(crate) batches: mpsc::Receiver<Batch>,
    pub(crate) logs: HashMap<SymbolId, SymbolLog>,
    /// Has room for one entry a symbol, and each is announced once.
    pub(crate) first_trades: mpsc::Sender<FirstTrade>,
    /// When it is full, the next start asks for the klines instead.
    pub(crate) recorded_gaps: mpsc::Sender<RecordedGap>,
    /// Told when gaps were recorded, so that repair looks at the table.
    pub(crate) gaps_found: Arc<Notify>,
    pub(crate) stop_timeout: Duration,
}

/// What is written together.
#[derive(Default)]
struct Load {
    trades: TradeBatch,
    rejects: Vec<rejects::Reject>,
    /// Those without symbol or id cannot be told from their like, so they must be written once.
    rejects_stored: bool,
    gaps: Vec<gaps::NewGap>,
    missing: Vec<(SymbolId, Missing)>,
    first: Vec<FirstTrade>,
    ids: Vec<Arrived>,
    exchange_ms: Option<i64>,
    stored: Vec<oneshot::Sender<()>>,
}

/// An id as it is put before the gap rule.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Arrived {
    symbol_id: SymbolId,
    agg_id: i64,
    time_ms: Option<i64>,
    session: Option<u64>,
}

impl Load {
    fn add(&mut self, batch: Batch) {
        let session = batch.session;
        for (symbol_id, trade) in batch.trades {
            self.trades.push(symbol_id, trade);
            self.ids.push(Arrived {
                symbol_id,
                agg_id: trade.agg_id,
                time_ms: Some(trade.time_ms),
                session,
            });
        }
        self.ids.extend(batch.rejects.iter().filter_map(|reject| {
            let (symbol_id, agg_id) = (reject.symbol_id?, reject.agg_id?);
            Some(Arrived {
                symbol_id,
                agg_id,
                time_ms: reject.time_ms,
                session,
            })
        }));
        self.rejects.extend(batch.rejects);
        self.exchange_ms = self.exchange_ms.max(batch.exchange_ms);
        self.stored.extend(batch.stored);
    }

    fn rows(&self) -> usize {
        self.trades.len() + self.rejects.len()
    }
}

impl Writer {
    /// Writes until all senders are gone and the queue is empty.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let mut filled = Vec::new();
        while let Some(batch) = self.batches.recv().await {
            let mut load = Load::default();
            load.add(batch);
            while load.rows() < MAX_ROWS
                && let Ok(batch) = self.batches.try_recv()
            {
                load.add(batch);
            }
            metrics::gauge!("ingestor_queue_depth_batches").set(count(self.batches.len()));
            self.apply_gap_rule(&mut load);
            let stored = tokio::select! {
                () = too_late(&shutdown, self.stop_timeout) => false,
                () = self.store_load(&mut load) => true,
            };
            if !stored {
                let rows = load.rows() + self.drop_queue();
                tracing::error!(
                    event = "stopped_without_database",
                    rows_not_written = rows,
                    "the next start records them as a gap"
                );
                return;
            }
            self.announce(load);
            tokio::select! {
                () = too_late(&shutdown, self.stop_timeout) => {}
                () = self.close_gaps(&mut filled) => {}
            }
        }
    }

    /// Sorted by id, so that what arrived a little out of order leaves no gap at all.
    fn apply_gap_rule(&mut self, load: &mut Load) {
        load.ids.sort_unstable();
        for arrived in load.ids.drain(..) {
            let Some(log) = self.logs.get_mut(&arrived.symbol_id) else {
                continue;
            };
            let reason = match (log.session, arrived.session) {
                (None, _) => "restart",
                (Some(before), Some(now)) if before != now => "reconnect",
                _ => "skipped",
            };
            if arrived.session.is_some()
                && log.session.is_none()
                && log
                    .ids
                    .expected()
                    .is_some_and(|next| arrived.agg_id + FAR_BELOW < next)
            {
                tracing::error!(event = "ids_went_back", symbol_id = %arrived.symbol_id,
                    agg_id = arrived.agg_id, expected = log.ids.expected());
                self.shared.note(
                    "ids",
                    "the exchange's trade ids are far below those stored: this database seems to \
                     hold another market",
                );
            }
            let seen = log.ids.observe(arrived.agg_id, arrived.time_ms);
            if arrived.session.is_some() {
                log.session = arrived.session;
                if log.announce_first
                    && let Some(time_ms) = arrived.time_ms
                {
                    log.announce_first = false;
                    let Arrived {
                        symbol_id, agg_id, ..
                    } = arrived;
                    load.first.push(FirstTrade {
                        symbol_id,
                        agg_id,
                        time_ms,
                    });
                }
            }
            match seen {
                Seen::Ahead(missing) => {
                    metrics::counter!("ingestor_gaps_total", "reason" => reason).increment(1);
                    tracing::warn!(event = "gap", symbol_id = %arrived.symbol_id, reason,
                        from_agg_id = missing.from_id, to_agg_id = missing.to_id);
                    load.gaps.push(gaps::NewGap {
                        symbol_id: arrived.symbol_id,
                        from_agg_id: missing.from_id,
                        to_agg_id: missing.to_id,
                        from_ms: missing.from_ms,
                        to_ms: missing.to_ms,
                        reason: reason.to_owned(),
                    });
                    load.missing.push((arrived.symbol_id, missing));
                }
                Seen::Filled => metrics::counter!("ingestor_late_trades_total").increment(1),
                Seen::First | Seen::Next | Seen::Past => {}
            }
        }
    }

    /// Tries until it is stored.
    async fn store_load(&mut self, load: &mut Load) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        loop {
            let error = match attempt(self.try_store(load)).await {
                Ok(()) => {
                    self.health.ready(DATABASE);
                    self.shared.clear_note(DATABASE);
                    return;
                }
                Err(error) => error,
            };
            let wait = backoff.next_delay();
            metrics::counter!("ingestor_write_errors_total").increment(1);
            metrics::gauge!("ingestor_queue_depth_batches").set(count(self.batches.len()));
            if error.is_transient() {
                tracing::warn!(event = "write_failed", %error, rows = load.rows(), retry_in_ms = wait.as_millis());
            } else {
                // A defect of the schema or of this program. Nothing is thrown away for it.
                tracing::error!(event = "write_refused", %error, rows = load.rows(), retry_in_ms = wait.as_millis());
            }
            self.health.not_ready(DATABASE, error.to_string());
            self.shared
                .note(DATABASE, "the database does not take trades; they are held");
            tokio::time::sleep(wait).await;
        }
    }

    /// Each step can be done again; the order is what keeps every id accounted for.
    async fn try_store(&mut self, load: &mut Load) -> Result<(), StoreError> {
        let started = Instant::now();
        if !load.rejects_stored {
            rejects::record(&self.store, &load.rejects).await?;
            load.rejects_stored = true;
        }
        if !load.gaps.is_empty() {
            let keys = gaps::record(&self.store, &load.gaps).await?;
            for ((symbol_id, missing), gap_id) in load.missing.iter().zip(keys) {
                if let Some(log) = self.logs.get_mut(symbol_id) {
                    log.ids.recorded(missing, gap_id);
                }
            }
        }
        let written = trades::write_batch(&self.store, &load.trades).await?;
        metrics::counter!("ingestor_trades_written_total").increment(written.inserted);
        metrics::counter!("ingestor_trades_duplicate_total").increment(written.duplicates);
        if written.rejected > 0 {
            metrics::counter!("ingestor_rejected_total", "reason" => "refused_by_store")
                .increment(written.rejected);
        }
        metrics::histogram!("ingestor_batch_seconds").record(started.elapsed().as_secs_f64());
        metrics::histogram!("ingestor_batch_rows").record(count(load.rows()));
        Ok(())
    }

    fn announce(&self, load: Load) {
        if let Some(exchange_ms) = load.exchange_ms {
            self.shared.stored_up_to(exchange_ms);
        }
        for first in load.first {
            // Nobody listens once the ingestor stops.
            let _ = self.first_trades.try_send(first);
        }
        if !load.missing.is_empty() {
            self.gaps_found.notify_one();
        }
        for (symbol_id, missing) in load.missing {
            let _ = self
                .recorded_gaps
                .try_send(RecordedGap { symbol_id, missing });
        }
        for stored in load.stored {
            let _ = stored.send(());
        }
    }

    /// Closes gaps that late trades have filled; those that cannot be closed now are tried again
    /// with the next batch.
    async fn close_gaps(&mut self, filled: &mut Vec<i64>) {
        filled.extend(self.logs.values_mut().flat_map(|log| log.ids.take_filled()));
        while let Some(gap_id) = filled.last() {
            if let Err(error) = attempt(gaps::mark_filled(&self.store, *gap_id)).await {
                tracing::warn!(event = "gap_not_closed", gap_id, %error);
                break;
            }
            tracing::info!(event = "gap_filled", gap_id);
            filled.pop();
        }
        let open: usize = self.logs.values().map(|log| log.ids.open_gaps()).sum();
        metrics::gauge!("ingestor_open_gaps").set(count(open));
    }

    fn drop_queue(&mut self) -> usize {
        self.batches.close();
        std::iter::from_fn(|| self.batches.try_recv().ok())
            .map(|batch| batch.len())
            .sum()
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(n: usize) -> f64 {
    n as f64
}
