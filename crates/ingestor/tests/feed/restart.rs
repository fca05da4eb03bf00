//! Stopping, dying and starting again.

use exchange_sim::SimConfig;
use market::Interval;
use store::history;

use crate::rig::{Rig, eventually, sim_config};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_between_stop_and_start_is_recorded_from_the_cursor_on() {
    // A minute a second, so that whole minutes are missed.
    let rig = Rig::new(SimConfig {
        time_warp: 60.0,
        rate: 2.0,
        ..sim_config(&["BTCUSDT"])
    })
    .await;
    let ingestor = rig.start(rig.config());
    let id = rig.id("BTCUSDT").await;
    let trades_from_ms = rig.trades_from("BTCUSDT").await;
    rig.until_more_trades(id, 50).await;
    ingestor.stop().await;
    assert_eq!(rig.open_gaps(id).await, []);
    let last = *rig.stored(id).await.last().expect("trades");

    rig.until_exchange_traded("BTCUSDT", 400).await;
    let ingestor = rig.start(rig.config());
    let gap = eventually("a gap", async || rig.open_gaps(id).await.first().cloned()).await;
    assert_eq!(
        (gap.gap.reason.as_str(), gap.gap.from_agg_id),
        ("restart", last.agg_id + 1)
    );
    assert!(gap.gap.to_agg_id > last.agg_id + 300);
    assert_eq!(gap.gap.from_ms, last.time_ms);

    let minutes = Interval::M1.bucket_of(gap.gap.from_ms)..=Interval::M1.bucket_of(gap.gap.to_ms);
    eventually("klines of every missed minute", async || {
        let covered = history::coverage(rig.store(), id, Interval::M1)
            .await
            .expect("readable");
        covered
            .iter()
            .any(|range| range.from_ms <= *minutes.start() && range.to_ms > *minutes.end())
            .then_some(())
    })
    .await;
    assert_eq!(
        rig.trades_from("BTCUSDT").await,
        trades_from_ms,
        "it is set once"
    );
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ingestor_that_dies_at_any_moment_leaves_every_id_accounted_for() {
    let rig = Rig::of(&["BTCUSDT", "ETHUSDT"]).await;
    rig.fault("zero_price,every=7").await;
    let id = rig.id_after_start().await;
    for round in 1..=4 {
        let ingestor = rig.start(rig.config());
        rig.until_more_trades(id, 10 * round).await;
        ingestor.kill().await;
    }
    let ingestor = rig.start(rig.config());
    rig.until_more_trades(id, 10).await;
    ingestor.stop().await;
    for name in ["BTCUSDT", "ETHUSDT"] {
        rig.assert_all_accounted_for(name).await;
        let id = rig.id(name).await;
        let (gaps, rejected) = (rig.open_gaps(id).await, rig.rejected(id).await);
        let missing = |id: &&i64| {
            let mut gaps = gaps.iter();
            gaps.any(|gap| (gap.gap.from_agg_id..=gap.gap.to_agg_id).contains(*id))
        };
        assert_eq!(
            rejected.iter().find(missing),
            None,
            "a rejected id is not missing"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_were_rejected_before_a_stop_are_not_missing_after_it() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(rig.config());
    let id = rig.following("BTCUSDT").await;
    rig.until_more_trades(id, 10).await;
    rig.fault("zero_price,every=1").await;
    eventually("rejects", async || {
        (rig.rejected(id).await.len() > 20).then_some(())
    })
    .await;
    ingestor.stop().await;
    let last = rig.rejected(id).await.into_iter().max().expect("rejects");
    rig.end_faults().await;

    let ingestor = rig.start(rig.config());
    let gap = eventually("a gap", async || rig.open_gaps(id).await.first().cloned()).await;
    assert_eq!(gap.gap.from_agg_id, last + 1);
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ingestors_on_the_same_symbols_store_every_trade_once() {
    let rig = Rig::of(&["BTCUSDT", "ETHUSDT"]).await;
    let (first, second) = (rig.start(rig.config()), rig.start(rig.config()));
    let id = rig.following("BTCUSDT").await;
    rig.following("ETHUSDT").await;
    rig.until_more_trades(id, 100).await;
    first.stop().await;
    rig.until_more_trades(id, 50).await;
    second.stop().await;
    let stored = rig.stored(id).await;
    assert!(
        stored
            .windows(2)
            .all(|pair| pair[0].agg_id + 1 == pair[1].agg_id)
    );
    rig.assert_all_accounted_for("BTCUSDT").await;
    rig.assert_all_accounted_for("ETHUSDT").await;
}

impl Rig {
    /// Registers the symbols by a first short run.
    async fn id_after_start(&self) -> store::SymbolId {
        let ingestor = self.start(self.config());
        let id = self.id("BTCUSDT").await;
        self.trades_from("BTCUSDT").await;
        self.trades_from("ETHUSDT").await;
        ingestor.stop().await;
        id
    }
}
