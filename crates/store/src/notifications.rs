//! The payload of notifications: what a commit has just made readable.
//!
//! `{"v":1,"trades":[[symbol_id, min_time, last_agg_id, last_time, last_price], …]}` for trades,
//! `{"v":1,"changed":[symbol_id, …]}` for bars that changed otherwise (klines arrived, a gap was
//! filled, coverage began), `{"v":1,"feeds":[venue, …]}` for feeds that reported, `{"v":1,"tables":[name, …]}`
//! for tables that were edited. A payload is a hint only: what it names is read from the tables. One
//! that does not fit into [`MAX_PAYLOAD_BYTES`] is split.

use market::Venue;
use serde::{Deserialize, Serialize};

use crate::SymbolId;

/// Channel of all notifications.
pub const CHANNEL: &str = "spreadscope";
/// PostgreSQL refuses 8,000 bytes and more.
pub const MAX_PAYLOAD_BYTES: usize = 7_900;
/// Version that is written; others are ignored by readers, who catch up from their cursor.
pub const VERSION: u32 = 1;

/// The trades of one symbol that one commit really inserted.
///
/// On the wire an array in the order of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct TradeNotice {
    /// The symbol.
    pub symbol_id: SymbolId,
    /// Time of the oldest trade: bars from here on may have changed.
    pub min_time_ms: i64,
    /// Highest id.
    pub last_agg_id: i64,
    /// Time of the trade with the highest id.
    pub last_time_ms: i64,
    /// Its price.
    pub last_price: f64,
}

type Wire = (SymbolId, i64, i64, i64, f64);

impl From<Wire> for TradeNotice {
    fn from((symbol_id, min_time_ms, last_agg_id, last_time_ms, last_price): Wire) -> Self {
        Self {
            symbol_id,
            min_time_ms,
            last_agg_id,
            last_time_ms,
            last_price,
        }
    }
}

impl From<TradeNotice> for Wire {
    fn from(notice: TradeNotice) -> Self {
        (
            notice.symbol_id,
            notice.min_time_ms,
            notice.last_agg_id,
            notice.last_time_ms,
            notice.last_price,
        )
    }
}

/// What one payload says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// See [`VERSION`].
    pub v: u32,
    /// New trades.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trades: Vec<TradeNotice>,
    /// Symbols whose bars changed otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<SymbolId>,
    /// Venues whose feed reported what it is doing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<Venue>,
    /// Tables that were edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Table>,
}

/// A table whose edits every api process hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// The list of pairs.
    Watchlist,
    /// Alert rules, as people make and change them.
    AlertRules,
    /// Where alert rules stand, and what they told.
    Alerts,
    /// Jobs: made, further than they were, ended or deleted.
    Jobs,
    /// Of a newer version: whoever does not know it shows nothing of it.
    #[serde(other)]
    Unknown,
}

/// Payloads that carry these notices, each short enough.
#[must_use]
pub fn trade_payloads(notices: &[TradeNotice]) -> Vec<String> {
    split("trades", notices)
}

/// Payloads that name these symbols, each short enough.
#[must_use]
pub fn changed_payloads(symbols: &[SymbolId]) -> Vec<String> {
    split("changed", symbols)
}

/// Payloads that name these feeds, each short enough.
#[must_use]
pub fn feed_payloads(feeds: &[Venue]) -> Vec<String> {
    split("feeds", feeds)
}

/// The payload that names these tables.
#[must_use]
pub fn table_payloads(tables: &[Table]) -> Vec<String> {
    split("tables", tables)
}

fn split<T: Serialize>(key: &str, items: &[T]) -> Vec<String> {
    let head = format!("{{\"v\":{VERSION},\"{key}\":[");
    let mut payloads = Vec::new();
    let mut current = String::new();
    for item in items {
        let item = serde_json::to_string(item).expect("numbers and arrays always serialise");
        if !current.is_empty() && current.len() + item.len() + 3 > MAX_PAYLOAD_BYTES {
            payloads.push(current + "]}");
            current = String::new();
        }
        if current.is_empty() {
            current.push_str(&head);
        } else {
            current.push(',');
        }
        current.push_str(&item);
    }
    if !current.is_empty() {
        payloads.push(current + "]}");
    }
    payloads
}

/// Reads a payload; `None` for one of another version or of another origin.
#[must_use]
pub fn parse(payload: &str) -> Option<Payload> {
    serde_json::from_str(payload)
        .ok()
        .filter(|payload: &Payload| payload.v == VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notices(count: i32) -> Vec<TradeNotice> {
        (0..count)
            .map(|i| TradeNotice {
                symbol_id: SymbolId(i),
                min_time_ms: 1_786_171_884_471 + i64::from(i),
                last_agg_id: 3_404_749_954 + i64::from(i),
                last_time_ms: 1_786_171_884_999,
                last_price: 64_990.123_456_7,
            })
            .collect()
    }

    #[test]
    fn a_thousand_symbols_are_split_into_payloads_below_the_limit_and_none_is_lost() {
        let sent = notices(1_000);
        let payloads = trade_payloads(&sent);
        assert!(payloads.len() > 1);
        assert!(
            payloads
                .iter()
                .all(|payload| payload.len() <= MAX_PAYLOAD_BYTES)
        );
        let read: Vec<_> = payloads
            .iter()
            .flat_map(|p| parse(p).unwrap().trades)
            .collect();
        assert_eq!(read, sent);
        let ids: Vec<_> = (0..5_000).map(SymbolId).collect();
        let payloads = changed_payloads(&ids);
        assert!(
            payloads
                .iter()
                .all(|payload| payload.len() <= MAX_PAYLOAD_BYTES)
        );
        let read: Vec<_> = payloads
            .iter()
            .flat_map(|p| parse(p).unwrap().changed)
            .collect();
        assert_eq!(read, ids);
    }

    #[test]
    fn a_notice_is_an_array_in_a_versioned_object() {
        let text = trade_payloads(&notices(1)).remove(0);
        assert_eq!(
            text,
            r#"{"v":1,"trades":[[0,1786171884471,3404749954,1786171884999,64990.1234567]]}"#
        );
    }

    #[test]
    fn tables_are_named_and_one_of_a_newer_version_hides_nothing() {
        let text = table_payloads(&[Table::Watchlist]).remove(0);
        assert_eq!(text, r#"{"v":1,"tables":["watchlist"]}"#);
        let read = parse(r#"{"v":1,"tables":["scans","watchlist"]}"#).unwrap();
        assert_eq!(read.tables, [Table::Unknown, Table::Watchlist]);
    }

    #[test]
    fn nothing_to_say_is_no_payload_and_other_versions_are_not_read() {
        assert!(trade_payloads(&[]).is_empty());
        assert_eq!(parse(r#"{"v":2,"trades":[]}"#), None);
        assert_eq!(parse("hello"), None);
    }
}
