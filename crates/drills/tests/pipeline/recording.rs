//! A recording, written and read in the plainest way there is.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::Context;
use market::Trade;

/// Trades by symbol, ascending by id.
pub type Trades = BTreeMap<String, Vec<Trade>>;

/// Writes a recording of two symbols over a quarter of an hour, with several trades a millisecond,
/// quiet seconds and quiet minutes, that starts on a minute's edge.
pub fn write(folder: &Path) -> anyhow::Result<PathBuf> {
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
pub fn read(path: &Path) -> anyhow::Result<Trades> {
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
