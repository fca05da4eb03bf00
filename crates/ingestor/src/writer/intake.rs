//! Takes from the connections what they heard, and keeps it until it is stored.
//!
//! As a rule it stays in memory: the queue of the connections holds a few seconds. When the database takes
//! longer than that, everything that is not stored goes to the spool, and from then on through it, until the
//! spool has run empty. So the order in which batches were heard is that in which they are stored.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::Instant};

use crate::{batch::Batch, roster::Roster, spool::Spool, state::FeedShared};

/// Most rows that are written in one transaction. Larger ones gain nothing, and hold more.
const MAX_ROWS: usize = 20_000;

/// What is not stored after so long is kept on disk.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Under which name the spool speaks to the user.
const ABOUT: &str = "spool";

/// Batches on their way to the database.
pub(super) struct Taken {
    pub(super) batches: Arc<Vec<Batch>>,
    /// How many records at the front of the spool they are; `None` until there was a reason to put
    /// them there. That is done once: later they would stand behind others.
    on_disk: Option<usize>,
    since: Instant,
}

impl Taken {
    /// How many records of the spool it stands for.
    fn records(&self) -> usize {
        self.on_disk.unwrap_or_default()
    }

    /// Whether all that was heard of it is on disk.
    fn is_on_disk(&self) -> bool {
        self.records() >= live(&self.batches).count()
    }
}

pub(super) struct Intake {
    batches: mpsc::Receiver<Batch>,
    roster: Arc<Roster>,
    shared: Arc<FeedShared>,
    spool: Option<Spool>,
    /// What was fetched by REST can be fetched again, so it is not spooled. Whoever fetched it waits
    /// for it to be stored, so these are few.
    pages: VecDeque<Batch>,
    /// How often the spool was found full.
    drops: u32,
    is_dropping: bool,
    is_spooling: bool,
}

impl Intake {
    pub(super) fn new(
        batches: mpsc::Receiver<Batch>,
        roster: Arc<Roster>,
        shared: Arc<FeedShared>,
        spool: Option<Spool>,
    ) -> Self {
        Self {
            is_spooling: spool.as_ref().is_some_and(|spool| spool.records() > 0),
            batches,
            roster,
            shared,
            spool,
            pages: VecDeque::new(),
            drops: 0,
            is_dropping: false,
        }
    }

    /// What is to be stored next; `None` when nothing is left and nothing will come.
    pub(super) async fn take(&mut self) -> Option<Taken> {
        loop {
            let mut batches: Vec<_> = self.pages.drain(..).collect();
            let mut on_disk = None;
            if self.spooled() > 0 {
                let (oldest, records) = self.oldest().await;
                batches.extend(oldest);
                on_disk = Some(records);
                if batches.is_empty() {
                    self.forget(records).await;
                    continue;
                }
            } else {
                self.spool_is_empty();
                if batches.is_empty() {
                    batches.push(self.batches.recv().await?);
                }
                let mut rows: usize = batches.iter().map(Batch::len).sum();
                while rows < MAX_ROWS
                    && let Ok(batch) = self.batches.try_recv()
                {
                    rows += batch.len();
                    batches.push(batch);
                }
                for batch in &mut batches {
                    self.stamp(batch);
                }
            }
            self.gauge();
            return Some(Taken {
                batches: Arc::new(batches),
                on_disk,
                since: Instant::now(),
            });
        }
    }

    /// Waits, while `taken` is being stored, until a batch has come that memory is not to hold; `None` when
    /// the connections have ended. Nothing is lost when it is cut short.
    pub(super) async fn overflow(&mut self, taken: &Taken) -> Option<Batch> {
        if self.spool.is_none() {
            return std::future::pending().await;
        }
        // While the spool holds only what is being stored, the memory of the queue is enough for a while.
        if self.spooled() <= taken.records() {
            tokio::time::sleep_until(taken.since + PATIENCE).await;
        }
        self.batches.recv().await
    }

    /// What was taken is stored.
    pub(super) async fn stored(&mut self, taken: Taken) {
        self.forget(taken.records()).await;
        if let Some(batches) = Arc::into_inner(taken.batches) {
            for stored in batches.into_iter().filter_map(|batch| batch.stored) {
                let _ = stored.send(());
            }
        }
    }

    /// Keeps everything for the next start: what was taken, if that is not stored, and what the
    /// connections still hand on. Says how many rows could not be kept.
    pub(super) async fn keep_for_later(&mut self, mut taken: Taken) -> usize {
        self.secure(&mut taken).await;
        let mut lost = 0;
        if !taken.is_on_disk() {
            lost += taken.batches.iter().map(Batch::len).sum::<usize>();
        }
        // Whoever fetched a page waits for it to be stored; before that is given up, the queue does not end.
        drop(taken);
        self.pages.clear();
        while let Some(mut batch) = self.batches.recv().await {
            self.stamp(&mut batch);
            let rows = batch.len();
            if batch.session.is_some() && !self.append(&[&batch]).await {
                lost += rows;
            }
        }
        lost
    }

    /// Whether everything is safe on disk, however long it takes to store it.
    pub(super) fn holds(&self, taken: &Taken) -> bool {
        self.spooled() > 0 && taken.is_on_disk()
    }

    pub(super) fn spooled(&self) -> usize {
        self.spool.as_ref().map_or(0, Spool::records)
    }

