//! Bars after repair.

use exchange_sim::SimConfig;
use ingestor::Config;
use market::{Bar, Interval, Trade};
use store::{BarOrigin, BarRange, SymbolId, bars, refresh};

use crate::rig::{Rig, eventually, sim_config};

const HOUR_MS: i64 = 3_600_000;
/// 2026-10-01 00:00 UTC.
const MIDNIGHT_MS: i64 = 1_790_812_800_000;

impl Rig {
    async fn until_exchange_time(&self, ms: i64) {
        eventually("exchange time passes", async || {
            (self.now_ms().await >= ms).then_some(())
        })
        .await;
    }

    async fn bar_at(
        &self,
        id: SymbolId,
        interval: Interval,
        bucket_ms: i64,
    ) -> Option<(Bar, BarOrigin)> {
        let range = BarRange {
            from_ms: bucket_ms,
            to_ms: Some(bucket_ms + 1),
            limit: 1,
        };
        let read = bars::read(self.store(), id, interval, range).await;
        let bar = read.expect("readable").into_iter().next()?;
        Some((bar.bar, bar.origin))
    }
}

fn aggregated(interval: Interval, bucket_ms: i64, trades: &[Trade]) -> Bar {
    let mut own = trades
        .iter()
        .filter(|trade| interval.bucket_of(trade.time_ms) == bucket_ms);
    let mut bar = Bar::from_trade(interval, own.next().expect("a trade in the bucket"));
    own.for_each(|trade| bar.push(trade));
    bar
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_repair_every_bar_that_the_gap_touched_is_that_of_all_trades_on_every_level() {
    // An hour every half second, so that a whole day passes.
    let rig = Rig::new(SimConfig {
        start_ms: Some(MIDNIGHT_MS - HOUR_MS),
        wait_for_client: true,
        time_warp: 7_200.0,
        rate: 0.1,
        ..sim_config(&["BTCUSDT"])
    })
    .await;
    let ingestor = rig.start(rig.config());
    let id = rig.following("BTCUSDT").await;
    rig.until_exchange_time(MIDNIGHT_MS + 12 * HOUR_MS).await;
    rig.fault("skip,every=3,count=30").await;
    rig.until_exchange_time(MIDNIGHT_MS + 24 * HOUR_MS + HOUR_MS / 2)
        .await;
    rig.set_clock(serde_json::json!({ "paused": true })).await;
    let newest = rig.next_id("BTCUSDT").await - 1;
    eventually("all that was sent is stored", async || {
        (rig.stored(id).await.last()?.agg_id >= newest).then_some(())
    })
    .await;
    // Bars are materialised without what is missing.
    refresh::run(rig.store(), None).await.expect("refreshed");
    let gap = rig.open_gaps(id).await.last().expect("a gap").clone();
    let touched_ms = gap.gap.from_ms.midpoint(gap.gap.to_ms);
    let day = Interval::D1.bucket_of(touched_ms);
    let before = rig.bar_at(id, Interval::D1, day).await;
    assert_ne!(
        before.map(|(_, origin)| origin),
        Some(BarOrigin::Trades),
        "trades are missing"
    );
    ingestor.stop().await;

    let ingestor = rig.start(Config {
        gap_repair_max: 1_000_000,
        ..rig.config()
    });
    rig.until_whole(id, newest).await;
    ingestor.stop().await;
    refresh::run(rig.store(), None).await.expect("refreshed");
    let trades = rig.stored(id).await;
    let filled = |trade: &&Trade| (gap.gap.from_agg_id..=gap.gap.to_agg_id).contains(&trade.agg_id);
    let filled = trades.iter().find(filled).expect("it is repaired");
    for interval in Interval::ALL {
        let bucket_ms = interval.bucket_of(filled.time_ms);
        let (bar, origin) = rig.bar_at(id, interval, bucket_ms).await.expect("a bar");
        let expected = aggregated(interval, bucket_ms, &trades);
        assert_eq!(origin, BarOrigin::Trades, "{interval}");
        let exact = |bar: &Bar| (bar.open, bar.high, bar.low, bar.close, bar.trades);
        assert_eq!(exact(&bar), exact(&expected), "{interval}");
        for (found, expected) in [
            (bar.volume, expected.volume),
            (bar.quote_volume, expected.quote_volume),
            (bar.buy_volume, expected.buy_volume),
        ] {
            assert!(
                (found - expected).abs() <= 1e-12 * expected.abs(),
                "{interval}: {found} and {expected}"
            );
        }
    }
    rig.assert_all_accounted_for("BTCUSDT").await;
}
