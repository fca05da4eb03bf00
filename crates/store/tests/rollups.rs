//! Bars of trades equal an independent aggregation, whatever happens on the way.

mod support;

use market::{Interval, Trade};
use rand::RngExt;
use store::{BarRange, bars, refresh};
use support::{
    DAY_MS, HOUR, MINUTE, SECOND, all_bars, assert_bars_equal, random_trades, reference, register,
    same_bar, seeded, trade, write,
};
use testkit::TestDb;

type Result = anyhow::Result<()>;

/// Batches as a feed delivers them: mostly in order, some late by a few batches or by many, some
/// twice.
fn deliveries(rng: &mut rand::rngs::StdRng, trades: &[Trade]) -> Vec<Vec<Trade>> {
    let mut batches: Vec<Vec<Trade>> = Vec::new();
    let mut rest = trades;
    while !rest.is_empty() {
        let (batch, tail) = rest.split_at(rest.len().min(rng.random_range(1..400)));
        batches.push(batch.to_vec());
        rest = tail;
    }
    for from in 0..batches.len() {
        let to = (from + rng.random_range(1..20)).min(batches.len() - 1);
        match rng.random_range(0..10) {
            0 => {
                let late = batches[from].pop();
                batches[to].extend(late);
            }
            1 => {
                let again: Vec<Trade> = batches[from].iter().take(5).copied().collect();
                batches[to].extend(again);
            }
            _ => {}
        }
    }
    // A whole page arrives at the very end, as after a repair.
    let page = batches.remove(batches.len() / 3);
    batches.push(page);
    batches
}

#[tokio::test]
async fn bars_equal_the_aggregation_of_random_trades_before_and_after_every_refresh() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let ids = register(store, &["AAAUSDT", "BBBUSDT"]).await?;
    let mut rng = seeded(1);
    // Two days at the one, some hours at the other, so that every level has several bars.
    let slow = random_trades(&mut rng, 4_000, DAY_MS - 2 * HOUR, 40 * SECOND);
    let fast = random_trades(&mut rng, 8_000, DAY_MS + 23 * HOUR, 1_500);
    let feeds = [deliveries(&mut rng, &slow), deliveries(&mut rng, &fast)];
    let mut sent = [Vec::new(), Vec::new()];
    for round in 0..feeds[0].len().max(feeds[1].len()) {
        for (feed, (batches, sent)) in feeds.iter().zip(&mut sent).enumerate() {
            let Some(batch) = batches.get(round) else {
                continue;
            };
            write(store, ids[feed], batch).await?;
            for trade in batch {
                if !sent.contains(trade) {
                    sent.push(*trade);
                }
            }
        }
        let check = round % 9 == 0 || round + 1 >= feeds[0].len().max(feeds[1].len());
        for (id, sent) in ids.iter().zip(&sent) {
            if check {
                assert_bars_equal(store, *id, sent, &format!("round {round}, before")).await?;
            }
        }
        if round % 3 == 0 || check {
            refresh::run(store, None).await?;
        }
        for (id, sent) in ids.iter().zip(&sent) {
            if check {
                assert_bars_equal(store, *id, sent, &format!("round {round}, after")).await?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_late_trade_on_a_stalled_feed_is_in_the_bars_at_once_and_refreshed_by_the_next_cycle()
-> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let mut all: Vec<Trade> = (0..2_000)
        .map(|i| trade(i, DAY_MS + i * 10 * SECOND, 100.0 + (i % 7) as f64))
        .collect();
    // Held back, and the greatest of its minute, five minutes, …
    let mut late = all.remove(700);
    late.price = 1_000.0;
    write(store, id, &all).await?;
    refresh::run(store, None).await?;
    refresh::run(store, None).await?;
    // Nothing newer ever comes.
    write(store, id, &[late]).await?;
    all.push(late);
    assert_bars_equal(store, id, &all, "before").await?;
    refresh::run(store, None).await?;
    assert_bars_equal(store, id, &all, "after").await?;
    assert_eq!(
        late_ranges(&db).await?,
        0,
        "the late trade was refreshed, not only overlaid"
    );
    Ok(())
}

/// Ranges that reading computes anew.
async fn late_ranges(db: &TestDb) -> anyhow::Result<i64> {
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(db.url()).await?;
    Ok(sqlx::query_scalar("SELECT count(*) FROM late_ranges")
        .fetch_one(&mut connection)
        .await?)
}

#[tokio::test]
async fn the_rollup_relations_themselves_equal_the_aggregation_after_a_refresh() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let trades = random_trades(&mut seeded(2), 6_000, DAY_MS - HOUR, 20 * SECOND);
    // Oldest page last.
    write(store, id, &trades[2_000..]).await?;
    refresh::run(store, None).await?;
    write(store, id, &trades[..2_000]).await?;
    refresh::run(store, None).await?;
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(db.url()).await?;
    for interval in Interval::ALL {
        let rows: Vec<(i64, f64, f64, f64, f64, i64)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!(
                "SELECT (extract(epoch FROM bucket) * 1000)::bigint, open, high, low, close, trades
             FROM rollup_{interval} WHERE symbol_id = $1 ORDER BY bucket"
            )))
            .bind(id)
            .fetch_all(&mut connection)
            .await?;
        let expected: Vec<_> = reference(interval, &trades)
            .iter()
            .map(|b| (b.bucket_ms, b.open, b.high, b.low, b.close, b.trades))
            .collect();
        assert_eq!(rows, expected, "{interval}");
    }
    Ok(())
}

