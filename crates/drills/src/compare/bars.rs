//! Bar by bar.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use market::{Bar, Interval};
use store::{BarOrigin, BarRange, Store, StoredBar, bars};

use super::{Compared, Symbol};
use crate::{Exchange, truth, until};

/// Bars that are read at once.
const PAGE: u32 = 100_000;

/// Holds the bars that are shown of a symbol against those of the truth. Before coverage begins they are the
/// exchange's klines, of which as many are shown as were fetched.
pub(super) async fn check(
    store: &Store,
    exchange: &Exchange,
    symbol: &Symbol,
    interval: Interval,
    expected: &BTreeMap<i64, Bar>,
    compared: &mut Compared,
) -> Result<()> {
    let (old, covered): (Vec<_>, Vec<_>) = shown(store, symbol, interval)
        .await?
        .into_iter()
        .partition(|shown| is_kline_of_before(symbol, interval, shown));
    let of = |bar: &Bar| format!("{} {interval} {}", symbol.name, bar.bucket_ms);

    let spans: Vec<_> = old
        .iter()
        .map(|shown| (shown.bar.bucket_ms, shown.bar.bucket_ms + interval.ms()))
        .collect();
    let klines = truth::klines(exchange.series(), symbol.place, &spans);
    for shown in &old {
        let kline = klines.get(&shown.bar.bucket_ms);
        ensure!(
            kline.is_some_and(|kline| same(&shown.bar, kline)),
            "{}: {shown:?}, the exchange's kline is {kline:?}",
            of(&shown.bar)
        );
        compared.bars += 1;
    }

    let mut missing = expected.clone();
    missing.retain(|bucket_ms, _| !klines.contains_key(bucket_ms));
    for shown in &covered {
        let bar = &shown.bar;
        let truth = missing.remove(&bar.bucket_ms);
        if touches_a_gap(symbol, interval, bar) && !(shown.complete && is_same(bar, truth.as_ref()))
        {
            let is_kline = shown.origin == BarOrigin::Klines;
            ensure!(
                is_kline || !shown.complete,
                "{}: in a gap, but said to be complete: {shown:?}",
                of(bar)
            );
            compared.incomplete += 1;
            continue;
        }
        ensure!(
            is_same(bar, truth.as_ref()) && shown.complete,
            "{}: {shown:?} instead of {truth:?}",
            of(bar)
        );
        compared.bars += 1;
    }
    missing.retain(|_, bar| !touches_a_gap(symbol, interval, bar));
    if let Some((_, bar)) = missing.first_key_value() {
        anyhow::bail!("{}: {} bars are not there", of(bar), missing.len());
    }
    Ok(())
}

async fn shown(store: &Store, symbol: &Symbol, interval: Interval) -> Result<Vec<StoredBar>> {
    let (mut all, mut from_ms) = (Vec::new(), 0);
    loop {
        let range = BarRange {
            from_ms,
            to_ms: None,
            limit: PAGE,
        };
        // A statement that takes too long on a busy machine is tried again.
        let page = until("bars to be read", async || {
            Ok(Some(bars::read(store, symbol.id, interval, range).await?))
        })
        .await?;
        let Some(last) = page.last() else {
            return Ok(all);
        };
        from_ms = last.bar.bucket_ms + interval.ms();
        all.extend(page);
    }
}

/// Also in the bucket in which coverage begins the exchange's kline may stand, which knows of no rejects.
fn is_kline_of_before(symbol: &Symbol, interval: Interval, shown: &StoredBar) -> bool {
    let start_ms = shown.bar.bucket_ms;
    start_ms + interval.ms() <= symbol.begin_ms
        || (start_ms < symbol.begin_ms && shown.origin == BarOrigin::Klines)
}

fn touches_a_gap(symbol: &Symbol, interval: Interval, bar: &Bar) -> bool {
    let end_ms = bar.bucket_ms + interval.ms();
    let touches = |gap: &store::gaps::NewGap| gap.from_ms < end_ms && gap.to_ms >= bar.bucket_ms;
    symbol.gaps.iter().any(touches)
}

fn is_same(bar: &Bar, truth: Option<&Bar>) -> bool {
    truth.is_some_and(|truth| same(bar, truth))
}

/// Open, high, low, close and counts exactly; sums, whose order is nobody's business, within 1e-12.
#[must_use]
pub fn same(a: &Bar, b: &Bar) -> bool {
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
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs();
    exact(a) == exact(b)
        && near(a.volume, b.volume)
        && near(a.quote_volume, b.quote_volume)
        && near(a.buy_volume, b.buy_volume)
}
