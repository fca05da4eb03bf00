//! Klines of the past.

use exchange_sim::SimConfig;
use ingestor::Config;
use market::Interval;
use store::{BarRange, SymbolId, bars, history};

use crate::rig::{Rig, eventually, sim_config};

const HOUR_MS: i64 = 3_600_000;

async fn covered_ms(rig: &Rig, id: SymbolId, interval: Interval) -> i64 {
    let ranges = history::coverage(rig.store(), id, interval)
        .await
        .expect("readable");
    ranges.iter().map(|range| range.to_ms - range.from_ms).sum()
}

/// Waits until the klines that the test's settings ask for are all there.
async fn until_filled(rig: &Rig, id: SymbolId) {
    for (interval, hours) in [(Interval::M1, 24), (Interval::H1, 48), (Interval::D1, 240)] {
        eventually("klines cover the span", async || {
            // The span is measured to the last closed kline.
            (covered_ms(rig, id, interval).await >= hours * HOUR_MS - interval.ms()).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_fills_the_charts_of_all_symbols_beside_the_stream() {
    let rig = Rig::of(&["BTCUSDT", "ETHUSDT"]).await;
    let ingestor = rig.start(rig.config());
    let mut ids = Vec::new();
    for name in ["BTCUSDT", "ETHUSDT"] {
        let id = rig.id(name).await;
        until_filled(&rig, id).await;
        rig.until_more_trades(id, 10).await;
        ids.push(id);
    }
    rig.until_status("the back-fill has ended", |status| {
        status.backfill.is_none()
    })
    .await;
    let trades_from_ms = rig.trades_from("BTCUSDT").await;
    let range = BarRange {
        from_ms: trades_from_ms - HOUR_MS,
        to_ms: Some(trades_from_ms),
        limit: 100,
    };
    let stored = bars::read(rig.store(), ids[0], Interval::M1, range)
        .await
        .expect("readable");
    let starts: Vec<_> = stored.iter().map(|stored| stored.bar.bucket_ms).collect();
    let expected: Vec<_> = (0..60)
        .map(|i| trades_from_ms - HOUR_MS + i * 60_000)
        .collect();
    assert_eq!(
        starts, expected,
        "an hour of bars reaches up to the first bar of trades"
    );
    ingestor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn klines_that_are_there_are_not_asked_for_again() {
    // A minute a second, so that the second start has something to ask for.
    let rig = Rig::new(SimConfig {
        time_warp: 60.0,
        rate: 1.0,
        ..sim_config(&["BTCUSDT"])
    })
    .await;
    let config = Config {
        backfill_1m_days: 7,
        ..rig.config()
    };
    // A fault that only counts.
    rig.fault("rest_slow,path=klines,delay_ms=0,count=1000000")
        .await;
    let ingestor = rig.start(config.clone());
    let id = rig.following("BTCUSDT").await;
    until_filled(&rig, id).await;
    eventually("a week of minutes is covered", async || {
        (covered_ms(&rig, id, Interval::M1).await >= 7 * 24 * HOUR_MS).then_some(())
    })
    .await;
    ingestor.stop().await;

    let covered = covered_ms(&rig, id, Interval::M1).await;
    let before = rig.hits().await;
    assert!(before >= 7, "the week of minutes alone takes more");
    let ingestor = rig.start(config);
    eventually("the new minutes are covered", async || {
        (covered_ms(&rig, id, Interval::M1).await > covered).then_some(())
    })
    .await;
    // A status of before the plan tells of no back-fill either; this one is of two seconds later.
    let later_ms = rig.now_ms().await + 120_000;
    rig.until_status("the back-fill has ended", |status| {
        status.watermark_ms > Some(later_ms) && status.backfill.is_none()
    })
    .await;
    let again = rig.hits().await - before;
    assert!(again < 7, "{again} pages after {before}");
    ingestor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_minutes_between_the_start_and_the_first_bar_of_trades_are_fetched_as_well() {
    // A minute a second, so that minutes pass between the two.
    let rig = Rig::new(SimConfig {
        time_warp: 60.0,
        rate: 1.0,
        ..sim_config(&["BTCUSDT"])
    })
    .await;
    rig.fault("refuse").await;
    let ingestor = rig.start(rig.config());
    let id = rig.id("BTCUSDT").await;
    until_filled(&rig, id).await;
    let planned = history::coverage(rig.store(), id, Interval::M1).await;
    let planned_to_ms = planned.expect("readable")[0].to_ms;
    eventually("minutes pass", async || {
        (rig.now_ms().await >= planned_to_ms + 3 * 60_000).then_some(())
    })
    .await;
    rig.end_faults().await;
    let trades_from_ms = rig.trades_from("BTCUSDT").await;
    assert!(planned_to_ms < trades_from_ms);
    eventually("klines reach up to the first bar of trades", async || {
        let covered = history::coverage(rig.store(), id, Interval::M1).await;
        let mut covered = covered.expect("readable").into_iter();
        covered.find(|range| range.from_ms < planned_to_ms && range.to_ms >= trades_from_ms)
    })
    .await;
    ingestor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_in_trouble_delays_the_klines_and_not_the_stream() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    rig.fault("rest_status,path=klines,status=503,count=2")
        .await;
    rig.fault("rest_status,path=klines,status=429,retry_after_s=1,count=1")
        .await;
    rig.fault("rest_truncated,path=klines,count=1").await;
    let ingestor = rig.start(rig.config());
    let id = rig.id("BTCUSDT").await;
    rig.until_more_trades(id, 10).await;
    until_filled(&rig, id).await;
    rig.until_status("all is well again", |status| status.message.is_empty())
        .await;
    ingestor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_does_not_serve_this_place_is_quoted_and_asked_again() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    rig.fault("rest_status,status=451,count=100000").await;
    let ingestor = rig.start(rig.config());
    let status = rig
        .until_status("it is said plainly", |status| {
            status.message.contains("location")
        })
        .await;
    assert!(status.message.contains("451"), "{}", status.message);
    // Streams may be served all the same; then bars of trades begin with the next whole minute.
    let id = rig.id("BTCUSDT").await;
    rig.until_more_trades(id, 20).await;
    rig.end_faults().await;
    until_filled(&rig, id).await;
    rig.until_status("it is taken back", |status| status.message.is_empty())
        .await;
    let trades_from_ms = rig.trades_from("BTCUSDT").await;
    assert_eq!(Interval::M1.bucket_of(trades_from_ms), trades_from_ms);
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_first_minute_cannot_be_completed_trades_begin_with_the_next() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    // Refused for good, not for a while.
    rig.fault("rest_status,path=aggTrades,status=400,count=100")
        .await;
    let ingestor = rig.start(rig.config());
    let id = rig.id("BTCUSDT").await;
    let trades_from_ms = rig.trades_from("BTCUSDT").await;
    let first = rig.stored(id).await[0];
    assert_eq!(
        trades_from_ms,
        Interval::M1.bucket_of(first.time_ms) + 60_000
    );
    ingestor.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_history_nothing_but_the_stream_is_stored() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let config = Config {
        backfill_1m_days: 0,
        backfill_1h_days: 0,
        backfill_1d_days: 0,
        ..rig.config()
    };
    let ingestor = rig.start(config);
    let id = rig.id("BTCUSDT").await;
    rig.trades_from("BTCUSDT").await;
    rig.until_connected().await;
    assert_eq!(covered_ms(&rig, id, Interval::H1).await, 0);
    ingestor.stop().await;
}
