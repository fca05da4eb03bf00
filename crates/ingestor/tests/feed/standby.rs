//! Two ingestors on the same symbols, and on different ones.

use ingestor::Config;

use crate::{
    process::Process,
    rig::{Rig, eventually},
};

#[tokio::test(flavor = "multi_thread")]
async fn either_of_two_may_be_killed_at_any_moment_and_nothing_is_lost() {
    let rig = Rig::of(&["BTCUSDT", "ETHUSDT", "SOLUSDT"]).await;
    rig.fault("zero_price,every=9").await;
    let config = Config {
        gap_repair_max: 1_000_000,
        ..rig.config()
    };
    // What one misses while it is dead, the other has stored: nothing is fetched for it.
    let mut one = Process::start(&config);
    let id = rig.following("BTCUSDT").await;
    rig.following("ETHUSDT").await;
    rig.following("SOLUSDT").await;
    let mut other = Process::start(&config);
    eventually("both are connected", async || {
        (rig.connections().await.len() == 2).then_some(())
    })
    .await;
    rig.until_more_trades(id, 30).await;
    for _ in 0..3 {
        one.kill();
        rig.until_more_trades(id, 30).await;
        one = Process::start(&config);
        eventually("both are connected again", async || {
            (rig.connections().await.len() == 2).then_some(())
        })
        .await;
        rig.until_more_trades(id, 30).await;
        std::mem::swap(&mut one, &mut other);
    }
    let newest = rig.next_id("BTCUSDT").await;
    rig.until_whole(id, newest).await;
    one.kill();
    other.kill();
    for name in ["BTCUSDT", "ETHUSDT", "SOLUSDT"] {
        rig.assert_all_accounted_for(name).await;
    }
    assert_eq!(rig.db.deadlocks().await.expect("readable"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_that_the_other_has_filled_is_closed_without_a_call() {
    let rig = Rig::of(&["BTCUSDT"]).await;
    let config = Config {
        gap_repair_max: 1_000_000,
        ..rig.config()
    };
    let one = rig.start(config.clone());
    let id = rig.following("BTCUSDT").await;
    let connection = rig.connections().await[0];
    let other = rig.start(config);
    eventually("both are connected", async || {
        (rig.connections().await.len() == 2).then_some(())
    })
    .await;
    rig.until_more_trades(id, 20).await;
    rig.fault("refuse").await;
    rig.fault(&format!("drop,connection={connection}")).await;
    eventually("one connection is left", async || {
        (rig.connections().await.len() == 1).then_some(())
    })
    .await;
    rig.until_exchange_traded("BTCUSDT", 20).await;
    rig.end_faults().await;
    // A fault that only counts.
    rig.fault("rest_slow,path=aggTrades,delay_ms=0,count=1000000")
        .await;
    eventually("the one sees a gap", async || {
        rig.open_gaps(id).await.first().cloned()
    })
    .await;
    let newest = rig.next_id("BTCUSDT").await;
    rig.until_whole(id, newest).await;
    assert_eq!(rig.hits().await, 0, "nothing was fetched");
    one.stop().await;
    other.stop().await;
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn different_symbols_on_different_ingestors_do_not_get_in_each_others_way() {
    let rig = Rig::of(&["BTCUSDT", "ETHUSDT"]).await;
    let of = |name: &str| Config {
        symbols: vec![name.parse().expect("a symbol")],
        ..rig.config()
    };
    let (one, other) = (rig.start(of("BTCUSDT")), rig.start(of("ETHUSDT")));
    let (btc, eth) = (
        rig.following("BTCUSDT").await,
        rig.following("ETHUSDT").await,
    );
    rig.until_more_trades(btc, 30).await;
    rig.until_more_trades(eth, 30).await;
    one.kill().await;
    rig.until_more_trades(eth, 30).await;
    other.stop().await;
    assert_eq!(rig.open_gaps(eth).await, []);
    rig.assert_all_accounted_for("BTCUSDT").await;
    rig.assert_all_accounted_for("ETHUSDT").await;
}
