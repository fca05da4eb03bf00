//! A batch as it stands in the spool.
//!
//! Symbols are named, not numbered: numbers are those of a process, and of a database that may be
//! another one by the time that the record is read.

use market::{Symbol, Trade};
use serde::{Deserialize, Serialize};

use crate::{
    batch::{Batch, Reject, Session},
    roster::{Roster, Slot},
};

/// First byte of a record. Whoever changes what follows changes it.
const VERSION: u8 = 1;

/// What is no record of this version.
#[derive(Debug, thiserror::Error)]
pub enum BadRecord {
    /// Written by another version.
    #[error("a record of version {0}")]
    Version(u8),
    /// Not written by any.
    #[error("no record: {0}")]
    Content(#[from] postcard::Error),
    /// It speaks of a symbol that it does not name.
    #[error("symbol {0} is not named")]
    Symbol(u32),
}

/// A record.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    run_ms: i64,
    drops: u32,
    connection: u64,
    exchange_ms: Option<i64>,
    symbols: Vec<Symbol>,
    trades: Vec<TradeRow>,
    rejects: Vec<RejectRow>,
}

#[derive(Debug, Serialize, Deserialize)]
struct TradeRow {
    /// Place in `symbols`.
    symbol: u32,
    agg_id: i64,
    time_ms: i64,
    price: f64,
    qty: f64,
    fills: i32,
    buyer_is_maker: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct RejectRow {
    /// Place in `symbols`.
    symbol: Option<u32>,
    agg_id: Option<i64>,
    time_ms: Option<i64>,
    reason: String,
    raw: String,
}

/// Reads a record; never panics, whatever the bytes are.
///
/// # Errors
/// When they are no record of this version.
pub fn decode(bytes: &[u8]) -> Result<Record, BadRecord> {
    let (version, content) = bytes.split_first().unwrap_or((&0, &[]));
    if *version != VERSION {
        return Err(BadRecord::Version(*version));
    }
    let record: Record = postcard::from_bytes(content)?;
    let of_trades = record.trades.iter().map(|row| row.symbol);
    let of_rejects = record.rejects.iter().filter_map(|row| row.symbol);
    match of_trades.chain(of_rejects).max() {
        Some(place) if place as usize >= record.symbols.len() => Err(BadRecord::Symbol(place)),
        _ => Ok(record),
    }
}

pub(super) fn encode(batch: &Batch, roster: &Roster) -> Vec<u8> {
    let mut symbols = Vec::new();
    // By slot, place in the record; a batch is of few symbols, in runs.
    let mut places: Vec<Slot> = Vec::new();
    let mut place_of = |slot: Slot| {
        let place = places.iter().rposition(|known| *known == slot);
        let place = place.unwrap_or_else(|| {
            places.push(slot);
            symbols.push(roster.at(slot).symbol().clone());
            places.len() - 1
        });
        u32::try_from(place).expect("fewer symbols than numbers")
    };
    let trades = batch
        .trades
        .iter()
        .map(|(slot, trade)| TradeRow {
            symbol: place_of(*slot),
            agg_id: trade.agg_id,
            time_ms: trade.time_ms,
            price: trade.price,
            qty: trade.qty,
            fills: trade.fills,
            buyer_is_maker: trade.buyer_is_maker,
        })
        .collect();
    let rejects = batch
        .rejects
        .iter()
        .map(|reject| RejectRow {
            symbol: reject.slot.map(&mut place_of),
            agg_id: reject.agg_id,
            time_ms: reject.time_ms,
            reason: reject.reason.clone(),
            raw: reject.raw.clone(),
        })
        .collect();
    let session = batch.session.unwrap_or(Session {
        run_ms: 0,
        drops: 0,
        connection: 0,
    });
    let record = Record {
        run_ms: session.run_ms,
        drops: session.drops,
        connection: session.connection,
        exchange_ms: batch.exchange_ms,
        symbols,
        trades,
        rejects,
    };
    postcard::to_extend(&record, vec![VERSION]).expect("numbers and texts can be written")
}

impl Record {
    /// How many trades and rejects it holds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.trades.len() + self.rejects.len()
    }

