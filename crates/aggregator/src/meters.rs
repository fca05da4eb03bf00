//! Metrics: what each is called and when it is set.

use metrics::Unit;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use store::refresh::{LevelState, Refreshed};

/// To be called before anything is measured: it also makes sure that there is somebody to count.
pub(crate) fn describe() {
    service::metrics::handle();
    describe_histogram!(
        "aggregator_cycle_seconds",
        Unit::Seconds,
        "Duration of a refresh of all levels"
    );
    describe_counter!("aggregator_cycle_failures_total", "Refreshes that failed");
    describe_gauge!(
        "aggregator_pending_invalidations",
        "Invalidations that the last refresh left"
    );
    describe_gauge!(
        "aggregator_level_lag_seconds",
        Unit::Seconds,
        "How far the materialised bars of a level end before the newest trade (exchange time)"
    );
    describe_gauge!(
        "aggregator_lease_held",
        "1 in the instance that works, 0 in those that stand by"
    );
    describe_counter!(
        "aggregator_lease_lost_total",
        "Times that the lease was lost"
    );
    describe_gauge!(
        "aggregator_trades_floor_seconds",
        Unit::Seconds,
        "Raw trades before this time (Unix) are dropped"
    );
    describe_counter!(
        "aggregator_chunks_compressed_total",
        "Chunks of raw trades that were compressed"
    );
    // Present from the start, so that a dashboard tells 0 from absent.
    gauge!("aggregator_lease_held").set(0.0);
    counter!("aggregator_cycle_failures_total").absolute(0);
    counter!("aggregator_lease_lost_total").absolute(0);
}

pub(crate) fn lease_held(held: bool) {
    gauge!("aggregator_lease_held").set(if held { 1.0 } else { 0.0 });
}

pub(crate) fn lease_lost() {
    counter!("aggregator_lease_lost_total").increment(1);
}

pub(crate) fn cycle_failed() {
    counter!("aggregator_cycle_failures_total").increment(1);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a metric is a float; counts and milliseconds stay far below 2^53"
)]
pub(crate) fn cycle_done(
    refreshed: &Refreshed,
    levels: &[LevelState],
    newest_trade_ms: Option<i64>,
) {
    histogram!("aggregator_cycle_seconds").record(refreshed.duration.as_secs_f64());
    gauge!("aggregator_pending_invalidations").set(refreshed.pending as f64);
    for level in levels {
        if let (Some(newest_ms), Some(watermark_ms)) = (newest_trade_ms, level.watermark_ms) {
            let lag_ms = newest_ms.saturating_sub(watermark_ms).max(0);
            gauge!("aggregator_level_lag_seconds", "level" => level.interval.as_str())
                .set(lag_ms as f64 / 1e3);
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 stay far below 2^53"
)]
pub(crate) fn trades_floor(floor_ms: i64) {
    gauge!("aggregator_trades_floor_seconds").set(floor_ms as f64 / 1e3);
}

pub(crate) fn chunks_compressed(chunks: u32) {
    counter!("aggregator_chunks_compressed_total").increment(chunks.into());
}
