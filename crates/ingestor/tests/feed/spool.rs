//! The database away for long: trades go to disk, and come back in order.

use std::{
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use exchange_sim::SimConfig;
use ingestor::Config;
use queue_file::QueueFile;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tempfile::TempDir;

use crate::{
    cable::{Cable, Line},
    process::Process,
    rig::{Rig, eventually, sim_config},
};

/// A rig whose ingestor reaches the database by a cable, and has a spool.
struct Spooling {
    rig: Rig,
    cable: Cable,
    dir: TempDir,
}

impl Spooling {
    async fn new(sim: SimConfig) -> Self {
        let rig = Rig::new(sim).await;
        Self {
            cable: Cable::new(rig.db.url()),
            rig,
            dir: tempfile::tempdir().expect("a directory"),
        }
    }

    fn config(&self) -> Config {
        Config {
            database_url: self.cable.url.clone(),
            spool_dir: Some(self.dir.path().to_owned()),
            // The queue in memory alone would hold a second or so.
            queue_batches: 4,
            batch_max_trades: 20,
            ..self.rig.config()
        }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("simulated.queue")
    }

    async fn until_on_disk(&self) {
        eventually("trades are on disk", async || {
            self.file().exists().then_some(())
        })
        .await;
    }

    async fn until_drained(&self) {
        eventually("the spool is empty", async || {
            (!self.file().exists()).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_longer_than_memory_lasts_costs_nothing_and_nothing_is_fetched_again() {
    let it = Spooling::new(sim_config(&["BTCUSDT", "ETHUSDT"])).await;
    let ingestor = it.rig.start(it.config());
    let id = it.rig.following("BTCUSDT").await;
    it.rig.following("ETHUSDT").await;
    it.rig.until_more_trades(id, 10).await;
    for line in [Line::Cut, Line::Hangs] {
        let connections = it.rig.connections().await;
        let last = it.rig.stored(id).await.last().expect("trades").agg_id;
        it.cable.set(line);
        it.until_on_disk().await;
        it.rig.until_exchange_traded("BTCUSDT", 300).await;
        it.cable.set(Line::Carries);
        eventually("everything is written", async || {
            (it.rig.stored(id).await.last()?.agg_id > last + 300).then_some(())
        })
        .await;
        it.until_drained().await;
        assert_eq!(
            it.rig.connections().await,
            connections,
            "it was heard all the time"
        );
    }
    ingestor.stop().await;
    for name in ["BTCUSDT", "ETHUSDT"] {
        // Nothing repairs gaps here.
        assert_eq!(it.rig.open_gaps(it.rig.id(name).await).await, []);
        it.rig.assert_all_accounted_for(name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_during_an_outage_keeps_everything_for_the_next_start() {
    let it = Spooling::new(sim_config(&["BTCUSDT"])).await;
    it.rig.fault("zero_price,every=7").await;
    let ingestor = it.rig.start(it.config());
    let id = it.rig.following("BTCUSDT").await;
    it.rig.until_more_trades(id, 10).await;
    it.cable.set(Line::Cut);
    it.until_on_disk().await;
    it.rig.until_exchange_traded("BTCUSDT", 100).await;
    let heard_to = it.rig.next_id("BTCUSDT").await;
    it.rig.until_exchange_traded("BTCUSDT", 20).await;
    ingestor.stop().await;
    // Nobody hears these.
    it.rig.until_exchange_traded("BTCUSDT", 5).await;

    it.cable.set(Line::Carries);
    let ingestor = it.rig.start(it.config());
    let gap = eventually("a gap", async || {
        it.rig.open_gaps(id).await.first().cloned()
    })
    .await;
    assert_eq!(gap.gap.reason, "restart");
    assert!(
        gap.gap.from_agg_id >= heard_to,
        "what was heard before the stop is stored: {gap:?}, {heard_to}"
    );
    it.until_drained().await;
    ingestor.stop().await;
    it.rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ingestor_that_starts_without_a_database_hears_and_keeps_at_once() {
    let it = Spooling::new(sim_config(&["BTCUSDT"])).await;
    it.cable.set(Line::Cut);
    let ingestor = it.rig.start(it.config());
    it.until_on_disk().await;
    let heard_from = it.rig.next_id("BTCUSDT").await;
    it.rig.until_exchange_traded("BTCUSDT", 100).await;
    it.cable.set(Line::Carries);
    let id = it.rig.following("BTCUSDT").await;
    it.until_drained().await;
    it.rig.until_more_trades(id, 10).await;
    ingestor.stop().await;
    assert!(it.rig.stored(id).await[0].agg_id <= heard_from);
    assert_eq!(it.rig.open_gaps(id).await, []);
    it.rig.assert_all_accounted_for("BTCUSDT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_drops_what_is_then_recorded_as_a_gap_and_repaired() {
    let it = Spooling::new(SimConfig {
        rate: 500.0,
        ..sim_config(&["BTCUSDT"])
    })
    .await;
    let config = Config {
        // Room for some thousand trades.
        spool_max_bytes: 1 << 16,
        ..it.config()
    };
    let ingestor = it.rig.start(config.clone());
    let id = it.rig.following("BTCUSDT").await;
    it.rig.until_more_trades(id, 10).await;
    it.cable.set(Line::Cut);
    it.until_on_disk().await;
    it.rig.until_exchange_traded("BTCUSDT", 5_000).await;
    assert_eq!(
        std::fs::metadata(it.file()).expect("a file").len(),
        1 << 16,
        "it has not grown"
    );
    it.cable.set(Line::Carries);
    it.until_drained().await;
    it.rig.until_more_trades(id, 100).await;
    let gaps = it.rig.open_gaps(id).await;
    assert!(
        gaps.iter().any(|gap| gap.gap.reason == "spool_full"),
        "{gaps:?}"
    );
    ingestor.stop().await;
    it.rig.assert_all_accounted_for("BTCUSDT").await;

    let ingestor = it.rig.start(Config {
        gap_repair_max: 1_000_000,
        ..config
    });
    it.rig
        .until_whole(id, it.rig.next_id("BTCUSDT").await)
        .await;
    ingestor.stop().await;
    it.rig.assert_all_accounted_for("BTCUSDT").await;
}

/// The tail of the last record in the file becomes zeros, as if it had never reached the disk.
fn tear_last_record(path: &Path) -> bool {
    let Ok(found) = std::fs::metadata(path) else {
        return false;
    };
    let queue =
        QueueFile::with_capacity(path, found.len()).expect("it can be opened after any kill");
    if queue.size() < 2 {
        return false;
    }
    let end = queue.used_bytes();
    drop(queue);
    let file = std::fs::File::options().write(true).open(path);
    file.expect("a file")
        .write_all_at(&[0; 40], end - 40)
        .expect("writable");
    true
}

/// Kills a real process with SIGKILL at random moments: with the database there, and away across two kills.
/// `SPOOL_SEED` repeats a run.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_at_random_moments_leaves_every_id_accounted_for() {
    let seed = std::env::var("SPOOL_SEED").map_or_else(
        |_| rand::rng().random(),
        |seed| seed.parse().expect("a number"),
    );
    eprintln!("SPOOL_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let it = Spooling::new(SimConfig {
        rate: 300.0,
        ..sim_config(&["BTCUSDT", "ETHUSDT"])
    })
    .await;
    it.rig.fault("zero_price,every=50").await;
    let config = Config {
        gap_repair_max: 1_000_000,
        ..it.config()
    };
    let first = Process::start(&config);
    let id = it.rig.following("BTCUSDT").await;
    it.rig.following("ETHUSDT").await;
    first.kill();

    let mut torn = 0;
    for is_there in [true, false, false, true, false, false, true] {
        it.cable
            .set(if is_there { Line::Carries } else { Line::Cut });
        let process = Process::start(&config);
        if !is_there {
            it.until_on_disk().await;
        }
        let trades = random.random_range(1..1_000);
        it.rig.until_exchange_traded("BTCUSDT", trades).await;
        process.kill();
        if !is_there && random.random_bool(0.5) {
            torn += u32::from(tear_last_record(&it.file()));
        }
    }
    let process = Process::start(&config);
    it.until_drained().await;
    let newest = it.rig.next_id("BTCUSDT").await;
    it.rig.until_whole(id, newest).await;
    let eth = it.rig.id("ETHUSDT").await;
    it.rig.until_whole(eth, 0).await;
    process.kill();
    eprintln!("{torn} records were torn");
    for name in ["BTCUSDT", "ETHUSDT"] {
        it.rig.assert_all_accounted_for(name).await;
    }
}
