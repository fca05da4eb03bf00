//! What is sent to the exchange: stream names, control messages, REST paths and their weights.

use std::fmt::Write as _;

use crate::{Interval, Symbol};

/// Most streams that one connection carries.
pub const MAX_STREAMS: usize = 1024;

/// Most messages a client may send in a second: control messages, pings and pongs together.
pub const MAX_MESSAGES_PER_S: u32 = 10;

/// The exchange closes a connection after this long.
pub const MAX_CONNECTION_AGE_S: u64 = 24 * 3600;

/// Most rows of a page of aggTrades.
pub const MAX_TRADES_PER_PAGE: u32 = 1000;

/// Most rows of a page of klines.
pub const MAX_KLINES_PER_PAGE: u32 = 1500;

/// Most rows of a page of funding rates.
pub const MAX_FUNDING_PER_PAGE: u32 = 1000;

/// The weight that an IP address may spend in a minute.
pub const WEIGHT_PER_MINUTE: u32 = 2400;

/// The header that tells how much of [`WEIGHT_PER_MINUTE`] is spent.
pub const USED_WEIGHT_HEADER: &str = "x-mbx-used-weight-1m";

/// Name of the stream of a symbol's aggregated trades.
#[must_use]
pub fn stream_name(symbol: &Symbol) -> String {
    format!("{}@aggTrade", symbol.as_str().to_lowercase())
}

/// Path and query of a combined stream. The `/market` route matters: on the unrouted path the
/// exchange acknowledges a subscription and never sends anything.
#[must_use]
pub fn stream_path(symbols: &[Symbol]) -> String {
    let names: Vec<_> = symbols
        .iter()
        .map(|symbol| percent_encoded(&stream_name(symbol)))
        .collect();
    format!("/market/stream?streams={}", names.join("/"))
}

/// The control message that adds streams to a connection.
#[must_use]
pub fn subscribe(symbols: &[Symbol], id: i64) -> String {
    control("SUBSCRIBE", symbols, id)
}

/// The control message that takes streams off a connection.
#[must_use]
pub fn unsubscribe(symbols: &[Symbol], id: i64) -> String {
    control("UNSUBSCRIBE", symbols, id)
}

fn control(method: &str, symbols: &[Symbol], id: i64) -> String {
    let params: Vec<_> = symbols.iter().map(stream_name).collect();
    serde_json::json!({ "method": method, "params": params, "id": id }).to_string()
}

/// A REST call: what to ask for and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestRequest {
    /// Path and query, to be appended to the base URL.
    pub path: String,
    /// Weight that it costs.
    pub weight: u32,
}

/// All markets with their states and steps.
#[must_use]
pub fn exchange_info() -> RestRequest {
    RestRequest {
        path: "/fapi/v1/exchangeInfo".into(),
        weight: 1,
    }
}

/// The exchange's clock.
#[must_use]
pub fn server_time() -> RestRequest {
    RestRequest {
        path: "/fapi/v1/time".into(),
        weight: 1,
    }
}

/// Klines that open in `[start_ms, end_ms]`, oldest first, at most `limit`.
#[must_use]
pub fn klines(
    symbol: &Symbol,
    interval: Interval,
    start_ms: i64,
    end_ms: i64,
    limit: u32,
) -> RestRequest {
    let limit = limit.clamp(1, MAX_KLINES_PER_PAGE);
    let symbol = percent_encoded(symbol.as_str());
    RestRequest {
        path: format!(
            "/fapi/v1/klines?symbol={symbol}&interval={interval}&startTime={start_ms}&endTime={end_ms}&limit={limit}"
        ),
        weight: match limit {
            ..100 => 1,
            100..500 => 2,
            500..=1000 => 5,
            _ => 10,
        },
    }
}

/// Funding rates from `start_ms` on, oldest first. They have a limit of their own, 500 calls in five minutes, which
/// whoever calls keeps by its pace; the weight is a margin in case that they count for the other one as well.
#[must_use]
pub fn funding_rates(symbol: &Symbol, start_ms: i64) -> RestRequest {
    let symbol = percent_encoded(symbol.as_str());
    RestRequest {
        path: format!(
            "/fapi/v1/fundingRate?symbol={symbol}&startTime={start_ms}&limit={MAX_FUNDING_PER_PAGE}"
        ),
        weight: 1,
    }
}

/// Aggregated trades from the id `from_id` on, oldest first, at most `limit`.
#[must_use]
pub fn agg_trades_from_id(symbol: &Symbol, from_id: i64, limit: u32) -> RestRequest {
    agg_trades(symbol, &format!("fromId={from_id}"), limit)
}

/// Aggregated trades matched in `[start_ms, end_ms]`, oldest first, at most `limit`; the exchange
/// accepts at most one hour.
#[must_use]
pub fn agg_trades_from_time(
    symbol: &Symbol,
    start_ms: i64,
    end_ms: i64,
    limit: u32,
) -> RestRequest {
    agg_trades(
        symbol,
        &format!("startTime={start_ms}&endTime={end_ms}"),
        limit,
    )
}

fn agg_trades(symbol: &Symbol, range: &str, limit: u32) -> RestRequest {
    let (symbol, limit) = (
        percent_encoded(symbol.as_str()),
        limit.clamp(1, MAX_TRADES_PER_PAGE),
    );
    RestRequest {
        path: format!("/fapi/v1/aggTrades?symbol={symbol}&{range}&limit={limit}"),
        weight: 20,
    }
}

/// Some markets have Chinese names; a URL has ASCII.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(names: &[&str]) -> Vec<Symbol> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn streams_are_lower_case_on_the_routed_path() {
        assert_eq!(
            stream_path(&symbols(&["BTCUSDT", "ETHUSDT"])),
            "/market/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade"
        );
        assert_eq!(
            stream_path(&symbols(&["币USDT"])),
            "/market/stream?streams=%E5%B8%81usdt@aggTrade"
        );
    }

    #[test]
    fn control_messages_have_the_form_that_the_exchange_documents() {
        assert_eq!(
            subscribe(&symbols(&["BTCUSDT"]), 7),
            r#"{"id":7,"method":"SUBSCRIBE","params":["btcusdt@aggTrade"]}"#
        );
        assert!(unsubscribe(&symbols(&["BTCUSDT"]), 8).contains("\"UNSUBSCRIBE\""));
    }

    #[test]
    fn requests_cost_what_the_exchange_charges() {
        let symbol = "BTCUSDT".parse().unwrap();
        let weight = |limit| klines(&symbol, Interval::M1, 0, 1, limit).weight;
        assert_eq!(
            [99, 100, 499, 500, 1000, 1001, 9999].map(weight),
            [1, 2, 2, 5, 5, 10, 10]
        );
        assert_eq!(
            agg_trades_from_id(&symbol, 5, 1000),
            RestRequest {
                path: "/fapi/v1/aggTrades?symbol=BTCUSDT&fromId=5&limit=1000".into(),
                weight: 20
            }
        );
        assert_eq!(
            klines(&symbol, Interval::H1, 1, 2, 5000).path,
            "/fapi/v1/klines?symbol=BTCUSDT&interval=1h&startTime=1&endTime=2&limit=1500"
        );
    }
}
