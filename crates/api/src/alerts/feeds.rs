//! Whether trades arrive, as the evaluator sees it.

use std::{sync::Arc, time::Duration};

use store::{Store, SymbolId, feed_status, feed_status::StoredFeedStatus};
use tokio::{sync::watch, time::sleep};

use api_types::SymbolFeedState;
use market::Venue;

use crate::{hub::signal::Signal, status::symbol_state};

/// An age grows without anybody notifying of it.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// Several feeds may report at once.
const COALESCE: Duration = Duration::from_millis(100);

/// What feeds said last, and when the database was asked.
pub(super) type Feeds = Arc<[StoredFeedStatus]>;

/// Keeps `feeds` true, for ever.
pub(super) async fn follow(store: Store, signal: Arc<Signal>, feeds: watch::Sender<Feeds>) {
    loop {
        match feed_status::read(&store).await {
            Ok(read) => {
                feeds.send_replace(read.into());
            }
            // What was known stays; a database that is away has evaluators stand still anyway.
            Err(error) => tracing::debug!(%error, "the feed's status could not be read"),
        }
        sleep(COALESCE).await;
        tokio::select! {
            () = signal.raised() => {
                signal.take();
            }
            () = sleep(LOOK_PAUSE) => {}
        }
    }
}

/// Whether a leg's trades do not arrive, so that nothing can be said of the pair. A feed that never reported is
/// not known to be stale.
pub(super) fn is_stale(feeds: &Feeds, legs: &[(Venue, SymbolId)]) -> bool {
    legs.iter().any(|&(venue, symbol_id)| {
        let mut of_venue = feeds.iter().filter(|feed| feed.status.venue == venue);
        of_venue.next().is_some_and(|feed| {
            let state = symbol_state(feed, symbol_id);
            matches!(state, SymbolFeedState::Stale | SymbolFeedState::Off)
        })
    })
}

/// Seconds since the last message of the leg that has been silent for longest, and when that was found. A figure of
/// the database alone, so that another process comes to the same.
pub(super) fn silence_s(feeds: &Feeds, legs: &[(Venue, SymbolId)]) -> Option<(f64, i64)> {
    let mut longest: Option<(f64, i64)> = None;
    for &(venue, symbol_id) in legs {
        let feed = feeds.iter().find(|feed| feed.status.venue == venue)?;
        let age_ms = silence_ms(feed, symbol_id)?;
        let seconds = age_ms as f64 / 1e3;
        if longest.is_none_or(|(known, _)| known < seconds) {
            longest = Some((seconds, feed.read_at_ms));
        }
    }
    longest
}

/// The newest frame came `lag_ms` after its exchange time, and other symbols' last messages are as much older as
/// their exchange times are. A feed that stopped reporting is silent since then at least.
fn silence_ms(feed: &StoredFeedStatus, symbol_id: SymbolId) -> Option<i64> {
    let status = &feed.status;
    let mut of_symbol = status
        .last_message_ms
        .iter()
        .filter(|(id, _)| *id == symbol_id);
    let last_ms = of_symbol.next()?.1;
    let behind_ms = status
        .watermark_ms
        .map_or(0, |watermark| watermark - last_ms);
    let newest_ms = match (status.watermark_ms, status.lag_ms) {
        (Some(watermark), Some(lag)) => feed.read_at_ms - (watermark + lag),
        _ => feed.read_at_ms - feed.updated_at_ms,
    };
    Some((newest_ms + behind_ms).max(0))
}

#[cfg(test)]
mod tests {
    use market::FeedMode;
    use store::{FeedState, FeedStatus};

    use super::*;

    fn feeds(state: FeedState, read_at_ms: i64) -> Feeds {
        [StoredFeedStatus {
            status: FeedStatus {
                venue: Venue::Simulated,
                mode: FeedMode::Simulated,
                state,
                message: String::new(),
                watermark_ms: Some(1_000_000),
                lag_ms: Some(50),
                last_message_ms: vec![(SymbolId(1), 1_000_000), (SymbolId(2), 990_000)],
                backfill: None,
            },
            updated_at_ms: 1_000_100,
            read_at_ms,
        }]
        .into()
    }

    const ONE: (Venue, SymbolId) = (Venue::Simulated, SymbolId(1));
    const TWO: (Venue, SymbolId) = (Venue::Simulated, SymbolId(2));

    #[test]
    fn silence_is_that_of_the_leg_that_is_silent_for_longest() {
        let feeds = feeds(FeedState::Connected, 1_000_250);
        assert_eq!(silence_s(&feeds, &[ONE]), Some((0.2, 1_000_250)));
        assert_eq!(silence_s(&feeds, &[ONE, TWO]), Some((10.2, 1_000_250)));
        assert_eq!(
            silence_s(&feeds, &[ONE, (Venue::Simulated, SymbolId(3))]),
            None
        );
        assert_eq!(silence_s(&feeds, &[(Venue::Binance, SymbolId(1))]), None);
    }

    #[test]
    fn a_feed_that_reports_no_more_or_is_not_connected_is_stale_and_one_that_never_was_is_not() {
        let fine = feeds(FeedState::Connected, 1_000_250);
        assert!(!is_stale(&fine, &[ONE, TWO]));
        assert!(is_stale(&feeds(FeedState::Connected, 1_010_000), &[ONE]));
        assert!(is_stale(&feeds(FeedState::Reconnecting, 1_000_250), &[ONE]));
        assert!(is_stale(&feeds(FeedState::Stopped, 1_000_250), &[ONE]));
        assert!(!is_stale(&fine, &[(Venue::Binance, SymbolId(1))]));
    }
}
