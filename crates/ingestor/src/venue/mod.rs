//! All that the ingestor knows of an exchange.

mod binance;

use std::{future::Future, time::Duration};

use market::{Bar, Interval, Symbol, Trade, binance::rest::Funding};

pub use binance::Binance;

use crate::rest::RestError;

/// An exchange: how to hear its trades, what its frames say, and how to ask for what was missed.
///
/// Ids of trades are contiguous per symbol, so that a hole in them is a trade that was missed; a
/// venue without such ids needs another rule than [`crate::contiguity`].
pub trait Venue: Send + Sync + 'static {
    /// Limits of its streams.
    fn limits(&self) -> StreamLimits;

    /// Where to connect to hear the trades of these symbols.
    fn stream_url(&self, symbols: &[Symbol]) -> String;

    /// The message that adds symbols to an open connection.
    fn subscribe(&self, symbols: &[Symbol], message_id: i64) -> String;

    /// The message that takes symbols off an open connection.
    fn unsubscribe(&self, symbols: &[Symbol], message_id: i64) -> String;

    /// What a frame says. Never fails, and does not allocate.
    fn decode<'a>(&self, text: &'a str) -> Event<'a>;

    /// The markets that there are.
    fn markets(&self) -> impl Future<Output = Result<Vec<MarketInfo>, RestError>> + Send;

    /// The exchange's clock, milliseconds since the epoch.
    fn server_time_ms(&self) -> impl Future<Output = Result<i64, RestError>> + Send;

    /// Most klines that [`klines`](Self::klines) gives at once.
    fn klines_per_page(&self) -> u32;

    /// Klines that open in `[start_ms, end_ms]`, oldest first, at most
    /// [`klines_per_page`](Self::klines_per_page). Those without trades say so by `trades` 0.
    fn klines(
        &self,
        symbol: &Symbol,
        interval: Interval,
        start_ms: i64,
        end_ms: i64,
        urgency: Urgency,
    ) -> impl Future<Output = Result<Vec<Bar>, RestError>> + Send;

    /// Payments between holders from `start_ms` on, oldest first; as many as the exchange gives at once, none where there
    /// are no more. They are made at full hours.
    fn funding_rates(
        &self,
        symbol: &Symbol,
        start_ms: i64,
        urgency: Urgency,
    ) -> impl Future<Output = Result<Vec<Funding>, RestError>> + Send;

    /// Most trades that [`trades`](Self::trades) gives at once.
    fn trades_per_page(&self) -> u32;

    /// How far back [`trades`](Self::trades) reaches, milliseconds.
    fn trades_reach_ms(&self) -> i64;

    /// Longest stretch from [`TradesFrom::TimeMs`] on that is searched for trades, milliseconds.
    fn trades_search_ms(&self) -> i64;

    /// The first trades from an id, or a time, on; in ascending order of id.
    fn trades(
        &self,
        symbol: &Symbol,
        from: TradesFrom,
        urgency: Urgency,
    ) -> impl Future<Output = Result<TradePage, RestError>> + Send;
}

/// Limits of an exchange's streams.
#[derive(Debug, Clone, Copy)]
pub struct StreamLimits {
    /// Most symbols on a connection.
    pub max_streams: usize,
    /// Least time between two messages of the client.
    pub message_spacing: Duration,
}

/// What a frame says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// A trade.
    Trade {
        /// Its market.
        symbol: &'a str,
        /// When the exchange sent it, milliseconds since the epoch, if it says so.
        event_ms: Option<i64>,
        /// The trade.
        trade: Trade,
    },
    /// A trade that must not be stored as one.
    Rejected(Rejected<'a>),
    /// A control message was carried out.
    Accepted,
    /// A control message was refused, and why.
    Refused(&'a str),
    /// Something of no interest.
    Other,
    /// Nothing that can be read, and why.
    Malformed(&'static str),
}

/// A trade that must not be stored as one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rejected<'a> {
    /// Its market, if that was readable.
    pub symbol: Option<&'a str>,
    /// Its id, if that was readable.
    pub agg_id: Option<i64>,
    /// Its time, milliseconds since the epoch, if that was readable.
    pub time_ms: Option<i64>,
    /// The rule that it broke, one short word.
    pub reason: &'static str,
}

/// A market of the exchange.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketInfo {
    /// Its name.
    pub symbol: Symbol,
    /// Whether trades can be expected.
    pub is_trading: bool,
    /// What is traded.
    pub base_asset: Option<String>,
    /// What it is paid with.
    pub quote_asset: Option<String>,
    /// Smallest step of the price, quote currency.
    pub price_tick: Option<f64>,
    /// Smallest step of the quantity, base currency.
    pub qty_step: Option<f64>,
}

/// Where a page of trades begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TradesFrom {
    /// At this id.
    Id(i64),
    /// At the first trade matched at or after this time, milliseconds since the epoch.
    TimeMs(i64),
}

/// A page of trades.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TradePage {
    /// The trades, ascending.
    pub trades: Vec<Trade>,
    /// Those that must not be stored, with reason and text.
    pub rejects: Vec<PageReject>,
}

/// A row of a page that must not be stored as a trade.
#[derive(Debug, Clone, PartialEq)]
pub struct PageReject {
    /// Its id, if that was readable.
    pub agg_id: Option<i64>,
    /// Its time, milliseconds since the epoch, if that was readable.
    pub time_ms: Option<i64>,
    /// The rule that it broke.
    pub reason: &'static str,
    /// Its text.
    pub raw: String,
}

/// Who may use how much of the weight that the exchange allows a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// The live feed waits for it: all of the weight.
    Live,
    /// It can wait: half of the weight.
    Background,
}
