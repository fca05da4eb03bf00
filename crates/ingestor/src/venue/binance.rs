//! Binance USD-M Futures, and whatever speaks like it.

use std::time::Duration;

use market::{
    Bar, Interval, Symbol,
    binance::{Frame, decode, request, rest},
};

use super::{
    Event, MarketInfo, PageReject, Rejected, StreamLimits, TradePage, TradesFrom, Urgency, Venue,
};
use crate::rest::{RestClient, RestError};

/// Rows of a page of klines. The exchange charges 2 for 499, but 5 for 1,000 and 10 for 1,500; and
/// small pages fill the first chart sooner.
const KLINES_PER_PAGE: u32 = 499;

/// Longest stretch of time that the exchange searches for trades.
const TRADES_SEARCH_MS: i64 = 3_600_000;

/// The exchange gives trades of the last day only.
const TRADES_REACH_MS: i64 = 86_400_000;

/// Binance USD-M Futures at the given addresses.
#[derive(Debug)]
pub struct Binance {
    ws_base: String,
    rest: RestClient,
}

impl Binance {
    /// `ws_base` without a path, as `wss://fstream.binance.com`.
    #[must_use]
    pub fn new(ws_base: &str, rest: RestClient) -> Self {
        Self {
            ws_base: ws_base.trim_end_matches('/').to_owned(),
            rest,
        }
    }
}

impl Venue for Binance {
    fn limits(&self) -> StreamLimits {
        StreamLimits {
            max_streams: request::MAX_STREAMS,
            // Half of what is allowed, as answers to pings count too.
            message_spacing: Duration::from_secs(1) * 2 / request::MAX_MESSAGES_PER_S,
        }
    }

    fn stream_url(&self, symbols: &[Symbol]) -> String {
        format!("{}{}", self.ws_base, request::stream_path(symbols))
    }

    fn subscribe(&self, symbols: &[Symbol], message_id: i64) -> String {
        request::subscribe(symbols, message_id)
    }

    fn unsubscribe(&self, symbols: &[Symbol], message_id: i64) -> String {
        request::unsubscribe(symbols, message_id)
    }

    #[inline]
    fn decode<'a>(&self, text: &'a str) -> Event<'a> {
        match decode(text) {
            Frame::AggTrade(seen) => Event::Trade {
                symbol: seen.symbol,
                event_ms: seen.event_ms,
                trade: seen.trade,
            },
            Frame::Rejected(reject) => Event::Rejected(Rejected {
                symbol: reject.symbol,
                agg_id: reject.agg_id,
                time_ms: reject.time_ms,
                reason: reject.reason.as_str(),
            }),
            Frame::Reply { .. } => Event::Accepted,
            Frame::Error { msg, .. } => Event::Refused(msg),
            Frame::Other { .. } => Event::Other,
            Frame::Malformed(bad) => Event::Malformed(bad.what),
        }
    }

    async fn markets(&self) -> Result<Vec<MarketInfo>, RestError> {
        let body = self
            .rest
            .get(&request::exchange_info(), Urgency::Live)
            .await?;
        let info = rest::exchange_info(&body)?;
        if let Some(weight) = info.weight_per_minute {
            self.rest.budget().set_limit(weight);
        }
        let markets = info.markets.into_iter().map(|market| MarketInfo {
            is_trading: market.is_trading(),
            symbol: market.symbol,
            base_asset: market.base_asset,
            quote_asset: market.quote_asset,
            price_tick: market.tick_size,
            qty_step: market.step_size,
        });
        Ok(markets.collect())
    }

    async fn server_time_ms(&self) -> Result<i64, RestError> {
        let body = self
            .rest
            .get(&request::server_time(), Urgency::Live)
            .await?;
        Ok(rest::server_time(&body)?)
    }

    fn klines_per_page(&self) -> u32 {
        KLINES_PER_PAGE
    }

    async fn klines(
        &self,
        symbol: &Symbol,
        interval: Interval,
        start_ms: i64,
        end_ms: i64,
        urgency: Urgency,
    ) -> Result<Vec<Bar>, RestError> {
        // A short page costs less.
        let rows = (end_ms - start_ms) / interval.ms() + 1;
        let limit = u32::try_from(rows)
            .unwrap_or(KLINES_PER_PAGE)
            .clamp(1, KLINES_PER_PAGE);
        let call = request::klines(symbol, interval, start_ms, end_ms, limit);
        Ok(rest::klines(&self.rest.get(&call, urgency).await?)?)
    }

    async fn funding_rates(
        &self,
        symbol: &Symbol,
        start_ms: i64,
        urgency: Urgency,
    ) -> Result<Vec<rest::Funding>, RestError> {
        let call = request::funding_rates(symbol, start_ms);
        Ok(rest::funding_rates(&self.rest.get(&call, urgency).await?)?)
    }

    fn trades_per_page(&self) -> u32 {
        request::MAX_TRADES_PER_PAGE
    }

    fn trades_reach_ms(&self) -> i64 {
        TRADES_REACH_MS
    }

    fn trades_search_ms(&self) -> i64 {
        TRADES_SEARCH_MS
    }

    async fn trades(
        &self,
        symbol: &Symbol,
        from: TradesFrom,
        urgency: Urgency,
    ) -> Result<TradePage, RestError> {
        let limit = self.trades_per_page();
        let call = match from {
            TradesFrom::Id(id) => request::agg_trades_from_id(symbol, id, limit),
            TradesFrom::TimeMs(ms) => {
                request::agg_trades_from_time(symbol, ms, ms + TRADES_SEARCH_MS - 1, limit)
            }
        };
        let body = self.rest.get(&call, urgency).await?;
        let mut page = TradePage::default();
        rest::agg_trades(&body, |row| match row {
            rest::PageRow::Trade(trade) => page.trades.push(trade),
            rest::PageRow::Rejected(reject, raw) => page.rejects.push(PageReject {
                agg_id: reject.agg_id,
                time_ms: reject.time_ms,
                reason: reject.reason.as_str(),
                raw: raw.to_owned(),
            }),
        })?;
        page.trades.sort_by_key(|trade| trade.agg_id);
        Ok(page)
    }
}
