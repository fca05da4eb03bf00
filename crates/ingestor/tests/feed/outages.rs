//! The database away, and back again, without a spool.

use std::time::Duration;

use ingestor::Config;

use crate::{
    cable::{Cable, Line},
    rig::{Rig, eventually},
};

/// Whoever supervises kills what has not ended so long after it was told to.
const GRACE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_trades_are_held_and_written_when_it_is_back() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let cable = Cable::new(rig.db.url());
    let ingestor = rig.start(Config {
        database_url: cable.url.clone(),
        ..rig.config()
    });
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 10).await;

    cable.set(Line::Cut);
    let last = rig.stored(id).await.last().expect("trades").agg_id;
    rig.until_exchange_traded("BTCUSDT", 100).await;
    cable.set(Line::Carries);
    eventually("everything is written", async || {
        (rig.stored(id).await.last()?.agg_id > last + 100).then_some(())
    })
    .await;
    assert_eq!(rig.open_gaps(id).await, [], "nothing was missed");
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_stops_the_reading_and_what_is_missed_then_becomes_a_gap() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let cable = Cable::new(rig.db.url());
    let config = Config {
        database_url: cable.url.clone(),
        queue_batches: 1,
        batch_max_trades: 5,
        connection_silence_ms: 500,
        ..rig.config()
    };
    let ingestor = rig.start(config);
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 10).await;
    cable.set(Line::Cut);
    let last = rig.stored(id).await.last().expect("trades").agg_id;
    rig.until_exchange_traded("BTCUSDT", 200).await;
    rig.fault("drop").await;
    cable.set(Line::Carries);
    eventually("it goes on", async || {
        (rig.stored(id).await.last()?.agg_id > last + 200).then_some(())
    })
    .await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_without_a_database_ends_in_time_and_the_next_start_records_the_loss() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let cable = Cable::new(rig.db.url());
    let config = Config {
        database_url: cable.url.clone(),
        stop_timeout_ms: 500,
        ..rig.config()
    };
    let ingestor = rig.start(config);
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 10).await;
    cable.set(Line::Cut);
    let started = tokio::time::Instant::now();
    rig.until_exchange_traded("BTCUSDT", 20).await;
    ingestor.stop().await;
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );

    let ingestor = rig.start(rig.config());
    let gap = eventually("a gap", async || rig.open_gaps(id).await.first().cloned()).await;
    assert_eq!(gap.gap.reason, "restart");
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_does_not_hold_up_a_stop() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let cable = Cable::new(rig.db.url());
    let ingestor = rig.start(Config {
        database_url: cable.url.clone(),
        stop_timeout_ms: 500,
        ..rig.config()
    });
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 10).await;
    cable.set(Line::Hangs);
    rig.until_exchange_traded("BTCUSDT", 20).await;
    // Well below the half minute after which a single try is given up.
    tokio::time::timeout(GRACE, ingestor.stop())
        .await
        .expect("it stops in time");

    // The transaction that hung must not hold its locks against the next start.
    cable.set(Line::Cut);
    let ingestor = rig.start(rig.config());
    let gap = eventually("a gap", async || rig.open_gaps(id).await.first().cloned()).await;
    assert_eq!(gap.gap.reason, "restart");
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_for_a_database_that_hangs_do_not_add_up_when_it_is_told_to_stop() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(Config {
        stop_timeout_ms: 1_000,
        ..rig.config()
    });
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 10).await;

    // Trades, the report of the feed, and its last word when all has ended: a report is waited for three seconds.
    let trades = rig.db.lock("trades").await.expect("a lock");
    let report = rig.db.lock("feed_status").await.expect("a lock");
    eventually("trades and the report wait", async || {
        let waiting = rig.db.waiting_for_locks().await.expect("an answer");
        (waiting >= 2).then_some(())
    })
    .await;
    tokio::time::timeout(GRACE / 2, ingestor.stop())
        .await
        .expect("it stops in time");

    drop((trades, report));
    let ingestor = rig.start(rig.config());
    rig.until_more_trades(id, 10).await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}
