//! What every drill ends with: everything settles, and is compared with the truth.

use anyhow::{Context, Result, ensure};
use store::{FeedState, feed_status, gaps, refresh, rejects};

use crate::{Compared, Row, Stack, compare, until};

/// An ingestor has no more memory than this, whatever happens, in kB. The budget of a release build is 60 MB; a debug
/// build brings larger code along.
const MEMORY_KB: u64 = if cfg!(debug_assertions) {
    96 << 10
} else {
    60 << 10
};

/// What a drill expects beside the comparison.
#[derive(Debug, Default)]
pub(crate) struct Expectations {
    /// Metrics of the ingestors that are not zero.
    told: Vec<&'static str>,
    /// Whether a gap may have been recorded at all.
    no_gap: bool,
    /// Rejects by reason.
    rejects: Vec<(&'static str, i64)>,
}

impl Stack {
    /// The ingestors must have counted something under this name.
    #[must_use]
    pub(crate) fn tells(mut self, metric: &'static str) -> Self {
        self.expectations.told.push(metric);
        self
    }

    /// Nothing may have been missed, not even for a moment.
    #[must_use]
    pub(crate) fn without_gap(mut self) -> Self {
        self.expectations.no_gap = true;
        self
    }

    /// So many were rejected for this reason.
    #[must_use]
    pub(crate) fn rejects(mut self, reason: &'static str, count: i64) -> Self {
        self.expectations.rejects.push((reason, count));
        self
    }

    /// Ends the faults, lets everything settle, stops it, and compares.
    pub(crate) async fn judge(mut self, drill: &str) -> Row {
        let mut row = Row::of(drill, Ok(()));
        row.verdict = self.judged(&mut row).await;
        row
    }

    async fn judged(&mut self, row: &mut Row) -> Result<()> {
        self.settle().await.context("after the drill")?;
        let told = self.told().await?;
        self.stop_ingestors().await?;
        row.faults = self.ledger.faults;
        row.peak_kb = self.ledger.peak_kb;
        row.duplicates = told.get("ingestor_trades_duplicate_total") as u64;
        let gaps = gaps::totals(self.store()).await?;
        row.gaps = gaps.recorded.cast_unsigned();
        row.repaired = gaps.filled.cast_unsigned();

        let compared = compare::with_truth(self.store(), &self.exchange).await?;
        row.count(&compared);
        self.stop_aggregators().await?;
        self.refresh().await?;
        let refreshed = compare::bars_with_truth(self.store(), &self.exchange).await;
        row.bars += refreshed.context("after a refresh")?;

        for metric in &self.expectations.told {
            ensure!(
                told.get(metric) > 0.0,
                "the metrics do not tell of {metric}"
            );
        }
        if self.expectations.no_gap {
            ensure!(row.gaps == 0, "{} gaps though nothing was missed", row.gaps);
        }
        let rejected = rejects::counts(self.store()).await?;
        for (reason, count) in &self.expectations.rejects {
            let found = rejected.iter().find(|(other, _)| other == reason);
            let found = found.map_or(0, |(_, count)| *count);
            ensure!(
                found == *count,
                "{found} rejects for {reason} instead of {count}"
            );
        }
        ensure!(
            row.peak_kb <= MEMORY_KB,
            "an ingestor took {} MB of memory, {} are allowed",
            row.peak_kb >> 10,
            MEMORY_KB >> 10
        );
        Ok(())
    }

    /// Ends the faults and waits until everything that can be had is stored; then exchange time stands still.
    ///
    /// # Errors
    /// When it does not come to rest, or a process has died.
    pub async fn settle(&mut self) -> Result<()> {
        self.ledger.faults += self.exchange.end_faults().await?;
        // What was held back by a fault is sent with what is traded after it.
        self.exchange.until_traded(50).await?;
        self.until_caught_up().await?;
        self.until_no_gap_waits().await?;
        self.exchange.pause().await?;
        self.until_caught_up().await?;
        self.until_no_gap_waits().await?;
        until("back-fill to end", async || {
            self.exchange.check()?;
            let feeds = feed_status::read(self.store()).await?;
            let whole = |feed: &feed_status::StoredFeedStatus| {
                feed.status.state == FeedState::Connected && feed.status.backfill.is_none()
            };
            Ok((!feeds.is_empty() && feeds.iter().all(whole)).then_some(()))
        })
        .await?;
        self.check()
    }

    /// Waits until no gap is open that somebody still tries to fill.
    async fn until_no_gap_waits(&self) -> Result<()> {
        until("gaps to be filled or given up", async || {
            let open = gaps::unfilled(self.store()).await?;
            let waiting = open.iter().filter(|gap| gap.given_up.is_none()).count();
            ensure!(waiting == 0, "{waiting} gaps are open");
            Ok(Some(()))
        })
        .await
    }

    /// Waits until no gap is open at all.
    pub(crate) async fn until_no_gap(&self) -> Result<()> {
        until("gaps to be filled", async || {
            let open = gaps::unfilled_summary(self.store()).await?;
            ensure!(open.gaps == 0, "{} gaps are open", open.gaps);
            Ok(Some(()))
        })
        .await
    }

    /// Refreshes until nothing is left to do but the open end.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn refresh(&self) -> Result<()> {
        let goal_ms = self.refresh_goal_ms().await?;
        until("the refresh", async || {
            refresh::run(self.store(), None).await?;
            Ok((self.refreshed_until_ms().await? >= goal_ms).then_some(()))
        })
        .await
    }
}

impl Row {
    fn count(&mut self, compared: &Compared) {
        self.sent = compared.traded;
        self.stored = compared.stored;
        self.rejected = compared.rejected;
        self.bars = compared.bars;
    }
}
