//! Puts batches into the database, in the order that keeps every id accounted for.
//!
//! Before the trades behind a hole, the hole itself is recorded; before a trade moves the cursor
//! on, the rejects that lie below it are. So whatever moment the process dies in, an id is stored,
//! or in `gaps`, or in `rejects`, or above the cursor and found missing at the next start.

use std::{collections::HashMap, sync::Arc, time::Duration};

use service::{Backoff, Health};
use store::{Store, StoreError, gaps, rejects, trades};
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};

use super::{
    DATABASE, FirstTrade, RecordedGap,
    enrol::{MarketLog, enrol},
    load::{Arrived, Load, database_id},
};
use crate::{
    attempt::{Failed, attempt},
    batch::{Batch, Session},
    contiguity::Seen,
    roster::{Market, Roster, Slot},
    state::FeedShared,
};

/// No exchange repeats as many ids as that: they are of another market, a recording for instance.
const FAR_BELOW: i64 = 10_000_000;

pub(super) struct Sink {
    pub(super) store: Store,
    pub(super) roster: Arc<Roster>,
    pub(super) shared: Arc<FeedShared>,
    pub(super) health: Health,
    pub(super) logs: HashMap<Slot, MarketLog>,
    pub(super) enrolled: mpsc::UnboundedSender<Vec<Arc<Market>>>,
    pub(super) first_trades: mpsc::UnboundedSender<FirstTrade>,
    pub(super) recorded_gaps: mpsc::Sender<RecordedGap>,
    pub(super) gaps_found: Arc<Notify>,
    /// Gaps that late trades have filled, until the database knows.
    pub(super) filled: Vec<i64>,
}

impl Sink {
    /// Tries until all of it is stored.
    pub(super) async fn write(&mut self, batches: &[Batch]) {
        self.enrol(batches).await;
        let mut load = Load::of(batches, &self.roster);
        self.apply_gap_rule(&mut load);
        let mut backoff = backoff();
        while let Err(error) = attempt(self.try_store(&mut load)).await {
            self.away(&error, load.rows(), &mut backoff).await;
        }
        self.there();
        self.announce(load);
    }

    /// Makes the markets known that the database has not been asked about yet.
    async fn enrol(&mut self, batches: &[Batch]) {
        let mut slots: Vec<Slot> = batches
            .iter()
            .flat_map(|batch| {
                let trades = batch.trades.iter().map(|(slot, _)| *slot);
                let rejects = batch.rejects.iter().filter_map(|reject| reject.slot);
                trades.chain(rejects).chain(batch.newcomers.iter().copied())
            })
            .filter(|slot| !self.logs.contains_key(slot))
            .collect();
        if slots.is_empty() {
            return;
        }
        slots.sort_unstable();
        slots.dedup();
        let markets: Vec<_> = slots.iter().map(|slot| self.roster.at(*slot)).collect();
        let mut backoff = backoff();
        let venue = self.shared.venue();
        let logs = loop {
            match attempt(enrol(&self.store, venue, &markets)).await {
                Ok(logs) => break logs,
                Err(error) => {
                    let rows = batches.iter().map(Batch::len).sum();
                    self.away(&error, rows, &mut backoff).await;
                }
            }
        };
        self.there();
        self.logs.extend(logs);
        tracing::info!(event = "markets_enrolled", markets = markets.len());
        // Nobody listens once the ingestor stops.
        let _ = self.enrolled.send(markets);
        // Gaps of earlier runs are theirs to repair now.
        self.gaps_found.notify_one();
    }

    fn there(&self) {
        self.health.ready(DATABASE);
        self.shared.clear_note(DATABASE);
    }

    /// Tells that the database does not do what it should, and waits a little.
    async fn away(&self, error: &Failed, rows: usize, backoff: &mut Backoff) {
        let wait = backoff.next_delay();
        metrics::counter!("ingestor_write_errors_total").increment(1);
        if error.is_transient() {
            tracing::warn!(event = "write_failed", %error, rows, retry_in_ms = wait.as_millis());
        } else {
            // A defect of the schema or of this program. Nothing is thrown away for it.
            tracing::error!(event = "write_refused", %error, rows, retry_in_ms = wait.as_millis());
        }
        self.health.not_ready(DATABASE, error.to_string());
        self.shared
            .note(DATABASE, "the database does not take trades; they are held");
        tokio::time::sleep(wait).await;
    }

    fn apply_gap_rule(&mut self, load: &mut Load) {
        for arrived in std::mem::take(&mut load.ids) {
            // What was rejected before the last stop is not missing between its neighbours.
            while let Some(rejected) = self.rejected_up_to(arrived) {
                self.observe(rejected, load);
            }
            self.observe(arrived, load);
        }
    }

