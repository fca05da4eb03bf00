//! Trades that the stream left out, asked for by their ids while it goes on.
//!
//! The table of gaps is the list of what to do, so a crash loses nothing of it: page by page the newest
//! gap that is not given up is made smaller, until nothing of it is left. What the exchange cannot give
//! stays an open gap that says why.

use std::{collections::HashMap, sync::Arc, time::Duration};

use store::{SymbolId, gaps, gaps::Gap, rejects};
use tokio::sync::{Notify, mpsc};

use super::{Backfill, page, retry::GaveUp};
use crate::{
    batch::Batch,
    roster::Market,
    venue::{TradePage, TradesFrom, Urgency, Venue},
};

/// A trade that comes a little late fills its gap by itself: it is waited for so long.
const SETTLING: Duration = Duration::from_secs(1);

/// The exchange drops trades at its own pace, so the last of its reach is not relied upon.
const REACH_MARGIN_MS: i64 = 60_000;

/// The exchange's pages lag behind its stream: so often a page without what it should have is asked for
/// again.
const LAGGING_PAGES: u32 = 5;
const PAGE_LAG: Duration = Duration::from_secs(1);

/// Repairs gaps of at most `max_trades` trades until the ingestor stops; 0 repairs none.
pub(crate) async fn repair_gaps<V: Venue>(
    backfill: Arc<Backfill<V>>,
    max_trades: u32,
    found: Arc<Notify>,
    batches: mpsc::Sender<Batch>,
) {
    let repair = Repair {
        backfill,
        max_trades: i64::from(max_trades),
        batches,
    };
    if max_trades > 0
        && let Err(GaveUp::Rest(error)) = repair.run(&found).await
    {
        // Refusals are given up gap by gap.
        tracing::error!(event = "repair_ended", %error);
    }
}

struct Repair<V> {
    backfill: Arc<Backfill<V>>,
    max_trades: i64,
    batches: mpsc::Sender<Batch>,
}

/// Why a gap, or its beginning, is not repaired.
#[derive(Clone, Copy)]
enum Hopeless {
    TooLarge,
    TooOld,
    NotAvailable,
    Refused,
}

impl Hopeless {
    const fn word(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::TooOld => "too_old",
            Self::NotAvailable => "not_available",
            Self::Refused => "refused",
        }
    }
}

impl<V: Venue> Repair<V> {
    async fn run(&self, found: &Notify) -> Result<(), GaveUp> {
        let reach = i64::from(self.backfill.venue.trades_per_page());
        let store = &self.backfill.store;
        loop {
            // Newest first, looked up for every page: a gap that opens now comes before an old one.
            let followed = self.backfill.roster.followed();
            let symbols: Vec<SymbolId> = followed.iter().filter_map(|market| market.id()).collect();
            let next = self
                .backfill
                .store(|| gaps::next_to_repair(store, &symbols, reach))
                .await?;
            if next.is_empty() {
                tokio::select! {
                    () = self.backfill.shutdown.cancelled() => return Err(GaveUp::Stopped),
                    () = found.notified() => {}
                }
                self.backfill.pause(SETTLING).await?;
                continue;
            }
            let next = self.still_missing(next).await?;
            if next.is_empty() {
                continue;
            }
            let now_ms = self
                .backfill
                .ask(None, || self.backfill.venue.server_time_ms())
                .await?;
            let oldest_ms = now_ms - self.backfill.venue.trades_reach_ms() + REACH_MARGIN_MS;
            let hopeful = self.sort_out(next, oldest_ms).await?;
            self.shorten(&hopeful, oldest_ms).await?;
        }
    }

    /// Closes what is stored by now, without a call; returns the rest.
    async fn still_missing(&self, gaps: Vec<Gap>) -> Result<Vec<Gap>, GaveUp> {
        let store = &self.backfill.store;
        let mut missing = Vec::new();
        for gap in gaps {
            let is_closed = self
                .backfill
                .store(|| gaps::close_if_stored(store, gap.gap_id))
                .await?;
            if is_closed {
                metrics::counter!("ingestor_gaps_filled_total").increment(1);
                tracing::info!(
                    event = "gap_filled",
                    gap_id = gap.gap_id,
                    "another ingestor heard what this one missed"
                );
            } else {
                missing.push(gap);
            }
        }
        Ok(missing)
    }

