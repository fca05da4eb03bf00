//! What the tests share: symbols, random trades, and an aggregation that owes nothing to SQL.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use market::{Bar, Interval, Trade, Venue};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use store::{BarRange, Store, StoredBar, SymbolId, SymbolSpec, TradeBatch, bars, symbols, trades};

/// 2024-08-08 00:00 UTC.
pub const DAY_MS: i64 = 1_723_075_200_000;
pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 3_600_000;

/// Registers `names` and says that coverage began before everything.
pub async fn register(store: &Store, names: &[&str]) -> Result<Vec<SymbolId>> {
    let ids = register_uncovered(store, names).await?;
    for id in &ids {
        symbols::set_trades_from(store, *id, 0).await?;
    }
    Ok(ids)
}

/// Registers `names` and says nothing of coverage.
pub async fn register_uncovered(store: &Store, names: &[&str]) -> Result<Vec<SymbolId>> {
    let specs: Vec<_> = names
        .iter()
        .map(|name| Ok(SymbolSpec::named(name.parse()?)))
        .collect::<Result<_>>()?;
    let ids = symbols::register(store, Venue::Simulated, &specs).await?;
    Ok(ids.into_iter().map(|(_, id)| id).collect())
}

pub fn trade(agg_id: i64, time_ms: i64, price: f64) -> Trade {
    Trade {
        agg_id,
        time_ms,
        price,
        qty: 0.5,
        fills: 1,
        buyer_is_maker: agg_id % 2 == 0,
    }
}

pub fn seeded(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Trades with contiguous ids: bursts within a millisecond, busy stretches and quiet hours.
pub fn random_trades(rng: &mut StdRng, count: usize, from_ms: i64, pace_ms: i64) -> Vec<Trade> {
    let mut time_ms = from_ms;
    let mut price = 60_000.0;
    (0..count as i64)
        .map(|i| {
            time_ms += match rng.random_range(0..100) {
                0..40 => 0,
                40..98 => rng.random_range(0..pace_ms),
                _ => rng.random_range(0..pace_ms * 60),
            };
            price = f64::max(price + f64::from(rng.random_range(-500..=500)) / 10.0, 0.1);
            Trade {
                agg_id: 1_000 + i,
                time_ms,
                price: (price * 10.0).round() / 10.0,
                qty: f64::from(rng.random_range(1..5_000)) / 1_000.0,
                fills: rng.random_range(1..9),
                buyer_is_maker: rng.random(),
            }
        })
        .collect()
}

/// The bars of these trades at one level: pushed in the order of their ids.
pub fn reference(interval: Interval, trades: &[Trade]) -> Vec<Bar> {
    let mut sorted = trades.to_vec();
    sorted.sort_by_key(|trade| trade.agg_id);
    let mut bars: BTreeMap<i64, Bar> = BTreeMap::new();
    for trade in &sorted {
        bars.entry(interval.bucket_of(trade.time_ms))
            .and_modify(|bar| bar.push(trade))
            .or_insert_with(|| Bar::from_trade(interval, trade));
    }
    bars.into_values().collect()
}

pub async fn write(store: &Store, symbol_id: SymbolId, some: &[Trade]) -> Result<store::Written> {
    let batch: TradeBatch = some.iter().map(|trade| (symbol_id, *trade)).collect();
    Ok(trades::write_batch(store, &batch).await?)
}

pub async fn all_bars(store: &Store, id: SymbolId, interval: Interval) -> Result<Vec<StoredBar>> {
    let range = BarRange {
        from_ms: 0,
        to_ms: None,
        limit: 1_000_000,
    };
    Ok(bars::read(store, id, interval, range).await?)
}

/// Every level of a symbol equals the aggregation of `trades`.
pub async fn assert_bars_equal(
    store: &Store,
    id: SymbolId,
    trades: &[Trade],
    when: &str,
) -> Result<()> {
    for interval in Interval::ALL {
        let found = all_bars(store, id, interval).await?;
        let expected = reference(interval, trades);
        ensure!(
            found.len() == expected.len(),
            "{when}: {} bars of {interval} instead of {}",
            found.len(),
            expected.len()
        );
        for (found, expected) in found.iter().zip(&expected) {
            same_bar(&found.bar, expected).with_context(|| format!("{when}, {interval}"))?;
            ensure!(
                found.complete,
                "{when}: {interval} {found:?} is not complete"
            );
        }
    }
    Ok(())
}

/// Prices and counts exactly, volumes within 1e-12.
pub fn same_bar(found: &Bar, expected: &Bar) -> Result<()> {
    let exact = |bar: &Bar| {
        (
            bar.bucket_ms,
            bar.open,
            bar.high,
            bar.low,
            bar.close,
            bar.trades,
        )
    };
    ensure!(
        exact(found) == exact(expected),
        "{found:?} instead of {expected:?}"
    );
    for (a, b) in [
        (found.volume, expected.volume),
        (found.quote_volume, expected.quote_volume),
        (found.buy_volume, expected.buy_volume),
    ] {
        ensure!(
            (a - b).abs() <= 1e-12 * b.abs(),
            "volume {a} instead of {b} in {found:?}"
        );
    }
    Ok(())
}

/// Shuffled by hand, as the order has to come from the seed.
pub fn shuffle<T>(rng: &mut impl Rng, items: &mut [T]) {
    for i in (1..items.len()).rev() {
        items.swap(i, rng.random_range(0..=i));
    }
}
