//! The recording format.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;

use super::Recording;
use crate::{SimError, SimTrade, SymbolSpec, decimal::parse_decimal};

/// A symbol while it is read: each number with the decimals it was written with.
#[derive(Debug, Default)]
struct Column {
    name: String,
    trades: Vec<SimTrade>,
    scales: Vec<(u8, u8)>,
    price_scale: u32,
    qty_scale: u32,
    last_line: usize,
}

pub(super) fn read(path: &Path) -> Result<Recording, SimError> {
    let file = |source| SimError::File {
        path: path.to_owned(),
        source,
    };
    let opened = File::open(path).map_err(file)?;
    let compressed = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> = if compressed {
        Box::new(MultiGzDecoder::new(opened))
    } else {
        Box::new(opened)
    };
    let mut reader = BufReader::with_capacity(1 << 16, reader);

    let fail = |line: usize, reason: &str| SimError::Recording {
        path: path.to_owned(),
        line,
        reason: reason.to_owned(),
    };
    let mut columns: Vec<Column> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let (mut text, mut line) = (String::new(), 0);
    loop {
        text.clear();
        if reader.read_line(&mut text).map_err(file)? == 0 {
            break;
        }
        line += 1;
        let row = text.trim_end();
        if row.is_empty() || (line == 1 && row.starts_with("symbol,")) {
            continue;
        }
        let (symbol, trade, scales) = parse_row(row).map_err(|reason| fail(line, reason))?;
        let place = *places.entry(symbol.to_owned()).or_insert_with(|| {
            columns.push(Column {
                name: symbol.to_owned(),
                ..Column::default()
            });
            columns.len() - 1
        });
        columns[place].push(trade, scales);
        columns[place].last_line = line;
    }
    if columns.is_empty() {
        return Err(fail(line.max(1), "the recording holds no trade"));
    }
    let mut recording = Recording {
        specs: Vec::new(),
        trades: Vec::new(),
    };
    for column in columns {
        let last_line = column.last_line;
        let (spec, trades) = column.finish().map_err(|reason| fail(last_line, reason))?;
        recording.specs.push(spec);
        recording.trades.push(trades);
    }
    Ok(recording)
}

/// Symbol, trade, and the decimals of price and quantity.
fn parse_row(row: &str) -> Result<(&str, SimTrade, (u8, u8)), &'static str> {
    let mut fields = row.split(',');
    let mut field = |reason| {
        fields
            .next()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .ok_or(reason)
    };
    let symbol = field("the symbol is missing")?;
    if !symbol
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    {
        return Err("the symbol is not in capital letters and digits");
    }
    let id = field("agg_id is missing")?
        .parse()
        .map_err(|_| "agg_id is not a whole number")?;
    let price = parse_decimal(field("price is missing")?).ok_or("price is not a plain decimal")?;
    let qty = parse_decimal(field("qty is missing")?).ok_or("qty is not a plain decimal")?;
    let first_id = field("first_id is missing")?
        .parse()
        .map_err(|_| "first_id is not a whole number")?;
    let last_id = field("last_id is missing")?
        .parse()
        .map_err(|_| "last_id is not a whole number")?;
    let time_ms = field("time_ms is missing")?
        .parse()
        .map_err(|_| "time_ms is not a whole number")?;
    let buyer_is_maker = match field("is_buyer_maker is missing")? {
        "true" | "True" | "1" => true,
        "false" | "False" | "0" => false,
        _ => return Err("is_buyer_maker is neither true nor false"),
    };
    if last_id < first_id || id == u64::MAX {
        return Err("last_id is smaller than first_id, or agg_id is too large");
    }
    let trade = SimTrade {
        id,
        price: price.0,
        qty: qty.0,
        first_id,
        last_id,
        time_ms,
        buyer_is_maker,
    };
    Ok((symbol, trade, (price.1 as u8, qty.1 as u8)))
}

impl Column {
    fn push(&mut self, trade: SimTrade, scales: (u8, u8)) {
        self.price_scale = self.price_scale.max(u32::from(scales.0));
        self.qty_scale = self.qty_scale.max(u32::from(scales.1));
        self.trades.push(trade);
        self.scales.push(scales);
    }

