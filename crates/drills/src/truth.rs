//! What was traded, by ways that share nothing with the stack: the simulator's own series.

use std::collections::BTreeMap;

use exchange_sim::{Aggregate, Series, SymbolSpec};
use market::{Bar, Interval, Trade};

/// Trades of the simulator as the rest of the project knows them, ids in `[from_id, until_id)`.
pub fn trades(series: &dyn Series, symbol: usize, from_id: i64, until_id: i64) -> Vec<Trade> {
    let spec = &series.specs()[symbol];
    let decimal = |value: i64, scale: u32| value as f64 / 10f64.powi(scale.cast_signed());
    let mut out = Vec::new();
    let limit = usize::try_from(until_id - from_id).unwrap_or_default();
    series.read(symbol, from_id.cast_unsigned(), i64::MAX, limit, &mut out);
    out.iter()
        .map(|trade| Trade {
            agg_id: trade.id.cast_signed(),
            time_ms: trade.time_ms,
            price: decimal(trade.price, spec.price_scale),
            qty: decimal(trade.qty, spec.qty_scale),
            fills: i32::try_from(trade.last_id - trade.first_id + 1).unwrap_or(i32::MAX),
            buyer_is_maker: trade.buyer_is_maker,
        })
        .collect()
}

/// First id at or after a time.
pub fn first_id_at(series: &dyn Series, symbol: usize, time_ms: i64) -> i64 {
    series.first_id_at(symbol, time_ms).cast_signed()
}

/// Bars that grow trade by trade.
#[derive(Debug, Default)]
pub struct Bars(BTreeMap<i64, Bar>);

impl Bars {
    /// Adds the next trade; they come in ascending order of id.
    pub fn push(&mut self, interval: Interval, trade: &Trade) {
        self.0
            .entry(interval.bucket_of(trade.time_ms))
            .and_modify(|bar| bar.push(trade))
            .or_insert_with(|| Bar::from_trade(interval, trade));
    }

    /// Puts what was traded before the first trade under the bar that it belongs to.
    pub fn begin_with(&mut self, bar: Bar) {
        self.0.insert(bar.bucket_ms, bar);
    }

    /// By the start of their bucket.
    #[must_use]
    pub fn into_map(self) -> BTreeMap<i64, Bar> {
        self.0
    }
}

/// The bars of trades that ascend by id, one after the other.
#[must_use]
pub fn bars_of(interval: Interval, trades: &[Trade]) -> Vec<Bar> {
    let mut bars = Bars::default();
    for trade in trades {
        bars.push(interval, trade);
    }
    bars.into_map().into_values().collect()
}

/// The exchange's own bars of these spans, which ascend; those without a trade are left out.
pub fn klines(series: &dyn Series, symbol: usize, spans: &[(i64, i64)]) -> BTreeMap<i64, Bar> {
    let spec = &series.specs()[symbol];
    let aggregates = series.aggregate(symbol, spans);
    let bar = |(span, sums): (&(i64, i64), Option<Aggregate>)| {
        Some((span.0, kline(spec, span.0, &sums?)))
    };
    spans.iter().zip(aggregates).filter_map(bar).collect()
}

fn kline(spec: &SymbolSpec, bucket_ms: i64, sums: &Aggregate) -> Bar {
    let sum = |value: i128, scale: u32| value as f64 / 10f64.powi(scale.cast_signed());
    let price = |value: i64| sum(value.into(), spec.price_scale);
    Bar {
        bucket_ms,
        open: price(sums.open),
        high: price(sums.high),
        low: price(sums.low),
        close: price(sums.close),
        volume: sum(sums.volume, spec.qty_scale),
        quote_volume: sum(sums.quote_volume, spec.price_scale + spec.qty_scale),
        buy_volume: sum(sums.buy_volume, spec.qty_scale),
        trades: sums.fills.cast_signed(),
    }
}