    pub(super) fn into_batch(self, roster: &Roster) -> Batch {
        let slots: Vec<Slot> = self
            .symbols
            .iter()
            .map(|symbol| roster.named(symbol).slot())
            .collect();
        let trades = self.trades.into_iter().map(|row| {
            let trade = Trade {
                agg_id: row.agg_id,
                time_ms: row.time_ms,
                price: row.price,
                qty: row.qty,
                fills: row.fills,
                buyer_is_maker: row.buyer_is_maker,
            };
            (slots[row.symbol as usize], trade)
        });
        let rejects = self.rejects.into_iter().map(|row| Reject {
            slot: row.symbol.map(|place| slots[place as usize]),
            agg_id: row.agg_id,
            time_ms: row.time_ms,
            reason: row.reason,
            raw: row.raw,
        });
        Batch {
            trades: trades.collect(),
            rejects: rejects.collect(),
            session: Some(Session {
                run_ms: self.run_ms,
                drops: self.drops,
                connection: self.connection,
            }),
            exchange_ms: self.exchange_ms,
            ..Batch::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use store::SymbolSpec;

    use super::*;

    fn roster(names: &[&str]) -> Roster {
        let roster = Roster::default();
        roster.follow(
            names
                .iter()
                .map(|name| SymbolSpec::named(name.parse().expect("a symbol")))
                .collect(),
        );
        roster
    }

    fn batch(roster: &Roster) -> Batch {
        let slots: Vec<_> = roster
            .followed()
            .iter()
            .map(|market| market.slot())
            .collect();
        let trade = |agg_id| Trade {
            agg_id,
            time_ms: 1_700_000_000_000 + agg_id,
            price: 64_990.9,
            qty: 0.002,
            fills: 3,
            buyer_is_maker: agg_id % 2 == 0,
        };
        let mut batch = Batch {
            trades: (0..50)
                .map(|n| (slots[n % slots.len()], trade(n as i64)))
                .collect(),
            session: Some(Session {
                run_ms: 5,
                drops: 1,
                connection: 7 << 16,
            }),
            exchange_ms: Some(1_700_000_000_123),
            ..Batch::default()
        };
        batch.reject(
            Some(slots[0]),
            Some(9),
            Some(10),
            "non_positive_price",
            "{}",
        );
        batch.reject(None, None, None, "malformed", "{\"é");
        batch
    }

    #[test]
    fn a_record_gives_its_batch_again_to_a_process_that_numbers_the_symbols_otherwise() {
        let here = roster(&["BTCUSDT", "ETHUSDT", "币安USDT"]);
        let there = roster(&["SOLUSDT", "币安USDT", "BTCUSDT"]);
        let written = batch(&here);
        let bytes = encode(&written, &here);
        let read = decode(&bytes).unwrap().into_batch(&there);
        assert_eq!(
            (read.session, read.exchange_ms, read.len()),
            (written.session, written.exchange_ms, written.len())
        );
        let named = |roster: &Roster, batch: &Batch| {
            let trades = batch.trades.iter();
            trades
                .map(|(slot, trade)| (roster.at(*slot).symbol().clone(), *trade))
                .collect::<Vec<_>>()
        };
        assert_eq!(named(&there, &read), named(&here, &written));
        assert_eq!(read.rejects[1], written.rejects[1]);
        assert_eq!(
            there.at(read.rejects[0].slot.unwrap()).symbol().as_str(),
            "BTCUSDT"
        );
        assert!(bytes.len() < 50 * 45 + 200, "{} bytes", bytes.len());
    }

    #[test]
    fn a_record_of_another_version_or_of_a_symbol_without_a_name_is_refused() {
        let roster = roster(&["BTCUSDT"]);
        let mut bytes = encode(&batch(&roster), &roster);
        bytes[0] = 2;
        assert!(matches!(decode(&bytes), Err(BadRecord::Version(2))));
        assert!(matches!(decode(&[]), Err(BadRecord::Version(0))));
        let nameless = Record {
            symbols: Vec::new(),
            ..decode(&encode(&batch(&roster), &roster)).unwrap()
        };
        let bytes = postcard::to_extend(&nameless, vec![VERSION]).unwrap();
        assert!(matches!(decode(&bytes), Err(BadRecord::Symbol(0))));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0_usize..2_000, flip in 0_usize..2_000) {
            let _ = decode(&bytes);
            bytes.insert(0, VERSION);
            let _ = decode(&bytes);
            let roster = roster(&["BTCUSDT", "ETHUSDT"]);
            let mut good = encode(&batch(&roster), &roster);
            let at = flip % good.len();
            good[at] ^= 0x55;
            if let Ok(record) = decode(&good) {
                let _ = record.into_batch(&roster);
            }
            good.truncate(cut % good.len());
            let _ = decode(&good);
        }
    }
}