    /// Brings all numbers to the same decimals and the trades into order.
    fn finish(mut self) -> Result<(SymbolSpec, Vec<SimTrade>), &'static str> {
        let widen = |mantissa: i64, by: u32| {
            10_i64
                .checked_pow(by)
                .and_then(|factor| mantissa.checked_mul(factor))
                .ok_or("a number has too many digits")
        };
        for (trade, (price, qty)) in self.trades.iter_mut().zip(&self.scales) {
            trade.price = widen(trade.price, self.price_scale - u32::from(*price))?;
            trade.qty = widen(trade.qty, self.qty_scale - u32::from(*qty))?;
        }
        self.trades.sort_by_key(|trade| trade.id);
        if self.trades.windows(2).any(|pair| pair[0].id == pair[1].id) {
            return Err("an agg_id of this symbol stands twice");
        }
        if self
            .trades
            .windows(2)
            .any(|pair| pair[0].time_ms > pair[1].time_ms)
        {
            return Err("times of this symbol run against its ids");
        }
        let tick = self
            .trades
            .iter()
            .fold(0, |tick, trade| gcd(tick, trade.price))
            .max(1);
        let spec = SymbolSpec {
            name: self.name,
            price_scale: self.price_scale,
            qty_scale: self.qty_scale,
            tick,
        };
        Ok((spec, self.trades))
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::Series;

    const ROWS: &str = "symbol,agg_id,price,qty,first_id,last_id,time_ms,is_buyer_maker\n\
        BTCUSDT,1,61800.30,0.205,10,11,1723161256344,false\n\
        BTCUSDT,2,61800.1,0.5,12,12,1723161256344,true\n\
        ETHUSDT,7,2681.62,1,30,30,1723161256560,true\n";

    fn reading(text: &str) -> Result<Recording, SimError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read(file.path())
    }

    #[test]
    fn trades_are_read_exactly_whatever_decimals_they_are_written_with() {
        let recording = reading(ROWS).unwrap();
        assert_eq!(
            recording.specs[0],
            SymbolSpec {
                name: "BTCUSDT".into(),
                price_scale: 2,
                qty_scale: 3,
                tick: 10
            }
        );
        assert_eq!(
            (recording.trades[0][1].price, recording.trades[0][1].qty),
            (6_180_010, 500)
        );
        assert_eq!(
            recording.extent_ms(1),
            (1_723_161_256_560, Some(1_723_161_256_560))
        );
        assert_eq!(recording.span_ms(), (1_723_161_256_344, 1_723_161_256_560));
    }

    #[test]
    fn a_compressed_recording_reads_the_same() {
        let file = tempfile::NamedTempFile::with_suffix(".csv.gz").unwrap();
        let mut encoder =
            flate2::write::GzEncoder::new(file.as_file(), flate2::Compression::fast());
        encoder.write_all(ROWS.as_bytes()).unwrap();
        encoder.finish().unwrap();
        assert_eq!(
            read(file.path()).unwrap().trades,
            reading(ROWS).unwrap().trades
        );
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, line, reason) in [
            (
                "BTCUSDT,1,1,1,1,1,1,true\nBTCUSDT,2,x,1,2,2,1,true\n",
                2,
                "price",
            ),
            (
                "BTCUSDT,1,1,1,1,1,1,true\nBTCUSDT,1,1,1,2,2,1,true\n",
                2,
                "twice",
            ),
            (
                "BTCUSDT,1,1,1,1,1,5,true\nBTCUSDT,2,1,1,2,2,4,true\n",
                2,
                "against",
            ),
            ("symbol,agg_id\n", 1, "no trade"),
            ("BTCUSDT,1\n", 1, "price is missing"),
        ] {
            let error = reading(text).unwrap_err().to_string();
            assert!(
                error.contains(&format!("line {line}")) && error.contains(reason),
                "{error}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_row_makes_it_panic(row in "[A-Z]{0,4},[0-9]{0,21},[-0-9.]{0,22},[0-9.]{0,5},[0-9]{0,3},[0-9]{0,3},[-0-9]{0,20},(true|false)?") {
            let _ = parse_row(&row);
        }
    }
}