    /// Puts a batch that has come, and those behind it, on disk: after what is being stored.
    pub(super) async fn relieve(&mut self, taken: &mut Taken, first: Batch) {
        self.secure(taken).await;
        let mut come = vec![first];
        while let Ok(batch) = self.batches.try_recv() {
            come.push(batch);
        }
        self.gauge();
        let (mut live, pages): (Vec<_>, Vec<_>) =
            come.into_iter().partition(|batch| batch.session.is_some());
        self.pages.extend(pages);
        for batch in &mut live {
            self.stamp(batch);
        }
        let live: Vec<&Batch> = live.iter().collect();
        if !live.is_empty() && !self.append(&live).await {
            // Batches that are dropped are a hole, and those behind it another session.
            self.drops += 1;
        }
    }

    /// Puts what is being stored on disk, before anything that comes after it.
    pub(super) async fn secure(&mut self, taken: &mut Taken) {
        if taken.on_disk.is_some() || self.spool.is_none() {
            return;
        }
        let batches = Arc::clone(&taken.batches);
        let live: Vec<&Batch> = live(&batches).collect();
        let before = self.spooled();
        if !live.is_empty() {
            self.append(&live).await;
        }
        taken.on_disk = Some(self.spooled() - before);
    }

    /// Whether all of them are on disk now. What is not is gone.
    async fn append(&mut self, batches: &[&Batch]) -> bool {
        let Some(spool) = &mut self.spool else {
            return false;
        };
        if !self.is_spooling {
            self.is_spooling = true;
            metrics::counter!("ingestor_spool_uses_total").increment(1);
            tracing::warn!(
                event = "spooling",
                "the database is slow or away: trades are kept on disk"
            );
            self.shared.note(ABOUT, "trades are kept on disk");
        }
        let appended = spool.append(batches, &self.roster).await;
        let (kept, reason) = match appended {
            Ok(kept) => (kept, "full".to_owned()),
            Err(error) => (0, error.to_string()),
        };
        let dropped: usize = batches[kept..].iter().map(|batch| batch.len()).sum();
        if dropped == 0 {
            if self.is_dropping {
                self.is_dropping = false;
                tracing::info!(event = "spool_has_room", "trades are kept on disk again");
                self.shared.note(ABOUT, "trades are kept on disk");
            }
            return true;
        }
        metrics::counter!("ingestor_spool_dropped_total").increment(dropped as u64);
        if !self.is_dropping {
            self.is_dropping = true;
            tracing::error!(event = "spool_full", %reason,
                "trades are dropped now; they will be recorded as gaps and fetched by REST");
            self.shared.note(
                ABOUT,
                format!(
                    "trades are dropped, to be fetched later: the spool cannot take them ({reason})"
                ),
            );
        }
        false
    }

    async fn oldest(&mut self) -> (Vec<Batch>, usize) {
        let Some(spool) = &mut self.spool else {
            return (Vec::new(), 0);
        };
        match spool.oldest(MAX_ROWS, &self.roster).await {
            Ok(oldest) => oldest,
            Err(error) => {
                tracing::error!(event = "spool_not_read", %error);
                tokio::time::sleep(PATIENCE).await;
                (Vec::new(), 0)
            }
        }
    }

    async fn forget(&mut self, records: usize) {
        if records > 0
            && let Some(spool) = &mut self.spool
            && let Err(error) = spool.remove(records).await
        {
            // They are stored again then, which changes nothing.
            tracing::error!(event = "spool_not_shortened", %error);
        }
    }

    fn spool_is_empty(&mut self) {
        if self.is_spooling {
            self.is_spooling = false;
            self.is_dropping = false;
            tracing::info!(
                event = "spool_drained",
                "the database has everything that was on disk"
            );
            self.shared.clear_note(ABOUT);
        }
    }

    /// Between batches of which others were dropped in between, ids are missing for that.
    fn stamp(&self, batch: &mut Batch) {
        if let Some(session) = &mut batch.session {
            session.drops = self.drops;
        }
    }

    fn gauge(&self) {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        metrics::gauge!("ingestor_queue_depth_batches").set(self.batches.len() as f64);
    }
}

/// Those that were heard, and not fetched.
fn live(batches: &[Batch]) -> impl Iterator<Item = &Batch> {
    batches.iter().filter(|batch| batch.session.is_some())
}

#[cfg(test)]
mod tests {
    use market::{FeedMode, Venue};
    use tokio::sync::oneshot;

    use super::*;

    fn intake(queue: mpsc::Receiver<Batch>) -> Intake {
        let roster = Arc::new(Roster::default());
        let shared = FeedShared::new(Venue::Simulated, FeedMode::Simulated, Arc::clone(&roster));
        Intake::new(queue, roster, Arc::new(shared), None)
    }

    #[tokio::test]
    async fn whoever_waits_for_a_page_to_be_stored_does_not_hold_up_the_end() {
        let (batches, queue) = mpsc::channel(2);
        let (stored, wait) = oneshot::channel();
        let page = Batch {
            stored: Some(stored),
            ..Batch::default()
        };
        batches.send(page).await.expect("room");
        let fetcher = tokio::spawn(async move {
            let outcome = wait.await;
            // Only then it is known whether there is more to send.
            drop(batches);
            outcome
        });
        let mut intake = intake(queue);
        let taken = intake.take().await.expect("the page");
        tokio::time::timeout(Duration::from_secs(60), intake.keep_for_later(taken))
            .await
            .expect("the queue ends");
        assert!(
            fetcher.await.expect("no panic").is_err(),
            "it is not stored"
        );
    }
}
