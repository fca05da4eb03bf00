//! Migrations.

use store::{DatabaseUrls, Flavour, SCHEMA_VERSION, Store, schema};
use testkit::TestDb;

type Result = anyhow::Result<()>;

#[tokio::test]
async fn migrating_again_changes_nothing() -> Result {
    let db = TestDb::create().await?;
    assert_eq!(schema::version(db.store()).await?, SCHEMA_VERSION);
    assert_eq!(db.store().migrate().await?, testkit::flavour());
    assert_eq!(schema::version(db.store()).await?, SCHEMA_VERSION);
    db.store().wait_for_schema(SCHEMA_VERSION).await?;
    Ok(())
}

#[tokio::test]
async fn several_processes_may_migrate_at_once() -> Result {
    let db = TestDb::empty().await?;
    assert_eq!(schema::version(db.store()).await?, 0);
    let waiting = tokio::spawn({
        let store = db.store().clone();
        async move { store.wait_for_schema(SCHEMA_VERSION).await }
    });
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let store = Store::connect(&DatabaseUrls::new(db.url())).await?;
        tasks.push(tokio::spawn(async move {
            schema::migrate(&store, Some(testkit::flavour())).await
        }));
    }
    for task in tasks {
        assert_eq!(task.await??, testkit::flavour());
    }
    waiting.await??;
    assert_eq!(db.store().flavour().await?, testkit::flavour());
    Ok(())
}

#[tokio::test]
async fn the_flavour_is_what_the_server_offers_and_stays_as_recorded() -> Result {
    let best = if testkit::offers_timescaledb().await? {
        Flavour::Timescale
    } else {
        Flavour::Plain
    };
    let db = TestDb::empty().await?;
    assert_eq!(db.store().migrate().await?, best);
    let plain = TestDb::new(Flavour::Plain).await?;
    assert_eq!(plain.store().migrate().await?, Flavour::Plain);
    Ok(())
}