    /// The next id up to this one that the database knows as rejected; each is named once.
    fn rejected_up_to(&mut self, arrived: Arrived) -> Option<Arrived> {
        let rejected = &mut self.logs.get_mut(&arrived.slot)?.rejected;
        let agg_id = *rejected.first().filter(|id| **id <= arrived.agg_id)?;
        rejected.pop_first();
        Some(Arrived {
            agg_id,
            time_ms: None,
            session: None,
            ..arrived
        })
    }

    fn observe(&mut self, arrived: Arrived, load: &mut Load) {
        let Some(log) = self.logs.get_mut(&arrived.slot) else {
            return;
        };
        let symbol_id = database_id(&self.roster, arrived.slot);
        let reason = why_missing(log.session, arrived.session);
        if arrived.session.is_some()
            && log.session.is_none()
            && log
                .ids
                .expected()
                .is_some_and(|next| arrived.agg_id + FAR_BELOW < next)
        {
            tracing::error!(event = "ids_went_back", %symbol_id,
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
                load.first.push(FirstTrade {
                    symbol_id,
                    agg_id: arrived.agg_id,
                    time_ms,
                });
            }
        }
        match seen {
            Seen::Ahead(missing) => {
                let trades = missing.to_id - missing.from_id + 1;
                metrics::counter!("ingestor_gaps_total", "reason" => reason).increment(1);
                metrics::counter!("ingestor_gap_trades_total", "reason" => reason)
                    .increment(trades.unsigned_abs());
                tracing::warn!(event = "gap", %symbol_id, reason, trades,
                    from_agg_id = missing.from_id, to_agg_id = missing.to_id);
                load.gaps.push(gaps::NewGap {
                    symbol_id,
                    from_agg_id: missing.from_id,
                    to_agg_id: missing.to_id,
                    from_ms: missing.from_ms,
                    to_ms: missing.to_ms,
                    reason: reason.to_owned(),
                });
                load.missing.push((arrived.slot, missing));
            }
            Seen::Filled => metrics::counter!("ingestor_late_trades_total").increment(1),
            Seen::First | Seen::Next | Seen::Past => {}
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
            for ((slot, missing), gap_id) in load.missing.iter().zip(keys) {
                if let Some(log) = self.logs.get_mut(slot) {
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
            let _ = self.first_trades.send(first);
        }
        if !load.missing.is_empty() {
            self.gaps_found.notify_one();
        }
        for (gap, (_, missing)) in load.gaps.iter().zip(load.missing) {
            let symbol_id = gap.symbol_id;
            let _ = self
                .recorded_gaps
                .try_send(RecordedGap { symbol_id, missing });
        }
    }

    /// Closes gaps that late trades have filled; those that cannot be closed now are tried again
    /// with the next batch.
    pub(super) async fn close_gaps(&mut self) {
        self.filled
            .extend(self.logs.values_mut().flat_map(|log| log.ids.take_filled()));
        while let Some(gap_id) = self.filled.last() {
            if let Err(error) = attempt(gaps::mark_filled(&self.store, *gap_id)).await {
                tracing::warn!(event = "gap_not_closed", gap_id, %error);
                break;
            }
            metrics::counter!("ingestor_gaps_filled_total").increment(1);
            tracing::info!(event = "gap_filled", gap_id);
            self.filled.pop();
        }
    }
}

/// Why ids are missing between what was heard in one session and in another.
fn why_missing(before: Option<Session>, now: Option<Session>) -> &'static str {
    match (before, now) {
        (None, _) => "restart",
        (Some(before), Some(now)) if before.run_ms != now.run_ms => "restart",
        (Some(before), Some(now)) if before.drops != now.drops => "spool_full",
        (Some(before), Some(now)) if before != now => "reconnect",
        _ => "skipped",
    }
}

fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(100), Duration::from_secs(5))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_gap_is_what_happened_between_its_neighbours() {
        let session = Session {
            run_ms: 1,
            drops: 0,
            connection: 5,
        };
        let now = |change: fn(&mut Session)| {
            let mut now = session;
            change(&mut now);
            why_missing(Some(session), Some(now))
        };
        assert_eq!(why_missing(None, Some(session)), "restart");
        assert_eq!(now(|now| now.run_ms = 2), "restart");
        assert_eq!(now(|now| now.drops = 1), "spool_full");
        assert_eq!(now(|now| now.connection = 6), "reconnect");
        assert_eq!(now(|_| ()), "skipped");
    }
}
