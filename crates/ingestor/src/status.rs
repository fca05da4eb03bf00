//! Writes the state of the feed once a second, for the api to show.

use std::{sync::Arc, time::Duration};

use service::Health;
use store::{FeedState, Store, feed_status, gaps};
use tokio_util::sync::CancellationToken;

use crate::state::FeedShared;

/// Part of [`Health`]: whether all connections are up.
pub(crate) const FEED: &str = "feed";

const EVERY: Duration = Duration::from_secs(1);

/// Longest time that one write may take; the next one says more than a late one.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Writes until `shutdown`; the caller writes the last word, after this one, unless it is too `late` for either.
pub(crate) async fn run(
    store: Store,
    shared: Arc<FeedShared>,
    health: Health,
    shutdown: CancellationToken,
    late: CancellationToken,
) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = every.tick() => {
                if shared.status().state == FeedState::Reconnecting {
                    health.not_ready(FEED, "not connected to the exchange");
                } else {
                    health.ready(FEED);
                }
                let written = late.run_until_cancelled(write(&store, &shared)).await;
                if written.is_some() {
                    shutdown.run_until_cancelled(gauge_gaps(&store)).await;
                }
            }
        }
    }
}

/// What the database says, as another ingestor may fill gaps too.
async fn gauge_gaps(store: &Store) {
    if let Ok(Ok(open)) = tokio::time::timeout(TIMEOUT, gaps::unfilled_summary(store)).await {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        {
            metrics::gauge!("ingestor_open_gaps").set(open.gaps as f64);
            metrics::gauge!("ingestor_open_gap_trades").set(open.trades as f64);
        }
    }
}

/// Writes once. A database that is away is not news here: the writer says so.
pub(crate) async fn write(store: &Store, shared: &FeedShared) {
    match tokio::time::timeout(TIMEOUT, feed_status::write(store, &shared.status())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(event = "status_not_written", %error),
        Err(_) => tracing::debug!(event = "status_not_written", error = "timed out"),
    }
}
