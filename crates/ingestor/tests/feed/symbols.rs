//! The symbols change while the feed goes on.

use std::{fs, path::PathBuf};

use exchange_sim::SimConfig;
use ingestor::Config;
use tempfile::TempDir;

use crate::rig::{Rig, eventually, sim_config};

const ALL: [&str; 4] = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"];

/// An ingestor's settings whose symbols stand in a file.
fn by_file(rig: &Rig, symbols: &str) -> (Config, PathBuf, TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("symbols");
    fs::write(&path, symbols).expect("writable");
    let config = Config {
        symbols_file: Some(path.clone()),
        ..rig.config()
    };
    (config, path, dir)
}

#[tokio::test(flavor = "multi_thread")]
async fn symbols_come_and_go_without_a_restart_and_without_a_loss_to_those_that_stay() {
    let rig = Rig::new(SimConfig {
        rate: 200.0,
        ..sim_config(&ALL)
    })
    .await;
    let (config, path, _dir) = by_file(&rig, "BTCUSDT ETHUSDT");
    let ingestor = rig.start(config);
    let btc = rig.following("BTCUSDT").await;
    let eth = rig.following("ETHUSDT").await;
    let before = rig.connections().await;

    fs::write(&path, "BTCUSDT\nSOLUSDT # instead of ETHUSDT\n").expect("writable");
    let sol = rig.following("SOLUSDT").await;
    rig.until_another_connection(&before).await;
    eventually("the old connection is left", async || {
        (rig.connections().await.len() == 1).then_some(())
    })
    .await;
    rig.until_more_trades(sol, 100).await;
    rig.until_more_trades(btc, 100).await;
    let left_at = rig.stored(eth).await.len();
    rig.until_more_trades(btc, 200).await;
    assert_eq!(
        rig.stored(eth).await.len(),
        left_at,
        "it is not followed any more"
    );
    for id in [btc, eth, sol] {
        assert_eq!(rig.open_gaps(id).await, [], "nothing was missed");
    }

    // What was traded while it was not followed is a gap, as after a restart.
    fs::write(&path, "BTCUSDT SOLUSDT ETHUSDT").expect("writable");
    rig.until_more_trades(eth, 100).await;
    let gap = eventually("a gap", async || rig.open_gaps(eth).await.first().cloned()).await;
    assert_eq!(
        gap.gap.from_agg_id,
        rig.stored(eth).await[left_at - 1].agg_id + 1
    );
    ingestor.stop().await;
    assert_eq!(rig.open_gaps(btc).await, []);
    assert_eq!(rig.open_gaps(sol).await, []);
    for name in ["BTCUSDT", "ETHUSDT", "SOLUSDT"] {
        rig.assert_all_accounted_for(name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_symbols_than_a_connection_carries_open_one_and_fewer_close_one() {
    let rig = Rig::of(&ALL).await;
    let (config, path, _dir) = by_file(&rig, "BTCUSDT ETHUSDT");
    let ingestor = rig.start(Config {
        streams_per_connection: 2,
        ..config
    });
    let btc = rig.following("BTCUSDT").await;
    fs::write(&path, ALL.join(",")).expect("writable");
    for name in ALL {
        let id = rig.following(name).await;
        rig.until_more_trades(id, 10).await;
    }
    assert_eq!(rig.connections().await.len(), 2);
    fs::write(&path, "BTCUSDT").expect("writable");
    eventually("one connection is left", async || {
        (rig.connections().await.len() == 1).then_some(())
    })
    .await;
    rig.until_more_trades(btc, 20).await;
    rig.until_connected().await;
    ingestor.stop().await;
    assert_eq!(rig.open_gaps(btc).await, []);
    rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_symbol_that_the_exchange_does_not_have_changes_nothing_and_is_named() {
    let rig = Rig::of(&["BTCUSDT", "ETHUSDT"]).await;
    let (config, path, _dir) = by_file(&rig, "BTCUSDT");
    let ingestor = rig.start(config);
    let btc = rig.following("BTCUSDT").await;
    let before = rig.connections().await;
    fs::write(&path, "BTCUSDT NOSUCHUSDT ETHUSDT").expect("writable");
    rig.until_status("it is named", |status| {
        status.message.contains("NOSUCHUSDT")
    })
    .await;
    rig.until_more_trades(btc, 20).await;
    assert_eq!(rig.connections().await, before);
    fs::write(&path, "BTCUSDT ETHUSDT").expect("writable");
    rig.following("ETHUSDT").await;
    rig.until_status("it is forgotten", |status| {
        !status.message.contains("NOSUCHUSDT")
    })
    .await;
    ingestor.stop().await;
    assert_eq!(rig.open_gaps(btc).await, []);
}