#[tokio::test]
async fn open_and_close_follow_the_ids_even_where_times_do_not() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let trades = [
        trade(1, DAY_MS + 1_500, 10.0),
        trade(2, DAY_MS + 500, 20.0),
        trade(3, DAY_MS + 2_500, 30.0),
        trade(4, DAY_MS + 1_700, 40.0),
        trade(5, DAY_MS + HOUR, 50.0),
    ];
    write(store, id, &trades).await?;
    assert_bars_equal(store, id, &trades, "before").await?;
    refresh::run(store, None).await?;
    assert_bars_equal(store, id, &trades, "after").await?;
    Ok(())
}

#[tokio::test]
async fn two_refreshes_at_once_leave_the_bars_right() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let trades = random_trades(&mut seeded(3), 5_000, DAY_MS, 5 * SECOND);
    for chunk in trades.chunks(500) {
        write(store, id, chunk).await?;
        let (first, second) = tokio::join!(refresh::run(store, None), refresh::run(store, None));
        // One may be told to try again; it may not break anything.
        for outcome in [first, second] {
            if let Err(error) = outcome {
                assert!(error.is_transient(), "{error}");
            }
        }
    }
    refresh::run(store, None).await?;
    assert_bars_equal(store, id, &trades, "at the end").await?;
    Ok(())
}

#[tokio::test]
async fn bars_read_during_writes_and_refreshes_are_never_wrong() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    // One trade a second of quantity 0.5 each: at any moment a bar's volume is half its trades.
    let trades: Vec<Trade> = (0..3_000)
        .map(|i| trade(i, DAY_MS + i * SECOND, 100.0))
        .collect();
    let writer = tokio::spawn({
        let (store, trades) = (store.clone(), trades.clone());
        async move {
            for chunk in trades.chunks(25) {
                write(&store, id, chunk).await?;
            }
            anyhow::Ok(())
        }
    });
    let refresher = tokio::spawn({
        let store = store.clone();
        async move {
            for _ in 0..40 {
                refresh::run(&store, None).await?;
            }
            anyhow::Ok(())
        }
    });
    let mut before = 0;
    while before < 3_000 {
        let bars = all_bars(store, id, Interval::M1).await?;
        let now: i64 = bars.iter().map(|b| b.bar.trades).sum();
        // Batches are atomic, none is lost or counted twice, and time does not run backwards.
        assert_eq!(now % 25, 0);
        assert!(now >= before, "{now} after {before}");
        assert!(
            bars.iter()
                .all(|b| b.bar.volume == b.bar.trades as f64 / 2.0)
        );
        assert!(
            bars.iter().all(|b| b.bar.trades <= 60),
            "a trade was counted twice"
        );
        before = now;
    }
    writer.await??;
    refresher.await??;
    assert_bars_equal(store, id, &trades, "at the end").await?;
    Ok(())
}

#[tokio::test]
async fn the_newest_bars_are_found_across_quiet_stretches() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let mut trades: Vec<Trade> = (0..50)
        .map(|i| trade(i, DAY_MS + i * MINUTE, 1.0))
        .collect();
    trades.extend((50..60).map(|i| trade(i, DAY_MS + 5 * HOUR + i * MINUTE, 2.0)));
    write(store, id, &trades).await?;
    refresh::run(store, None).await?;
    let expected = reference(Interval::M1, &trades);
    let newest = bars::read_newest(store, id, Interval::M1, None, 20).await?;
    assert_eq!(newest.len(), 20);
    for (found, expected) in newest.iter().zip(&expected[40..]) {
        same_bar(&found.bar, expected)?;
    }
    let all = bars::read_newest(store, id, Interval::M1, None, 1_000).await?;
    assert_eq!(all.len(), 60);
    let before = bars::read_newest(store, id, Interval::M1, Some(DAY_MS + 10 * MINUTE), 3).await?;
    assert_eq!(before.last().unwrap().bar.bucket_ms, DAY_MS + 9 * MINUTE);
    assert_eq!(before.len(), 3);
    // Paged forward from one past the last bar.
    let mut paged = Vec::new();
    let mut from_ms = 0;
    loop {
        let range = BarRange {
            from_ms,
            to_ms: None,
            limit: 7,
        };
        let page = bars::read(store, id, Interval::M1, range).await?;
        let Some(last) = page.last() else { break };
        from_ms = last.bar.bucket_ms + MINUTE;
        paged.extend(page);
    }
    assert_eq!(paged, all);
    Ok(())
}

#[tokio::test]
async fn closes_of_many_symbols_are_those_of_each() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let ids = register(store, &["AAAUSDT", "BBBUSDT", "CCCUSDT"]).await?;
    let mut rng = seeded(11);
    for id in &ids {
        write(store, *id, &random_trades(&mut rng, 400, DAY_MS, 2_000)).await?;
    }
    let (from_ms, to_ms) = (DAY_MS + 5 * 60_000, DAY_MS + 12 * 60_000);
    let wanted = &ids[..2];
    let found = bars::closes_of(store, wanted, Interval::M1, from_ms, to_ms).await?;
    assert!(found.is_sorted_by_key(|(_, close)| close.bucket_ms));
    for id in wanted {
        let range = BarRange {
            from_ms,
            to_ms: Some(to_ms),
            limit: 1_000,
        };
        let own = bars::read_closes(store, *id, Interval::M1, range).await?;
        assert!(!own.is_empty());
        let of_id = found.iter().filter(|(of, _)| of == id);
        assert!(of_id.map(|(_, close)| *close).eq(own));
    }
    assert!(found.iter().all(|(id, _)| wanted.contains(id)));
    Ok(())
}
