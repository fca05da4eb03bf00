//! The write path: nothing twice, nothing lost, nothing backwards.

mod support;

use rand::RngExt;
use store::{Written, cursors, rejects, trades};
use support::{
    DAY_MS, MINUTE, SECOND, assert_bars_equal, random_trades, register, seeded, shuffle, trade,
    write,
};
use testkit::TestDb;

type Result = anyhow::Result<()>;

#[tokio::test]
async fn a_batch_written_again_changes_nothing() -> Result {
    let db = TestDb::create().await?;
    let id = register(db.store(), &["AAAUSDT"]).await?[0];
    let trades = random_trades(&mut seeded(1), 1_000, DAY_MS, 2 * SECOND);
    let first = write(db.store(), id, &trades).await?;
    assert_eq!(
        first,
        Written {
            inserted: 1_000,
            ..Written::default()
        }
    );
    let again = write(db.store(), id, &trades).await?;
    assert_eq!(
        again,
        Written {
            duplicates: 1_000,
            ..Written::default()
        }
    );
    assert_eq!(trades::read(db.store(), id, 0, 10_000).await?, trades);
    assert_bars_equal(db.store(), id, &trades, "written twice").await
}

#[tokio::test]
async fn duplicates_within_a_batch_and_against_the_table_are_counted_and_stored_once() -> Result {
    let db = TestDb::create().await?;
    let id = register(db.store(), &["AAAUSDT"]).await?[0];
    let trades = random_trades(&mut seeded(2), 100, DAY_MS, SECOND);
    write(db.store(), id, &trades[..60]).await?;
    let mut batch = trades[50..].to_vec();
    batch.extend_from_slice(&trades[90..]);
    shuffle(&mut seeded(3), &mut batch);
    let written = write(db.store(), id, &batch).await?;
    assert_eq!(
        written,
        Written {
            inserted: 40,
            duplicates: 20,
            rejected: 0
        }
    );
    assert_eq!(trades::read(db.store(), id, 0, 10_000).await?, trades);
    // The connection that staged goes on with plain batches.
    let more: Vec<_> = (5_000..5_100)
        .map(|i| trade(i, DAY_MS + MINUTE, 1.0))
        .collect();
    assert_eq!(write(db.store(), id, &more).await?.inserted, 100);
    Ok(())
}

#[tokio::test]
async fn an_empty_batch_is_no_work() -> Result {
    let db = TestDb::create().await?;
    let id = register(db.store(), &["AAAUSDT"]).await?[0];
    assert_eq!(write(db.store(), id, &[]).await?, Written::default());
    Ok(())
}

#[tokio::test]
async fn writers_of_the_same_symbols_never_deadlock_and_store_each_trade_once() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let ids = register(store, &["AAAUSDT", "BBBUSDT", "CCCUSDT"]).await?;
    let trades = random_trades(&mut seeded(4), 1_500, DAY_MS, SECOND);
    let mut writers = Vec::new();
    for seed in 0..4 {
        let (store, ids, trades) = (store.clone(), ids.clone(), trades.clone());
        writers.push(tokio::spawn(async move {
            let mut rng = seeded(seed);
            let mut rows: Vec<_> = ids
                .iter()
                .flat_map(|id| trades.iter().map(|trade| (*id, *trade)))
                .collect();
            // Everybody delivers everything in an order of their own.
            shuffle(&mut rng, &mut rows);
            let mut inserted = 0;
            while !rows.is_empty() {
                let rest = rows.split_off(rows.len().min(rng.random_range(50..400)));
                inserted += trades::write_batch(&store, &rows.into_iter().collect())
                    .await?
                    .inserted;
                rows = rest;
            }
            anyhow::Ok(inserted)
        }));
    }
    let mut inserted = 0;
    for writer in writers {
        inserted += writer.await??;
    }
    assert_eq!(
        inserted, 4_500,
        "each trade was reported as inserted by one writer alone"
    );
    for id in ids {
        assert_eq!(trades::read(store, id, 0, 10_000).await?, trades);
        assert_bars_equal(store, id, &trades, "four writers").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_cursor_moves_with_the_trades_and_never_back() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    assert!(cursors::load(store, &[id]).await?.is_empty());
    let new: Vec<_> = (100..200).map(|i| trade(i, DAY_MS + i, i as f64)).collect();
    write(store, id, &new).await?;
    let old: Vec<_> = (0..100)
        .map(|i| trade(i, DAY_MS + i, i as f64 + 1.0))
        .collect();
    write(store, id, &old).await?;
    write(store, id, &new[..50]).await?;
    let cursor = cursors::load(store, &[id]).await?[&id];
    assert_eq!(
        (cursor.last_agg_id, cursor.last_time_ms, cursor.last_price),
        (199, DAY_MS + 199, 199.0)
    );
    assert_eq!(cursors::load_all(store).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn impossible_trades_become_rejects_and_their_batch_is_stored() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let mut batch: Vec<_> = (0..6).map(|i| trade(i, DAY_MS + i, 100.0)).collect();
    batch[1].price = 0.0;
    batch[2].price = f64::NAN;
    batch[3].qty = 0.0;
    batch[4].qty = f64::INFINITY;
    let written = write(store, id, &batch).await?;
    assert_eq!(
        written,
        Written {
            inserted: 2,
            duplicates: 0,
            rejected: 4
        }
    );
    // Again: nothing is recorded twice.
    write(store, id, &batch).await?;
    assert_eq!(
        rejects::counts(store).await?,
        [(rejects::IMPOSSIBLE.to_owned(), 4)]
    );
    let ids: Vec<_> = rejects::newest(store, 10)
        .await?
        .iter()
        .map(|r| r.agg_id.unwrap())
        .collect();
    assert_eq!(ids, [4, 3, 2, 1]);
    Ok(())
}

#[tokio::test]
async fn trades_are_read_by_id_and_from_the_end() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let trades: Vec<_> = (0..100)
        .map(|i| trade(i, DAY_MS + i / 3 * SECOND, 1.0))
        .collect();
    write(store, id, &trades).await?;
    assert_eq!(trades::read(store, id, 40, 5).await?, trades[40..45]);
    assert_eq!(trades::read_newest(store, id, 7).await?, trades[93..]);
    Ok(())
}
