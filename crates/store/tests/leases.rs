//! One holder at a time.

mod support;

use std::time::Duration;

use sqlx::Connection;
use store::{Lease, Store, StoreError, leases, refresh, retention};
use support::{DAY_MS, HOUR, assert_bars_equal, register, trade, write};
use testkit::TestDb;

type Result = anyhow::Result<()>;
const LONG: Duration = Duration::from_secs(600);

/// Lets a lease run out without waiting for it.
async fn expire(db: &TestDb, name: &str) -> anyhow::Result<sqlx::PgConnection> {
    let mut connection = sqlx::PgConnection::connect(db.url()).await?;
    sqlx::query("UPDATE leases SET expires_at = clock_timestamp() WHERE name = $1")
        .bind(name)
        .execute(&mut connection)
        .await?;
    Ok(connection)
}

async fn acquire(store: &Store, owner: &str) -> anyhow::Result<Option<Lease>> {
    Ok(leases::acquire(store, "aggregator", owner, LONG).await?)
}

#[tokio::test]
async fn one_holds_it_until_it_is_released_or_expires_and_every_holder_has_a_greater_epoch()
-> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let first = acquire(store, "a").await?.unwrap();
    assert_eq!(first.epoch, 1);
    assert_eq!(acquire(store, "b").await?, None);
    assert_eq!(
        acquire(store, "a").await?,
        None,
        "a restarted process is another holder"
    );
    leases::renew(store, &first, LONG).await?;
    leases::release(store, &first).await?;
    let second = acquire(store, "b").await?.unwrap();
    assert_eq!(second.epoch, 2);
    expire(&db, "aggregator").await?;
    let third = acquire(store, "c").await?.unwrap();
    assert_eq!(third.epoch, 3);
    // Neither of the former holders gets it back, and they do no harm.
    for old in [&first, &second] {
        assert!(matches!(
            leases::renew(store, old, LONG).await,
            Err(StoreError::LeaseLost(_))
        ));
        leases::release(store, old).await?;
    }
    leases::renew(store, &third, LONG).await?;
    assert!(
        leases::acquire(store, "jobs", "b", LONG).await?.is_some(),
        "another name, another lease"
    );
    Ok(())
}

#[tokio::test]
async fn of_many_that_try_at_once_one_gets_it() -> Result {
    let db = TestDb::create().await?;
    let mut tries = Vec::new();
    for owner in 0..16 {
        let store = db.store().clone();
        tries.push(tokio::spawn(async move {
            acquire(&store, &format!("owner {owner}")).await
        }));
    }
    let mut holders = 0;
    for attempt in tries {
        holders += usize::from(attempt.await??.is_some());
    }
    assert_eq!(holders, 1);
    Ok(())
}

#[tokio::test]
async fn a_guarded_transaction_of_a_former_holder_writes_nothing() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let first = acquire(store, "a").await?.unwrap();
    let mut connection = expire(&db, "aggregator").await?;
    let mut tx = connection.begin().await?;
    assert!(matches!(
        leases::guard(&mut tx, &first).await,
        Err(StoreError::LeaseLost(_))
    ));
    tx.rollback().await?;
    let second = acquire(store, "b").await?.unwrap();
    let mut tx = connection.begin().await?;
    leases::guard(&mut tx, &second).await?;
    // While it writes, the lease cannot go to another, even if it runs out meanwhile.
    let taker = tokio::spawn({
        let (store, url) = (store.clone(), db.url().to_owned());
        async move {
            let mut other = sqlx::PgConnection::connect(&url).await?;
            let changed = sqlx::query("SET lock_timeout = '100ms'")
                .execute(&mut other)
                .await;
            changed?;
            let taken = sqlx::query("UPDATE leases SET owner = 'thief' WHERE name = 'aggregator'")
                .execute(&mut other)
                .await;
            drop(store);
            anyhow::Ok(taken.is_err())
        }
    });
    assert!(taker.await??, "the row is locked by the guard");
    tx.commit().await?;
    Ok(())
}

#[tokio::test]
async fn upkeep_without_the_lease_does_nothing() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let all: Vec<_> = (0..72)
        .map(|i| trade(i, DAY_MS + i * HOUR, 100.0))
        .collect();
    write(store, id, &all).await?;
    let lease = acquire(store, "a").await?.unwrap();
    refresh::run(store, Some(&lease)).await?;
    let levels = refresh::levels(store).await?;
    assert_eq!(levels.len(), 7);
    assert_eq!(levels[0].watermark_ms, Some(DAY_MS + 71 * HOUR - 2_000));
    assert!(levels.iter().all(|level| level.watermark_ms.is_some()));

    expire(&db, "aggregator").await?;
    write(store, id, &[trade(1_000, DAY_MS + 80 * HOUR, 1.0)]).await?;
    let lost = refresh::run(store, Some(&lease)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost(name)) if name == "aggregator"));
    assert_eq!(refresh::levels(store).await?, levels);
    let lost = retention::drop_trades_before(store, DAY_MS + 48 * HOUR, Some(&lease)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost(_))));
    assert_eq!(retention::floor_ms(store).await?, None);

    // The next holder goes on.
    let next = acquire(store, "b").await?.unwrap();
    refresh::run(store, Some(&next)).await?;
    let mut expected = all;
    expected.push(trade(1_000, DAY_MS + 80 * HOUR, 1.0));
    assert_bars_equal(store, id, &expected, "after the next holder's refresh").await
}