    /// Gives up what is not worth asking for; returns the rest.
    async fn sort_out(&self, gaps: Vec<Gap>, oldest_ms: i64) -> Result<Vec<Gap>, GaveUp> {
        let mut hopeful = Vec::new();
        for gap in gaps {
            if gap.gap.to_agg_id - gap.gap.from_agg_id >= self.max_trades {
                self.give_up(&gap, Hopeless::TooLarge).await?;
            } else if gap.gap.to_ms < oldest_ms {
                self.give_up(&gap, Hopeless::TooOld).await?;
            } else {
                hopeful.push(gap);
            }
        }
        Ok(hopeful)
    }

    /// Fetches one page of what these gaps of one symbol lack.
    async fn shorten(&self, gaps: &[Gap], oldest_ms: i64) -> Result<(), GaveUp> {
        let Some(newest) = gaps.last() else {
            return Ok(());
        };
        let Some(market) = self.backfill.followed(newest.gap.symbol_id) else {
            // It has just been left; its gaps wait until it is followed again.
            return Ok(());
        };
        let followed = market.as_ref();
        // One that reaches back beyond what the exchange keeps is asked for by time, and alone.
        let is_cut = newest.gap.from_ms < oldest_ms;
        let gaps = if is_cut {
            std::slice::from_ref(newest)
        } else {
            gaps
        };
        let first = &gaps[0];
        let fetched = if is_cut {
            self.first_since(followed, oldest_ms, newest.gap.to_ms)
                .await
        } else {
            self.starting_at(followed, first.gap.from_agg_id, first.gap.to_agg_id)
                .await
        };
        let page = match fetched {
            Ok(page) => page,
            Err(GaveUp::Rest(error)) => {
                tracing::error!(event = "repair_refused", gap_id = first.gap_id, %error);
                return self.give_up(first, Hopeless::Refused).await;
            }
            Err(stopped @ GaveUp::Stopped) => return Err(stopped),
        };
        let absent = if is_cut {
            Hopeless::TooOld
        } else {
            Hopeless::NotAvailable
        };
        let ids = page::ids(&page);
        let times: HashMap<i64, i64> = page
            .trades
            .iter()
            .map(|trade| (trade.agg_id, trade.time_ms))
            .collect();
        let mut found = Vec::new();
        for (place, gap) in gaps.iter().enumerate() {
            // The next page begins with the first gap that this one does not reach.
            let is_reached = ids.last().is_some_and(|last| gap.gap.from_agg_id <= *last);
            if place > 0 && !is_reached {
                break;
            }
            match contiguous(&ids, gap.gap.from_agg_id, gap.gap.to_agg_id) {
                None => self.give_up(gap, absent).await?,
                Some(run) => {
                    if run.0 > gap.gap.from_agg_id {
                        self.give_up_before(gap, run.0, absent).await?;
                    }
                    found.push((gap, run));
                }
            }
        }
        let rejected = self.rejected(&found).await?;
        let wanted = |id: i64| {
            if rejected.binary_search(&id).is_ok() {
                return false;
            }
            let mut runs = found.iter().map(|(_, run)| *run);
            runs.any(|(from, to)| (from..=to).contains(&id))
        };
        page::store(&self.batches, followed.slot(), page, wanted).await?;
        for (gap, run) in &found {
            self.settle(gap, *run, times.get(&run.1).copied()).await?;
        }
        Ok(())
    }

    /// Ids within the gaps that another ingestor rejected when it heard them: they are accounted for as they are, though
    /// the page has them.
    async fn rejected(&self, found: &[(&Gap, (i64, i64))]) -> Result<Vec<i64>, GaveUp> {
        let from = found.iter().map(|(_, (from, _))| *from).min();
        let to = found.iter().map(|(_, (_, to))| *to).max();
        let (Some((gap, _)), Some((from, to))) = (found.first(), from.zip(to)) else {
            return Ok(Vec::new());
        };
        let store = &self.backfill.store;
        self.backfill
            .store(|| rejects::within(store, gap.gap.symbol_id, from, to))
            .await
    }

