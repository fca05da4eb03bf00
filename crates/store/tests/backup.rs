//! A dump holds everything, and what is restored from it goes on where it ended.

mod support;

use std::path::{Path, PathBuf};

use store::{
    DatabaseUrls, Store,
    funding::{self, FundingRate},
    history::Coverage,
    refresh, retention, schema, symbols, trades,
};
use support::{
    DAY_MS, HOUR, SECOND, all_bars, assert_bars_equal, random_trades, register, same_bar, seeded,
    trade, write,
};
use testkit::TestDb;

type Result = anyhow::Result<()>;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docker")
        .join(name)
}

#[tokio::test]
async fn what_is_restored_is_whole_and_goes_on() -> Result {
    let db = TestDb::create().await?;
    let id = register(db.store(), &["AAAUSDT"]).await?[0];
    let mut all = random_trades(&mut seeded(9), 4_000, DAY_MS, 60 * SECOND);
    write(db.store(), id, &all).await?;
    refresh::run(db.store(), None).await?;
    // A floor has to come back, too: below it there are bars without trades.
    let floor_ms = DAY_MS + 24 * HOUR;
    retention::drop_trades_before(db.store(), floor_ms, None).await?;
    let paid = [FundingRate {
        time_ms: DAY_MS,
        rate: -1e-5,
    }];
    let covered = Coverage {
        from_ms: 0,
        to_ms: DAY_MS,
    };
    funding::write(db.store(), id, &paid, covered).await?;
    // Not refreshed yet when the dump is made.
    let late = trade(900_000, floor_ms + 5 * HOUR, 1.5);
    write(db.store(), id, &[late]).await?;
    all.push(late);

    let dump = db.run_script(&script("backup.sh"), &[db.name()]).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("dump");
    std::fs::write(&file, &dump)?;
    let name = format!("{}_restored", db.name());
    let arguments = [name.as_str(), file.to_str().expect("a name in UTF-8")];
    db.run_script(&script("restore.sh"), &arguments).await?;

    let store = Store::connect(&DatabaseUrls::new(db.url_of(&name))).await?;
    assert_eq!(schema::flavour(&store).await?, testkit::flavour());
    // As the aggregator does at its start.
    store.migrate().await?;
    assert_eq!(symbols::list(&store).await?.len(), 1);
    assert_eq!(retention::floor_ms(&store).await?, Some(floor_ms));
    assert_eq!(
        trades::read(&store, id, 0, 10_000).await?,
        trades::read(db.store(), id, 0, 10_000).await?
    );
    let known = funding::read(&store, id, 0, DAY_MS).await?;
    assert_eq!(
        (&known.rates[..], &known.covered[..]),
        (&paid[..], &[covered][..])
    );
    assert_bars_equal(&store, id, &all, "restored").await?;
    refresh::run(&store, None).await?;
    assert_bars_equal(&store, id, &all, "restored and refreshed").await?;
    let more = trade(900_001, all[3_999].time_ms + 3 * HOUR, 2.5);
    write(&store, id, &[more]).await?;
    refresh::run(&store, None).await?;
    all.push(more);
    assert_bars_equal(&store, id, &all, "gone on").await?;
    // What was backed up did not notice.
    for interval in market::Interval::ALL {
        let before = all_bars(db.store(), id, interval).await?;
        assert!(
            before
                .iter()
                .all(|bar| bar.bar.bucket_ms <= late.time_ms.max(all[3_999].time_ms))
        );
        same_bar(
            &before[0].bar,
            &all_bars(&store, id, interval).await?[0].bar,
        )?;
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_holds_data_is_not_restored_over() -> Result {
    let db = TestDb::create().await?;
    let refused = db
        .run_script(&script("restore.sh"), &[db.name(), "/dev/null"])
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("holds data"), "{refused}");
    assert_eq!(schema::version(db.store()).await?, store::SCHEMA_VERSION);
    Ok(())
}
