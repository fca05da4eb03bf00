//! What the stack is doing, put together from what its parts report.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use api_types::{
    Backfill, Database, DatabaseFlavour, FeedMode, FeedState, FeedStatus, Gaps, NoParams,
    StatusResponse, SymbolFeed, SymbolFeedState, TableRows,
};
use store::{
    Flavour, Result, Store, SymbolId,
    feed_status::{self, CLOSING_DELAY_MS, StoredFeedStatus},
    gaps, rejects, schema,
    symbols::{self, SymbolInfo},
    trades,
};

use crate::convert;

/// An ingestor reports every second; one that has not for so long is not there.
pub(crate) const FEED_STALE_MS: i64 = 5_000;
/// A symbol that had no message for so long, while its feed is connected, is stale.
const SYMBOL_STALE_MS: i64 = 30_000;
/// What changes slowly is read at most so often.
const SLOW_PARTS_FOR: Duration = Duration::from_secs(10);

/// Reads the status. Cheap to clone; clones share what was read of the slow parts.
#[derive(Debug, Clone)]
pub(crate) struct StatusReader {
    store: Store,
    slow: Arc<Mutex<Option<(Instant, SlowParts)>>>,
}

#[derive(Debug, Clone)]
struct SlowParts {
    gaps: Gaps,
    rows: Vec<TableRows>,
    database: Database,
}

impl StatusReader {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            slow: Arc::default(),
        }
    }

    pub(crate) async fn read(&self) -> Result<StatusResponse> {
        let (mut feeds, symbols) =
            tokio::try_join!(feed_status::read(&self.store), symbols::list(&self.store))?;
        feeds.sort_by_key(|feed| std::cmp::Reverse(feed.updated_at_ms));
        let SlowParts {
            gaps,
            rows,
            database,
        } = self.slow_parts().await?;
        Ok(StatusResponse {
            as_of: convert::now_ms(),
            version: convert::VERSION.to_owned(),
            params: NoParams {},
            feeds: feeds
                .iter()
                .map(|feed| feed_as_sent(feed, &symbols))
                .collect(),
            gaps,
            rows,
            database,
        })
    }

    async fn slow_parts(&self) -> Result<SlowParts> {
        let known = self
            .slow
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some((_, parts)) = known.filter(|(read_at, _)| read_at.elapsed() < SLOW_PARTS_FOR) {
            return Ok(parts);
        }
        let store = &self.store;
        let (unfilled, rejected, trade_rows, flavour, schema_version) = tokio::try_join!(
            gaps::unfilled_summary(store),
            rejects::counts(store),
            trades::approximate_count(store),
            schema::flavour(store),
            schema::version(store),
        )?;
        let parts = SlowParts {
            gaps: Gaps {
                open: unfilled.gaps,
                missing_trades: unfilled.trades,
                rejected_trades: rejected.iter().map(|(_, count)| count).sum(),
            },
            rows: vec![TableRows {
                table: "trades".to_owned(),
                rows: trade_rows,
            }],
            database: Database {
                flavour: match flavour {
                    Flavour::Plain => DatabaseFlavour::Plain,
                    Flavour::Timescale => DatabaseFlavour::Timescale,
                },
                schema_version,
            },
        };
        *self.slow.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), parts.clone()));
        Ok(parts)
    }
}

fn feed_as_sent(feed: &StoredFeedStatus, symbols: &[SymbolInfo]) -> FeedStatus {
    let status = &feed.status;
    let own = symbols.iter().filter(|info| info.venue == status.venue);
    FeedStatus {
        venue: convert::venue(status.venue),
        mode: match status.mode {
            market::FeedMode::Live => FeedMode::Live,
            market::FeedMode::Simulated => FeedMode::Simulated,
            market::FeedMode::Replay => FeedMode::Replay,
        },
        state: feed_state(feed),
        message: Some(status.message.clone()).filter(|message| !message.is_empty()),
        lag_ms: status.lag_ms,
        watermark: status
            .watermark_ms
            .map(|watermark| watermark - CLOSING_DELAY_MS),
        updated_at: feed.updated_at_ms,
        backfill: status.backfill.map(|progress| Backfill {
            done: progress.done.into(),
            total: progress.total.into(),
        }),
        symbols: own
            .map(|info| SymbolFeed {
                symbol: info.spec.symbol.to_string(),
                state: symbol_state(feed, info.symbol_id),
                last_message: last_message(feed, info.symbol_id),
            })
            .collect(),
    }
}

