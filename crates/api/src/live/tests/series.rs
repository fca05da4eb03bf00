use market::{Bar, Interval};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use store::{bars, gaps, history};
use testkit::TestDb;

use super::market::{START_MS, hub, symbols, trade, until};
use crate::live::{
    held::Close,
    series::{Reload, Series},
};

const COUNT: u32 = 40;

#[tokio::test]
async fn what_is_held_becomes_what_the_database_says_whatever_is_written() {
    let db = TestDb::create().await.unwrap();
    let store = db.store();
    let symbol = &symbols(&db, &["BTCUSDT"]).await[0];
    let hub = hub(store).await;
    let intervals = [Interval::S1, Interval::M1, Interval::M5];
    let all = intervals.map(|interval| hub.shelf().series(symbol, interval));
    let mut random = StdRng::seed_from_u64(7);
    let (mut now_ms, mut agg_id) = (0, 100_000);
    for round in 0..60 {
        match random.random_range(0..10) {
            // A trade that comes late, into a bar that may be held or not.
            0 | 1 => {
                let (late_ms, id) = (random.random_range(0..=now_ms), 50_000 + round);
                trade(store, symbol, &[(id, late_ms, 500.0)]).await;
            }
            2 => {
                let bucket_ms = START_MS - 60_000 * random.random_range(1..90);
                let kline = Bar {
                    bucket_ms,
                    open: 1.0,
                    high: 2.0,
                    low: 1.0,
                    close: 1.0 + f64::from(random.random_range(0..100)) / 100.0,
                    volume: 1.0,
                    quote_volume: 1.0,
                    buy_volume: 0.0,
                    trades: 1,
                };
                history::write_klines(store, symbol.symbol_id, Interval::M1, &[kline])
                    .await
                    .unwrap();
            }
            3 => {
                let from_ms = START_MS + random.random_range(0..=now_ms);
                let gap = gaps::NewGap {
                    symbol_id: symbol.symbol_id,
                    from_agg_id: round,
                    to_agg_id: round,
                    from_ms,
                    to_ms: from_ms,
                    reason: "reconnect".to_owned(),
                };
                let keys = gaps::record(store, &[gap]).await.unwrap();
                if random.random_bool(0.5) {
                    gaps::mark_filled(store, keys[0]).await.unwrap();
                }
            }
            // Trades as they come: most batches within a bucket, some across its edge.
            _ => {
                let mut rows = Vec::new();
                for _ in 0..random.random_range(1..8) {
                    now_ms += random.random_range(1..3_000);
                    agg_id += 1;
                    let price = 100.0 + f64::from(random.random_range(0..1_000)) / 10.0;
                    rows.push((agg_id, now_ms, price));
                }
                trade(store, symbol, &rows).await;
            }
        }
        for series in &all {
            let interval = series.interval();
            let id = symbol.symbol_id;
            let truth = bars::read_newest_closes(store, id, interval, None, COUNT).await;
            let truth: Vec<Close> = truth
                .unwrap()
                .iter()
                .map(|bar| Close {
                    time_ms: bar.bucket_ms,
                    close: bar.close,
                })
                .collect();
            until(
                &format!("round {round}, {interval}: {truth:?}"),
                async || {
                    series.newest(COUNT as usize).await.unwrap().bars == truth
                        && (series
                            .held()
                            .newest(COUNT as usize)
                            .eq(truth.iter().copied()))
                },
            )
            .await;
        }
    }
    hub.stop().await;
}

#[tokio::test]
async fn prices_move_while_history_arrives_and_bars_close_once_it_was_read() {
    let db = TestDb::create().await.unwrap();
    let store = db.store();
    let symbol = &symbols(&db, &["BTCUSDT"]).await[0];
    let hub = hub(store).await;
    let pulse = hub.pulse().clone();
    let series = Series::new(store.clone(), pulse, symbol.clone(), Interval::M1);
    trade(store, symbol, &[(1, 0, 100.0)]).await;
    series.newest(10).await.unwrap();
    let closed_ms = series.held().closed_until_ms();
    let closes = || -> Vec<f64> { series.held().newest(10).map(|bar| bar.close).collect() };

    let kline = Bar {
        bucket_ms: START_MS - 60_000,
        open: 1.0,
        high: 2.0,
        low: 1.0,
        close: 2.0,
        volume: 1.0,
        quote_volume: 1.0,
        buy_volume: 0.0,
        trades: 1,
    };
    let id = symbol.symbol_id;
    history::write_klines(store, id, Interval::M1, &[kline])
        .await
        .unwrap();
    trade(store, symbol, &[(2, 200_000, 101.0)]).await;
    until("both are heard of", async || {
        let pending = series.signal.peek();
        pending.everything && pending.newest.is_some_and(|notice| notice.last_agg_id == 2)
    })
    .await;
    let mut settled = hub.pulse().settled(symbol.venue);
    settled
        .wait_for(|&now| now >= START_MS + 200_000)
        .await
        .unwrap();

    series.catch_up(0, i64::MAX, Reload::Later).await.unwrap();
    assert_eq!(closes(), [100.0, 101.0]);
    assert!(series.signal.peek().everything);
    assert_eq!(series.held().closed_until_ms(), closed_ms);

    series.newest(10).await.unwrap();
    assert_eq!(closes(), [2.0, 100.0, 101.0]);
    assert!(series.held().closed_until_ms() > closed_ms);
    hub.stop().await;
}
