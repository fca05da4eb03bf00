//! What the stream left out, fetched by id.

use exchange_sim::SimConfig;
use ingestor::Config;
use store::{
    SymbolId,
    gaps::Gap,
    rejects::{self, Reject},
};

use crate::rig::{Rig, eventually, sim_config};

impl Rig {
    fn repairing(&self) -> Config {
        Config {
            gap_repair_max: 1_000_000,
            ..self.config()
        }
    }

    async fn until_given_up(&self, id: SymbolId) -> Vec<Gap> {
        eventually("nothing is left to try", async || {
            let open = self.open_gaps(id).await;
            (!open.is_empty() && open.iter().all(|gap| gap.given_up.is_some())).then_some(open)
        })
        .await
    }

    /// Cuts the stream, until the exchange has traded so much more.
    async fn miss(&self, name: &str, trades: i64) {
        self.fault("refuse").await;
        self.fault("drop").await;
        eventually("nobody listens", async || {
            self.connections().await.is_empty().then_some(())
        })
        .await;
        self.until_exchange_traded(name, trades).await;
        self.end_faults().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn skipped_trades_are_fetched_while_the_stream_goes_on() {
    let rig = Rig::of(&["BTCUSDT", "ETHUSDT"]).await;
    let ingestor = rig.start(rig.repairing());
    let id = rig.following("BTCUSDT").await;
    rig.following("ETHUSDT").await;
    rig.fault("skip,every=5").await;
    rig.until_exchange_traded("BTCUSDT", 100).await;
    rig.end_faults().await;
    let newest = rig.next_id("BTCUSDT").await;
    rig.until_whole(id, newest).await;
    rig.until_whole(rig.id("ETHUSDT").await, 0).await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
    rig.assert_all_accounted_for("ETHUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_trades_missed_while_disconnected_are_fetched_page_by_page() {
    let rig = Rig::new(SimConfig {
        rate: 300.0,
        ..sim_config(&["BTCUSDT"])
    })
    .await;
    let ingestor = rig.start(rig.repairing());
    let id = rig.following("BTCUSDT").await;
    rig.miss("BTCUSDT", 1_500).await;
    let newest = rig.next_id("BTCUSDT").await;
    rig.until_whole(id, newest).await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_was_cut_short_is_gone_on_with_after_the_next_start() {
    let rig = Rig::new(SimConfig {
        rate: 300.0,
        ..sim_config(&["BTCUSDT"])
    })
    .await;
    let ingestor = rig.start(rig.repairing());
    let id = rig.following("BTCUSDT").await;
    ingestor.stop().await;
    rig.until_exchange_traded("BTCUSDT", 3_000).await;
    // Time enough to see it half-way, also on a busy machine.
    rig.fault("rest_slow,path=aggTrades,delay_ms=3000,count=1000")
        .await;
    let ingestor = rig.start(rig.repairing());
    let gap = eventually("a gap", async || rig.open_gaps(id).await.first().cloned()).await;
    eventually("a part of it is repaired", async || {
        let open = rig.open_gaps(id).await;
        open.iter()
            .any(|rest| rest.gap_id == gap.gap_id && rest.gap.from_agg_id > gap.gap.from_agg_id)
            .then_some(())
    })
    .await;
    ingestor.kill().await;
    rig.end_faults().await;

    let ingestor = rig.start(rig.repairing());
    rig.until_whole(id, gap.gap.to_agg_id).await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_was_rejected_is_not_fetched_again_with_its_neighbours() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(rig.config());
    let id = rig.following("BTCUSDT").await;
    rig.miss("BTCUSDT", 20).await;
    let gap = eventually("a gap", async || rig.open_gaps(id).await.first().cloned()).await;
    ingestor.stop().await;
    // As by another ingestor, which heard it meanwhile.
    let agg_id = gap.gap.from_agg_id + 5;
    let reject = Reject {
        symbol_id: Some(id),
        agg_id: Some(agg_id),
        time_ms: None,
        reason: "non_positive_price".to_owned(),
        raw: "{}".to_owned(),
    };
    rejects::record(rig.store(), &[reject])
        .await
        .expect("recorded");

    let ingestor = rig.start(rig.repairing());
    rig.until_whole(id, gap.gap.to_agg_id).await;
    ingestor.stop().await;
    let stored = rig.stored(id).await;
    assert!(stored.iter().all(|trade| trade.agg_id != agg_id));
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_wants_a_pause_gets_it_and_the_gap_is_repaired_after() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(rig.repairing());
    let id = rig.following("BTCUSDT").await;
    rig.fault("rest_status,path=aggTrades,status=429,retry_after_s=1,count=1")
        .await;
    rig.fault("rest_status,path=aggTrades,status=418,retry_after_s=1,count=1")
        .await;
    rig.fault("rest_status,path=aggTrades,status=503,count=1")
        .await;
    rig.fault("rest_truncated,path=aggTrades,count=1").await;
    rig.miss("BTCUSDT", 20).await;
    let newest = rig.next_id("BTCUSDT").await;
    rig.until_whole(id, newest).await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_that_is_too_large_stays_and_says_so() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let ingestor = rig.start(Config {
        gap_repair_max: 10,
        ..rig.config()
    });
    let id = rig.following("BTCUSDT").await;
    rig.miss("BTCUSDT", 20).await;
    let gaps = rig.until_given_up(id).await;
    assert_eq!(gaps[0].given_up.as_deref(), Some("too_large"));
    // Smaller ones are repaired all the same.
    rig.fault("skip,count=1").await;
    eventually("the skip has struck", async || {
        (rig.hits().await == 1).then_some(())
    })
    .await;
    let newest = rig.next_id("BTCUSDT").await;
    eventually("the small gap is repaired", async || {
        let far = rig
            .stored(id)
            .await
            .last()
            .is_some_and(|trade| trade.agg_id > newest);
        (far && rig.open_gaps(id).await == gaps).then_some(())
    })
    .await;
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_exchange_no_longer_keeps_stays_a_gap_and_the_rest_is_repaired() {
    // A day and a half of the exchange is missed within seconds.
    let rig = Rig::new(SimConfig {
        time_warp: 14_400.0,
        rate: 0.1,
        ..sim_config(&["BTCUSDT"])
    })
    .await;
    let ingestor = rig.start(rig.repairing());
    let id = rig.following("BTCUSDT").await;
    ingestor.stop().await;
    let stopped_ms = rig.now_ms().await;
    eventually("a day and a half passes", async || {
        (rig.now_ms().await > stopped_ms + 129_600_000).then_some(())
    })
    .await;
    let ingestor = rig.start(rig.repairing());
    let gaps = rig.until_given_up(id).await;
    let old = gaps.last().expect("a gap");
    assert_eq!(old.given_up.as_deref(), Some("too_old"));
    assert_eq!(old.gap.reason, "restart");
    let after = rig.stored(id).await;
    let after = after
        .iter()
        .filter(|trade| trade.agg_id > old.gap.to_agg_id);
    assert!(after.clone().count() > 0, "the last day is repaired");
    ingestor.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}