/// What a feed is doing; one that does not report any more says so no more either.
pub(crate) fn feed_state(feed: &StoredFeedStatus) -> FeedState {
    if feed.status.state != store::FeedState::Stopped
        && feed.read_at_ms - feed.updated_at_ms > FEED_STALE_MS
    {
        return FeedState::Stale;
    }
    match feed.status.state {
        store::FeedState::Connected => FeedState::Connected,
        store::FeedState::Reconnecting => FeedState::Reconnecting,
        store::FeedState::Backfilling => FeedState::Backfilling,
        store::FeedState::Stopped => FeedState::Stopped,
    }
}

/// Whether the trades of a symbol of this feed arrive. Ages are on the exchange's own clock, which a
/// replay or a time warp sets as it likes.
pub(crate) fn symbol_state(feed: &StoredFeedStatus, symbol_id: SymbolId) -> SymbolFeedState {
    match (
        feed_state(feed),
        last_message(feed, symbol_id),
        feed.status.watermark_ms,
    ) {
        (FeedState::Stopped, ..) => SymbolFeedState::Off,
        (FeedState::Stale | FeedState::Reconnecting, ..) => SymbolFeedState::Stale,
        (_, None, _) => SymbolFeedState::Waiting,
        (_, Some(last), Some(watermark)) if watermark - last > SYMBOL_STALE_MS => {
            SymbolFeedState::Stale
        }
        _ => SymbolFeedState::Live,
    }
}

fn last_message(feed: &StoredFeedStatus, symbol_id: SymbolId) -> Option<i64> {
    let mut of_symbol = feed
        .status
        .last_message_ms
        .iter()
        .filter(|(id, _)| *id == symbol_id);
    of_symbol.next().map(|&(_, time_ms)| time_ms)
}

#[cfg(test)]
mod tests {
    use market::Venue;

    use super::*;

    fn feed(age_ms: i64, watermark_ms: i64) -> StoredFeedStatus {
        StoredFeedStatus {
            status: store::FeedStatus {
                venue: Venue::Simulated,
                mode: market::FeedMode::Simulated,
                state: store::FeedState::Connected,
                message: String::new(),
                watermark_ms: Some(watermark_ms),
                lag_ms: Some(3),
                last_message_ms: vec![(SymbolId(1), 1_000_000)],
                backfill: None,
            },
            updated_at_ms: 50_000,
            read_at_ms: 50_000 + age_ms,
        }
    }

    #[test]
    fn a_feed_that_does_not_report_is_stale_whatever_it_said_last() {
        assert_eq!(
            feed_state(&feed(FEED_STALE_MS, 1_000_000)),
            FeedState::Connected
        );
        assert_eq!(
            feed_state(&feed(FEED_STALE_MS + 1, 1_000_000)),
            FeedState::Stale
        );
        assert_eq!(
            symbol_state(&feed(6_000, 1_000_000), SymbolId(1)),
            SymbolFeedState::Stale
        );
    }

    #[test]
    fn a_stopped_feed_stays_stopped_and_its_symbols_are_off() {
        let mut feed = feed(60_000, 1_000_000);
        feed.status.state = store::FeedState::Stopped;
        assert_eq!(feed_state(&feed), FeedState::Stopped);
        assert_eq!(symbol_state(&feed, SymbolId(1)), SymbolFeedState::Off);
    }

    #[test]
    fn a_symbol_waits_for_its_first_message_and_is_stale_when_others_go_on_without_it() {
        assert_eq!(
            symbol_state(&feed(0, 1_000_000), SymbolId(2)),
            SymbolFeedState::Waiting
        );
        assert_eq!(
            symbol_state(&feed(0, 1_030_000), SymbolId(1)),
            SymbolFeedState::Live
        );
        assert_eq!(
            symbol_state(&feed(0, 1_030_001), SymbolId(1)),
            SymbolFeedState::Stale
        );
    }
}
