//! Where trades end and klines stand in.

mod support;

use market::{Bar, Interval, Trade};
use store::{BarOrigin, Store, SymbolId, gaps, history, symbols};
use support::{
    DAY_MS, HOUR, MINUTE, SECOND, all_bars, assert_bars_equal, random_trades, reference, register,
    register_uncovered, same_bar, seeded, trade, write,
};
use testkit::TestDb;

type Result = anyhow::Result<()>;

/// Klines of `[from_ms, to_ms)` as the exchange sends them: one a bucket, also where nothing traded.
fn klines(interval: Interval, trades: &[Trade], from_ms: i64, to_ms: i64) -> Vec<Bar> {
    let real = reference(interval, trades);
    let mut close = 1.0;
    (from_ms..to_ms)
        .step_by(interval.ms() as usize)
        .map(|bucket_ms| {
            let bar = real
                .iter()
                .find(|bar| bar.bucket_ms == bucket_ms)
                .copied()
                .unwrap_or(Bar {
                    bucket_ms,
                    open: close,
                    high: close,
                    low: close,
                    close,
                    volume: 0.0,
                    quote_volume: 0.0,
                    buy_volume: 0.0,
                    trades: 0,
                });
            close = bar.close;
            bar
        })
        .collect()
}

/// Closed klines before the border, newest page first.
async fn backfill(
    store: &Store,
    id: SymbolId,
    trades: &[Trade],
    from_ms: i64,
    border_ms: i64,
) -> Result {
    for interval in [Interval::M1, Interval::H1, Interval::D1] {
        let all = klines(interval, trades, from_ms, interval.bucket_of(border_ms));
        for page in all.chunks(500).rev() {
            history::write_klines(store, id, interval, page).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn klines_before_the_border_and_trades_after_it_make_the_bars_of_all_trades() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register_uncovered(store, &["AAAUSDT"]).await?[0];
    let all = random_trades(&mut seeded(1), 6_000, DAY_MS - 24 * HOUR, 50 * SECOND);
    // Within every coarser bucket, with trades on both sides.
    let border = (DAY_MS + 10 * HOUR..DAY_MS + 20 * HOUR)
        .step_by(60_000)
        .filter(|edge| edge % (5 * MINUTE) != 0)
        .find(|edge| {
            let trades_in = |from: i64| {
                all.iter()
                    .any(|t| (from..from + MINUTE).contains(&t.time_ms))
            };
            trades_in(edge - MINUTE) && trades_in(*edge)
        })
        .expect("a busy minute edge");
    let (before, after): (Vec<Trade>, Vec<Trade>) = all.iter().partition(|t| t.time_ms < border);
    assert!(before.len() > 1_000 && after.last().unwrap().time_ms > DAY_MS + 28 * HOUR);
    backfill(store, id, &before, DAY_MS - 24 * HOUR, border).await?;
    symbols::set_trades_from(store, id, border).await?;
    write(store, id, &after).await?;
    for refreshed in [false, true] {
        if refreshed {
            store::refresh::run(store, None).await?;
        }
        for interval in &Interval::ALL[1..] {
            let found = all_bars(store, id, *interval).await?;
            let expected = reference(*interval, &all);
            assert_eq!(found.len(), expected.len(), "{interval}");
            for (found, expected) in found.iter().zip(&expected) {
                same_bar(&found.bar, expected)?;
                assert!(found.complete, "{interval} {found:?}");
                let (start, end) = (expected.bucket_ms, expected.bucket_ms + interval.ms());
                let origin = if start >= border {
                    BarOrigin::Trades
                } else if end <= border {
                    BarOrigin::Klines
                } else {
                    BarOrigin::Mixed
                };
                assert_eq!(found.origin, origin, "{interval} {found:?}");
                assert_eq!(found.last_agg_id.is_some(), origin != BarOrigin::Klines);
            }
        }
        let seconds = all_bars(store, id, Interval::S1).await?;
        let expected = reference(Interval::S1, &after);
        assert_eq!(seconds.len(), expected.len());
        for (found, expected) in seconds.iter().zip(&expected) {
            same_bar(&found.bar, expected)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_bucket_whose_klines_were_not_all_fetched_says_that_it_is_incomplete() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register_uncovered(store, &["AAAUSDT"]).await?[0];
    let border = DAY_MS + 30 * MINUTE;
    let all: Vec<_> = (0..60)
        .map(|i| trade(i, DAY_MS + i * MINUTE, 100.0 + i as f64))
        .collect();
    symbols::set_trades_from(store, id, border).await?;
    write(store, id, &all[30..]).await?;
    // From 00:10 only.
    let late = klines(Interval::M1, &all, DAY_MS + 10 * MINUTE, border);
    history::write_klines(store, id, Interval::M1, &late).await?;
    let hour = all_bars(store, id, Interval::H1).await?;
    assert_eq!(hour.len(), 1);
    assert_eq!(
        (hour[0].origin, hour[0].complete),
        (BarOrigin::Mixed, false)
    );
    assert_eq!((hour[0].bar.open, hour[0].bar.trades), (110.0, 50));
    // The rest arrives.
    let early = klines(Interval::M1, &all, DAY_MS, DAY_MS + 10 * MINUTE);
    history::write_klines(store, id, Interval::M1, &early).await?;
    assert_eq!(
        history::coverage(store, id, Interval::M1).await?,
        [history::Coverage {
            from_ms: DAY_MS,
            to_ms: border
        }]
    );
    let hour = all_bars(store, id, Interval::H1).await?;
    assert_eq!((hour[0].origin, hour[0].complete), (BarOrigin::Mixed, true));
    same_bar(&hour[0].bar, &reference(Interval::H1, &all)[0])?;
    // The whole hour as a kline of its own takes its place.
    let whole = klines(Interval::H1, &all, DAY_MS, DAY_MS + HOUR);
    history::write_klines(store, id, Interval::H1, &whole).await?;
    assert_eq!(
        all_bars(store, id, Interval::H1).await?[0].origin,
        BarOrigin::Klines
    );
    Ok(())
}

#[tokio::test]
async fn a_gap_makes_its_buckets_incomplete_until_klines_or_the_trades_themselves_come() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register(store, &["AAAUSDT"]).await?[0];
    let all: Vec<_> = (0..1_440)
        .map(|i| trade(i, DAY_MS + i * MINUTE + SECOND, 100.0 + (i % 50) as f64))
        .collect();
    // 07:02 to 07:21.
    let missing = &all[422..442];
    let stored: Vec<_> = all
        .iter()
        .filter(|t| !missing.contains(t))
        .copied()
        .collect();
    write(store, id, &stored).await?;
    let gap = gaps::NewGap {
        symbol_id: id,
        from_agg_id: 422,
        to_agg_id: 441,
        from_ms: all[421].time_ms,
        to_ms: all[442].time_ms,
        reason: "test".to_owned(),
    };
    let keys = gaps::record(store, std::slice::from_ref(&gap)).await?;
    assert_eq!(
        gaps::record(store, std::slice::from_ref(&gap)).await?,
        keys,
        "recorded once"
    );
    assert_eq!(gaps::unfilled(store).await?[0].gap, gap);
    let touched =
        |interval: Interval, start: i64| start + interval.ms() > gap.from_ms && start <= gap.to_ms;
    for interval in Interval::ALL {
        let found = all_bars(store, id, interval).await?;
        let expected = reference(interval, &stored);
        assert_eq!(found.len(), expected.len(), "{interval}");
        for (found, expected) in found.iter().zip(&expected) {
            same_bar(&found.bar, expected)?;
            assert_eq!(
                found.complete,
                !touched(interval, found.bar.bucket_ms),
                "{interval} {found:?}"
            );
            assert_eq!(found.origin, BarOrigin::Trades);
        }
    }
    // Klines of the minutes: the bars are those of all trades.
    let minutes = klines(
        Interval::M1,
        &all,
        DAY_MS + 7 * HOUR,
        DAY_MS + 7 * HOUR + 23 * MINUTE,
    );
    history::write_klines(store, id, Interval::M1, &minutes).await?;
    for interval in &Interval::ALL[1..] {
        let found = all_bars(store, id, *interval).await?;
        let expected = reference(*interval, &all);
        assert_eq!(found.len(), expected.len(), "{interval}");
        for (found, expected) in found.iter().zip(&expected) {
            same_bar(&found.bar, expected)?;
            assert!(found.complete, "{interval} {found:?}");
            if !touched(*interval, found.bar.bucket_ms) {
                assert_eq!(found.origin, BarOrigin::Trades);
            } else {
                assert_ne!(found.origin, BarOrigin::Trades);
            }
        }
    }
    // A part of it, then all of it.
    write(store, id, &missing[..10]).await?;
    gaps::advance(store, keys[0], 432, missing[9].time_ms).await?;
    let rest = gaps::unfilled(store).await?;
    assert_eq!(
        (rest[0].gap.from_agg_id, rest[0].gap.from_ms),
        (432, missing[9].time_ms)
    );
    write(store, id, &missing[10..]).await?;
    gaps::mark_filled(store, keys[0]).await?;
    assert!(gaps::unfilled(store).await?.is_empty());
    assert_bars_equal(store, id, &all, "filled").await?;
    for interval in Interval::ALL {
        assert!(
            all_bars(store, id, interval)
                .await?
                .iter()
                .all(|b| b.origin == BarOrigin::Trades)
        );
    }
    Ok(())
}

#[tokio::test]
async fn before_coverage_begins_there_are_klines_and_what_trades_there_are() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register_uncovered(store, &["AAAUSDT"]).await?[0];
    let all: Vec<_> = (0..100)
        .map(|i| trade(i, DAY_MS + i * MINUTE, 100.0))
        .collect();
    history::write_klines(
        store,
        id,
        Interval::M1,
        &klines(Interval::M1, &all, DAY_MS, DAY_MS + 90 * MINUTE),
    )
    .await?;
    history::write_klines(
        store,
        id,
        Interval::H1,
        &klines(Interval::H1, &all, DAY_MS, DAY_MS + HOUR),
    )
    .await?;
    write(store, id, &all[95..]).await?;
    let minutes = all_bars(store, id, Interval::M1).await?;
    assert_eq!(minutes.len(), 95);
    assert!(
        minutes[..90]
            .iter()
            .all(|b| b.origin == BarOrigin::Klines && b.complete)
    );
    assert!(
        minutes[90..]
            .iter()
            .all(|b| b.origin == BarOrigin::Trades && !b.complete)
    );
    let hours = all_bars(store, id, Interval::H1).await?;
    assert_eq!(
        hours
            .iter()
            .map(|b| (b.origin, b.complete))
            .collect::<Vec<_>>(),
        [(BarOrigin::Klines, true), (BarOrigin::Mixed, false)]
    );
    assert_eq!(hours[1].bar.trades, 35);
    Ok(())
}

#[tokio::test]
async fn klines_without_trades_count_as_fetched_and_are_no_bars() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register_uncovered(store, &["AAAUSDT"]).await?[0];
    // One trade in the first and one in the last of ten minutes.
    let all = [
        trade(1, DAY_MS, 100.0),
        trade(2, DAY_MS + 9 * MINUTE, 110.0),
    ];
    history::write_klines(
        store,
        id,
        Interval::M1,
        &klines(Interval::M1, &all, DAY_MS, DAY_MS + 10 * MINUTE),
    )
    .await?;
    assert_eq!(all_bars(store, id, Interval::M1).await?.len(), 2);
    let fives = all_bars(store, id, Interval::M5).await?;
    assert_eq!(fives.len(), 2, "both five minutes were fetched wholly");
    assert_eq!((fives[0].bar.close, fives[1].bar.open), (100.0, 110.0));
    assert!(
        all_bars(store, id, Interval::M15)
            .await?
            .iter()
            .all(|b| !b.complete),
        "but not the quarter"
    );
    Ok(())
}

#[tokio::test]
async fn where_coverage_begins_is_a_minute_edge_and_set_once() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = register_uncovered(store, &["AAAUSDT"]).await?[0];
    assert!(
        symbols::set_trades_from(store, id, DAY_MS + 1)
            .await
            .is_err()
    );
    assert_eq!(symbols::set_trades_from(store, id, DAY_MS).await?, DAY_MS);
    assert_eq!(
        symbols::set_trades_from(store, id, DAY_MS + HOUR).await?,
        DAY_MS
    );
    assert!(
        symbols::set_trades_from(store, SymbolId(999), DAY_MS)
            .await
            .is_err()
    );
    Ok(())
}
