//! The one task that writes: what the connections heard goes into the store, in batches, by way of the
//! spool if the database is away.
//!
//! | module | what |
//! | --- | --- |
//! | `intake` | what is to be stored next; keeps the rest in memory or on disk |
//! | `enrol` | markets and where their ids stand, as the database knows them |
//! | `load` | rows for one transaction |
//! | `sink` | the gap rule, and the order of writing that keeps every id accounted for |

mod enrol;
mod intake;
mod load;
mod sink;

use std::{collections::HashMap, sync::Arc};

use service::Health;
use store::{Store, SymbolId};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    batch::Batch,
    contiguity::Missing,
    roster::{Market, Roster},
    spool::Spool,
    state::FeedShared,
};
use intake::Intake;
use sink::Sink;

/// Part of [`Health`] that the writer answers for.
pub(crate) const DATABASE: &str = "database";

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

/// What the writer is given.
pub(crate) struct Writer {
    pub(crate) store: Store,
    pub(crate) roster: Arc<Roster>,
    pub(crate) shared: Arc<FeedShared>,
    pub(crate) health: Health,
    pub(crate) batches: mpsc::Receiver<Batch>,
    pub(crate) spool: Option<Spool>,
    /// Told once of each market, when the database knows it; so this queue has its bound.
    pub(crate) enrolled: mpsc::UnboundedSender<Vec<Arc<Market>>>,
    /// Told once of each market, as well.
    pub(crate) first_trades: mpsc::UnboundedSender<FirstTrade>,
    /// When it is full, the next start asks for the klines instead.
    pub(crate) recorded_gaps: mpsc::Sender<RecordedGap>,
    /// Told when gaps were recorded, so that repair looks at the table.
    pub(crate) gaps_found: Arc<Notify>,
    /// When a stop does not wait for the database any more.
    pub(crate) late: CancellationToken,
}

impl Writer {
    /// Writes until all senders are gone and all is stored, or kept for the next start.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut intake = Intake::new(
            self.batches,
            Arc::clone(&self.roster),
            Arc::clone(&self.shared),
            self.spool,
        );
        let mut sink = Sink {
            store: self.store,
            roster: self.roster,
            shared: self.shared,
            health: self.health,
            logs: HashMap::new(),
            enrolled: self.enrolled,
            first_trades: self.first_trades,
            recorded_gaps: self.recorded_gaps,
            gaps_found: self.gaps_found,
            filled: Vec::new(),
        };
        let late = self.late;
        loop {
            let taken = tokio::select! {
                biased;
                // What has come is kept for the next start, however late it is.
                taken = intake.take() => taken,
                () = late.cancelled() => None,
            };
            let Some(mut taken) = taken else { return };
            let batches = Arc::clone(&taken.batches);
            let stored = {
                let writing = sink.write(&batches);
                tokio::pin!(writing);
                let mut heard_all = false;
                loop {
                    tokio::select! {
                        () = &mut writing => break true,
                        () = late.cancelled() => break false,
                        // What is on disk already can as well be stored by the next start.
                        () = shutdown.cancelled(), if intake.holds(&taken) => break false,
                        come = intake.overflow(&taken), if !heard_all => match come {
                            Some(batch) => intake.relieve(&mut taken, batch).await,
                            None => {
                                heard_all = true;
                                intake.secure(&mut taken).await;
                            }
                        },
                    }
                }
            };
            drop(batches);
            if !stored {
                keep(&mut intake, taken).await;
                return;
            }
            intake.stored(taken).await;
            tokio::select! {
                () = late.cancelled() => {}
                () = sink.close_gaps() => {}
            }
        }
    }
}

/// Keeps what is not stored for the next start, as far as there is a place for it.
async fn keep(intake: &mut Intake, taken: intake::Taken) {
    match intake.keep_for_later(taken).await {
        0 => tracing::info!(
            event = "stopped_with_spool",
            records = intake.spooled(),
            "the next start stores what is on disk"
        ),
        rows => tracing::error!(
            event = "stopped_without_database",
            rows_not_written = rows,
            "the next start records them as a gap"
        ),
    }
}
