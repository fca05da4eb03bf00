//! Old trades go, their bars stay.

mod support;

use market::Interval;
use store::{Flavour, Written, bars, compression, refresh, rejects, retention, trades};
use support::{
    DAY_MS, HOUR, MINUTE, SECOND, all_bars, assert_bars_equal, random_trades, register, seeded,
    trade, write,
};
use testkit::TestDb;

type Result = anyhow::Result<()>;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn dropping_old_trades_keeps_every_bar_also_through_later_refreshes() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let ids = register(store, &["AAAUSDT", "BBBUSDT"]).await?;
    let mut all = random_trades(&mut seeded(1), 6_000, DAY_MS, 60 * SECOND);
    assert!(all.last().unwrap().time_ms > DAY_MS + 3 * DAY);
    for id in &ids {
        write(store, *id, &all).await?;
    }
    assert_eq!(retention::floor_ms(store).await?, None);
    refresh::run(store, None).await?;
    let asked = DAY_MS + 2 * DAY + 5 * HOUR;
    let dropped = retention::drop_trades_before(store, asked, None).await?;
    assert_eq!(dropped.floor_ms, Some(DAY_MS + 2 * DAY), "whole days only");
    for id in &ids {
        let left = trades::read(store, *id, 0, 10_000).await?;
        assert!(left.iter().all(|trade| trade.time_ms >= DAY_MS + 2 * DAY));
        assert!(!left.is_empty());
        assert_bars_equal(store, *id, &all, "dropped").await?;
    }
    // A trade just above the floor, in the first bucket that may be refreshed, and new ones.
    let last = *all.last().unwrap();
    let more = [
        trade(500_000, DAY_MS + 2 * DAY + 10, 1.0),
        trade(500_001, last.time_ms + 3 * HOUR, 2.0),
        trade(500_002, last.time_ms + 2 * DAY, 3.0),
    ];
    for id in &ids {
        write(store, *id, &more).await?;
    }
    all.extend(more);
    for id in &ids {
        assert_bars_equal(store, *id, &all, "late, before").await?;
    }
    refresh::run(store, None).await?;
    for id in &ids {
        assert_bars_equal(store, *id, &all, "late, after").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_newest_bars_reach_back_beyond_the_trades_that_are_left() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let all: Vec<_> = (0..4 * 24)
        .map(|i| trade(i, DAY_MS + HOUR / 2 + i * HOUR, 100.0))
        .collect();
    write(store, id, &all).await?;
    refresh::run(store, None).await?;
    for floor in [2, 3] {
        retention::drop_trades_before(store, DAY_MS + floor * DAY, None).await?;
        let newest = bars::read_newest(store, id, Interval::H1, None, 500).await?;
        assert_eq!(newest.len(), all.len(), "floor after {floor} days");
        assert_eq!(newest[0].bar.bucket_ms, DAY_MS);
        let days = bars::read_newest(store, id, Interval::D1, None, 500).await?;
        assert_eq!(days.len(), 4, "floor after {floor} days");
    }
    Ok(())
}

#[tokio::test]
async fn trades_below_the_floor_are_refused_and_recorded_and_no_bar_changes() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let all: Vec<_> = (0..4 * 24)
        .map(|i| trade(i, DAY_MS + i * HOUR, 100.0))
        .collect();
    write(store, id, &all).await?;
    refresh::run(store, None).await?;
    retention::drop_trades_before(store, DAY_MS + 2 * DAY, None).await?;
    let batch = [
        trade(1_000, DAY_MS + HOUR + MINUTE, 5_000.0),
        trade(1_001, DAY_MS + 2 * DAY - 1, 5_000.0),
        trade(1_002, DAY_MS + 2 * DAY, 100.0),
    ];
    let written = write(store, id, &batch).await?;
    assert_eq!(
        written,
        Written {
            inserted: 1,
            duplicates: 0,
            rejected: 2
        }
    );
    let recorded = rejects::newest(store, 10).await?;
    assert_eq!(recorded.len(), 2);
    assert!(
        recorded
            .iter()
            .all(|reject| reject.reason == rejects::BELOW_FLOOR)
    );
    assert_eq!(recorded[0].time_ms, Some(DAY_MS + 2 * DAY - 1));
    let mut expected = all;
    expected.push(batch[2]);
    assert_bars_equal(store, id, &expected, "before").await?;
    refresh::run(store, None).await?;
    assert_bars_equal(store, id, &expected, "after").await
}

#[tokio::test]
async fn nothing_is_dropped_that_is_not_yet_in_every_level() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let all: Vec<_> = (0..4 * 24)
        .map(|i| trade(i, DAY_MS + i * HOUR, 100.0))
        .collect();
    write(store, id, &all).await?;
    // No refresh yet.
    assert_eq!(
        retention::drop_trades_before(store, DAY_MS + 3 * DAY, None)
            .await?
            .floor_ms,
        None
    );
    refresh::run(store, None).await?;
    // A late trade waits.
    let late = trade(1_000, DAY_MS + DAY + HOUR, 500.0);
    write(store, id, &[late]).await?;
    let dropped = retention::drop_trades_before(store, DAY_MS + 3 * DAY, None).await?;
    assert_eq!(
        dropped.floor_ms,
        Some(DAY_MS + DAY),
        "as far as the day of the late trade"
    );
    refresh::run(store, None).await?;
    // The open day is never dropped.
    let dropped = retention::drop_trades_before(store, DAY_MS + 100 * DAY, None).await?;
    assert_eq!(dropped.floor_ms, Some(DAY_MS + 3 * DAY));
    let mut expected = all;
    expected.push(late);
    assert_bars_equal(store, id, &expected, "at the end").await?;
    // The floor does not come down.
    let dropped = retention::drop_trades_before(store, DAY_MS, None).await?;
    assert_eq!(dropped.floor_ms, Some(DAY_MS + 3 * DAY));
    Ok(())
}

#[tokio::test]
async fn compressed_trades_still_take_late_ones_and_duplicates() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let mut all = random_trades(&mut seeded(5), 3_000, DAY_MS, 60 * SECOND);
    let late = all.remove(100);
    write(store, id, &all).await?;
    refresh::run(store, None).await?;
    let converted = compression::compress_trades_before(store, DAY_MS + 2 * DAY).await?;
    match testkit::flavour() {
        Flavour::Plain => assert_eq!(converted, 0),
        Flavour::Timescale => assert_eq!(converted, 2),
    }
    assert_eq!(
        compression::compress_trades_before(store, DAY_MS + 2 * DAY).await?,
        0
    );
    let written = write(store, id, &[all[0], late, all[200]]).await?;
    assert_eq!(
        written,
        Written {
            inserted: 1,
            duplicates: 2,
            rejected: 0
        }
    );
    all.insert(100, late);
    assert_bars_equal(store, id, &all, "before").await?;
    refresh::run(store, None).await?;
    assert_bars_equal(store, id, &all, "after").await?;
    assert_eq!(trades::read(store, id, 0, 10_000).await?, all);
    assert_eq!(
        all_bars(store, id, Interval::D1)
            .await?
            .iter()
            .map(|b| b.bar.trades)
            .sum::<i64>(),
        all.iter().map(|t| i64::from(t.fills)).sum::<i64>()
    );
    Ok(())
}
