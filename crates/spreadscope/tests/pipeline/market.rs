//! What was traded, by ways that share nothing with the stack: the simulator's own series, or a
//! recording read here.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::Context;
use exchange_sim::Series;
use market::{Bar, Interval, Trade};

/// Trades by symbol, ascending by id.
pub type Trades = BTreeMap<String, Vec<Trade>>;

/// A trade of the simulator as the rest of the project knows it.
pub fn trades_of(series: &dyn Series, symbol: usize, from_id: u64, until_id: u64) -> Vec<Trade> {
    let spec = &series.specs()[symbol];
    let decimal = |value: i64, scale: u32| value as f64 / 10f64.powi(scale.cast_signed());
    let mut out = Vec::new();
    let limit = usize::try_from(until_id.saturating_sub(from_id)).expect("fits memory");
    series.read(symbol, from_id, i64::MAX, limit, &mut out);
    out.iter()
        .map(|trade| Trade {
            agg_id: trade.id.cast_signed(),
            time_ms: trade.time_ms,
            price: decimal(trade.price, spec.price_scale),
            qty: decimal(trade.qty, spec.qty_scale),
            fills: i32::try_from(trade.last_id - trade.first_id + 1).expect("few fills"),
            buyer_is_maker: trade.buyer_is_maker,
        })
        .collect()
}

/// The bars of trades that ascend by id, one after the other.
pub fn bars_of(interval: Interval, trades: &[Trade]) -> Vec<Bar> {
    let mut bars: BTreeMap<i64, Bar> = BTreeMap::new();
    for trade in trades {
        bars.entry(interval.bucket_of(trade.time_ms))
            .and_modify(|bar| bar.push(trade))
            .or_insert_with(|| Bar::from_trade(interval, trade));
    }
    bars.into_values().collect()
}

/// The exchange's own bars in `[from_ms, to_ms)`, without what happened after `last_ms`.
pub fn kline_bars(
    series: &dyn Series,
    symbol: usize,
    interval: Interval,
    (from_ms, to_ms, last_ms): (i64, i64, i64),
) -> Vec<Bar> {
    let spec = &series.specs()[symbol];
    let buckets = (interval.bucket_of(from_ms)..to_ms).step_by(interval.ms() as usize);
    let spans: Vec<_> = buckets
        .map(|start| (start, (start + interval.ms()).min(last_ms + 1)))
        .collect();
    let aggregates = series.aggregate(symbol, &spans);
    let sum = |value: i128, scale: u32| value as f64 / 10f64.powi(scale.cast_signed());
    let price = |value: i64| sum(value.into(), spec.price_scale);
    let bar = |(span, aggregate): (&(i64, i64), Option<exchange_sim::Aggregate>)| {
        let sums = aggregate?;
        Some(Bar {
            bucket_ms: span.0,
            open: price(sums.open),
            high: price(sums.high),
            low: price(sums.low),
            close: price(sums.close),
            volume: sum(sums.volume, spec.qty_scale),
            quote_volume: sum(sums.quote_volume, spec.price_scale + spec.qty_scale),
            buy_volume: sum(sums.buy_volume, spec.qty_scale),
            trades: sums.fills.cast_signed(),
        })
    };
    spans.iter().zip(aggregates).filter_map(bar).collect()
}

/// Writes a recording of two symbols over a quarter of an hour, with several trades a millisecond,
/// quiet seconds and quiet minutes, that starts on a minute's edge.
pub fn write_recording(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join("recording.csv");
    let mut csv = "symbol,agg_id,price,qty,first_id,last_id,time_ms,is_buyer_maker\n".to_owned();
    let mut rows: Vec<(i64, String)> = Vec::new();
    for (symbol, first_id, price, step) in [
        ("BTCUSDT", 1_000_i64, 61_000.0, 0.1),
        ("ETHUSDT", 9_000, 2_600.0, 0.01),
    ] {
        for n in 0..2_500_i64 {
            // A fixed but irregular walk: bursts share a millisecond, every 500th trade follows a quiet minute.
            let time_ms = 1_723_161_600_000 + (n / 3) * 701 + (n / 500) * 61_000;
            let price = price + step * ((n * 7_919 % 601) - 300) as f64;
            let fills = n % 4;
            let fill = first_id * 10 + n * 5;
            rows.push((
                time_ms,
                format!(
                    "{symbol},{},{price:.2},{:.3},{fill},{},{time_ms},{}\n",
                    first_id + n,
                    0.001 * (1 + n * 31 % 997) as f64,
                    fill + fills,
                    n % 3 == 0,
                ),
            ));
        }
    }
    rows.sort_by_key(|(time_ms, _)| *time_ms);
    csv.extend(rows.into_iter().map(|(_, row)| row));
    fs::write(&path, csv)?;
    Ok(path)
}

/// Reads a recording, plain or gzipped, in the plainest way there is.
pub fn read_recording(path: &Path) -> anyhow::Result<Trades> {
    let mut text = String::new();
    let file = fs::File::open(path).with_context(|| path.display().to_string())?;
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(file).read_to_string(&mut text)?;
    } else {
        std::io::BufReader::new(file).read_to_string(&mut text)?;
    }
    let mut trades = Trades::new();
    for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
        let fields: Vec<_> = line.split(',').collect();
        let [
            symbol,
            agg_id,
            price,
            qty,
            first_id,
            last_id,
            time_ms,
            maker,
        ] = fields[..]
        else {
            anyhow::bail!("{line}: not eight fields");
        };
        trades.entry(symbol.to_owned()).or_default().push(Trade {
            agg_id: agg_id.parse()?,
            time_ms: time_ms.parse()?,
            price: price.parse()?,
            qty: qty.parse()?,
            fills: i32::try_from(last_id.parse::<i64>()? - first_id.parse::<i64>()? + 1)?,
            buyer_is_maker: maker.eq_ignore_ascii_case("true"),
        });
    }
    for trades in trades.values_mut() {
        trades.sort_by_key(|trade| trade.agg_id);
    }
    Ok(trades)
}