    /// Makes a gap smaller by what is stored now.
    async fn settle(
        &self,
        gap: &Gap,
        (from, to): (i64, i64),
        time_ms: Option<i64>,
    ) -> Result<(), GaveUp> {
        metrics::counter!("ingestor_gap_trades_repaired_total")
            .increment((to - from + 1).unsigned_abs());
        tracing::info!(event = "gap_repaired", gap_id = gap.gap_id, symbol_id = %gap.gap.symbol_id,
            from_agg_id = from, to_agg_id = to, left = gap.gap.to_agg_id - to);
        let store = &self.backfill.store;
        if to == gap.gap.to_agg_id {
            return self
                .backfill
                .store(|| gaps::mark_filled(store, gap.gap_id))
                .await;
        }
        let time_ms = time_ms.unwrap_or(gap.gap.from_ms).max(gap.gap.from_ms);
        self.backfill
            .store(|| gaps::advance(store, gap.gap_id, to + 1, time_ms))
            .await
    }

    /// The page from `first` on; asked for again while it has nothing up to `last`.
    async fn starting_at(
        &self,
        followed: &Market,
        first: i64,
        last: i64,
    ) -> Result<TradePage, GaveUp> {
        let mut page = self.ask(followed, TradesFrom::Id(first)).await?;
        for _ in 1..LAGGING_PAGES {
            if contiguous(&page::ids(&page), first, last).is_some() {
                break;
            }
            self.backfill.pause(PAGE_LAG).await?;
            page = self.ask(followed, TradesFrom::Id(first)).await?;
        }
        Ok(page)
    }

    /// The first page with trades at or after `from_ms`, looked for up to `to_ms`.
    async fn first_since(
        &self,
        followed: &Market,
        mut from_ms: i64,
        to_ms: i64,
    ) -> Result<TradePage, GaveUp> {
        loop {
            let page = self.ask(followed, TradesFrom::TimeMs(from_ms)).await?;
            if !page::ids(&page).is_empty() || from_ms > to_ms {
                return Ok(page);
            }
            from_ms += self.backfill.venue.trades_search_ms();
        }
    }

    async fn ask(&self, followed: &Market, from: TradesFrom) -> Result<TradePage, GaveUp> {
        self.backfill
            .ask(None, || {
                self.backfill
                    .venue
                    .trades(followed.symbol(), from, Urgency::Background)
            })
            .await
    }

    async fn give_up(&self, gap: &Gap, why: Hopeless) -> Result<(), GaveUp> {
        metrics::counter!("ingestor_gaps_given_up_total", "reason" => why.word()).increment(1);
        tracing::warn!(event = "gap_given_up", gap_id = gap.gap_id, symbol_id = %gap.gap.symbol_id,
            reason = why.word(), from_agg_id = gap.gap.from_agg_id, to_agg_id = gap.gap.to_agg_id);
        let store = &self.backfill.store;
        self.backfill
            .store(|| gaps::give_up(store, gap.gap_id, why.word()))
            .await
    }

    async fn give_up_before(&self, gap: &Gap, from: i64, why: Hopeless) -> Result<(), GaveUp> {
        metrics::counter!("ingestor_gaps_given_up_total", "reason" => why.word()).increment(1);
        tracing::warn!(event = "gap_given_up_in_part", gap_id = gap.gap_id,
            symbol_id = %gap.gap.symbol_id, reason = why.word(),
            from_agg_id = gap.gap.from_agg_id, to_agg_id = from - 1);
        let store = &self.backfill.store;
        self.backfill
            .store(|| gaps::give_up_before(store, gap.gap_id, from, why.word()))
            .await
    }
}

/// The first ids within `first..=last` that follow each other without a hole: first and last of them.
fn contiguous(ids: &[i64], first: i64, last: i64) -> Option<(i64, i64)> {
    let mut wanted = ids.iter().copied().filter(|id| (first..=last).contains(id));
    let from = wanted.next()?;
    let mut to = from;
    for id in wanted {
        match id - to {
            0 => {}
            1 => to = id,
            _ => break,
        }
    }
    Some((from, to))
}

#[cfg(test)]
mod tests {
    use super::contiguous;

    #[test]
    fn a_page_is_used_up_to_its_first_hole_and_within_the_gap() {
        assert_eq!(contiguous(&[3, 4, 5, 6], 3, 5), Some((3, 5)));
        assert_eq!(contiguous(&[5, 6, 8, 9], 3, 9), Some((5, 6)));
        assert_eq!(contiguous(&[4, 4, 5], 4, 9), Some((4, 5)));
        assert_eq!(contiguous(&[10, 11], 3, 9), None);
        assert_eq!(contiguous(&[], 3, 9), None);
    }
}
