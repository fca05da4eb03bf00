//! REST replies.

use serde::Deserialize;

use super::{decimal, reject::Reject, scan::Scanner, trade_fields::TradeFields};
use crate::{Bar, Symbol, Trade};

/// A reply that is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum BadReply {
    /// It is no JSON, or of another shape.
    #[error("the exchange's reply is not of the documented shape: {0}")]
    Json(#[from] serde_json::Error),
    /// A kline that cannot be read.
    #[error("kline {index} of the exchange's reply: {what}")]
    Kline {
        /// Its place in the reply.
        index: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A funding rate that cannot be read.
    #[error("funding rate {index} of the exchange's reply: {what}")]
    Funding {
        /// Its place in the reply.
        index: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A page of trades that is no list of objects.
    #[error("the exchange's page of trades is not of the documented shape: {what} at byte {at}")]
    Trades {
        /// Bytes from the start.
        at: usize,
        /// What was wrong there.
        what: &'static str,
    },
}

/// A market as `exchangeInfo` lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketInfo {
    /// Its name.
    pub symbol: Symbol,
    /// `TRADING` when it trades.
    pub status: String,
    /// What is traded, as `BTC`.
    pub base_asset: Option<String>,
    /// What it is paid with, as `USDT`.
    pub quote_asset: Option<String>,
    /// Price step, quote currency.
    pub tick_size: Option<f64>,
    /// Quantity step, base currency.
    pub step_size: Option<f64>,
}

impl MarketInfo {
    /// Whether trades can be expected.
    #[must_use]
    pub fn is_trading(&self) -> bool {
        self.status == "TRADING"
    }
}

/// What `exchangeInfo` says.
#[derive(Debug, Clone, PartialEq)]
pub struct ExchangeInfo {
    /// All markets whose names are symbols.
    pub markets: Vec<MarketInfo>,
    /// The weight that an IP address may spend in a minute, if it is told.
    pub weight_per_minute: Option<u32>,
}

/// Reads a reply to [`exchange_info`](super::request::exchange_info).
///
/// # Errors
/// [`BadReply::Json`] if there is no list of symbols. A market whose name is no [`Symbol`] is left
/// out, as it could not have been asked for.
pub fn exchange_info(body: &str) -> Result<ExchangeInfo, BadReply> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Reply {
        symbols: Vec<Market>,
        #[serde(default)]
        rate_limits: Vec<RateLimit>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Market {
        symbol: String,
        base_asset: Option<String>,
        quote_asset: Option<String>,
        #[serde(default)]
        status: String,
        #[serde(default)]
        filters: Vec<Filter>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Filter {
        filter_type: String,
        tick_size: Option<String>,
        step_size: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct RateLimit {
        rate_limit_type: String,
        interval: String,
        interval_num: u32,
        limit: u32,
    }

    let reply: Reply = serde_json::from_str(body)?;
    let step = |filters: &[Filter], kind: &str, get: fn(&Filter) -> Option<&String>| {
        let filter = filters.iter().find(|filter| filter.filter_type == kind)?;
        get(filter)
            .and_then(|text| decimal::parse(text))
            .filter(|step| *step > 0.0)
    };
    let markets = reply.symbols.into_iter().filter_map(|market| {
        Some(MarketInfo {
            symbol: market.symbol.parse().ok()?,
            tick_size: step(&market.filters, "PRICE_FILTER", |f| f.tick_size.as_ref()),
            step_size: step(&market.filters, "LOT_SIZE", |f| f.step_size.as_ref()),
            status: market.status,
            base_asset: market.base_asset,
            quote_asset: market.quote_asset,
        })
    });
    let weight_per_minute = reply
        .rate_limits
        .iter()
        .find(|limit| {
            limit.rate_limit_type == "REQUEST_WEIGHT"
                && limit.interval == "MINUTE"
                && limit.interval_num == 1
        })
        .map(|limit| limit.limit);
    Ok(ExchangeInfo {
        markets: markets.collect(),
        weight_per_minute,
    })
}

/// Reads a reply to [`klines`](super::request::klines): rows of twelve columns (open time, open,
/// high, low, close, volume, close time, quote volume, trades, taker buy volume, taker buy quote
/// volume, ignored). Klines without trades are there too, with `trades` 0: they say that the stretch
/// was fetched, and are no bars.
///
/// # Errors
/// [`BadReply`] if any row cannot be read, or holds prices that no trades can have made. A page is
/// taken whole or not at all.
pub fn klines(body: &str) -> Result<Vec<Bar>, BadReply> {
    type Row<'a> = (
        i64,
        &'a str,
        &'a str,
        &'a str,
        &'a str,
        &'a str,
        i64,
        &'a str,
        i64,
        &'a str,
        serde::de::IgnoredAny,
        serde::de::IgnoredAny,
    );

    let rows: Vec<Row<'_>> = serde_json::from_str(body)?;
    let mut page: Vec<Bar> = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let (bucket_ms, open, high, low, close, volume, _, quote_volume, trades, buy_volume, ..) =
            *row;
        let bad = |what| BadReply::Kline { index, what };
        let number = |text| {
            decimal::parse(text)
                .filter(|value| value.is_finite() && *value >= 0.0)
                .ok_or_else(|| bad("a column that is no number"))
        };
        let bar = Bar {
            bucket_ms,
            open: number(open)?,
            high: number(high)?,
            low: number(low)?,
            close: number(close)?,
            volume: number(volume)?,
            quote_volume: number(quote_volume)?,
            buy_volume: number(buy_volume)?,
            trades,
        };
        let inside = |price| bar.low <= price && price <= bar.high;
        if bar.low <= 0.0 || !inside(bar.open) || !inside(bar.close) || trades < 0 {
            return Err(bad("prices that no trades can have made"));
        }
        if page.last().is_some_and(|last| last.bucket_ms >= bucket_ms) {
            return Err(bad("not in the order of time"));
        }
        page.push(bar);
    }
    Ok(page)
}

/// One row of a page of aggregated trades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PageRow<'a> {
    /// A trade.
    Trade(Trade),
    /// One that must not be stored, with its JSON text. Its symbol is that of the request.
    Rejected(Reject<'a>, &'a str),
}

/// Reads a reply to [`agg_trades_from_id`](super::request::agg_trades_from_id), calling `row` for
/// each trade in the order of the reply; returns how many there were. No allocation.
///
/// # Errors
/// [`BadReply::Trades`] if the reply is no list of objects; rows before that were handed out.
pub fn agg_trades<'a>(body: &'a str, mut row: impl FnMut(PageRow<'a>)) -> Result<usize, BadReply> {
    let mut scanner = Scanner::new(body);
    let mut read = || {
        if scanner.peek() != Some(b'[') {
            return Err(scanner.fail("expected a list"));
        }
        let mut count = 0;
        scanner.array(|scanner| {
            if scanner.peek() != Some(b'{') {
                return Err(scanner.fail("expected an object"));
            }
            let from = scanner.at();
            let mut fields = TradeFields::default();
            scanner.object(|scanner, key| fields.member(scanner, key))?;
            count += 1;
            row(match fields.trade() {
                Ok(trade) => PageRow::Trade(trade),
                Err(reason) => PageRow::Rejected(fields.reject(reason), scanner.since(from)),
            });
            Ok(())
        })?;
        scanner.end()?;
        Ok(count)
    };
    read().map_err(|bad| BadReply::Trades {
        at: bad.at,
        what: bad.what,
    })
}

/// A payment between the holders of a perpetual contract.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Funding {
    /// When, milliseconds since the epoch: a few after a full hour. Contracts pay every 8, 4 or 1 hours.
    pub time_ms: i64,
    /// Share of the notional that longs paid to shorts; negative where shorts paid.
    pub rate: f64,
}

/// Reads a reply to [`funding_rates`](super::request::funding_rates): oldest first.
///
/// # Errors
/// [`BadReply::Json`] if it is of another shape, [`BadReply::Funding`] for a row that makes no sense.
pub fn funding_rates(body: &str) -> Result<Vec<Funding>, BadReply> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Row<'a> {
        funding_time: i64,
        #[serde(borrow)]
        funding_rate: std::borrow::Cow<'a, str>,
    }
    let rows: Vec<Row<'_>> = serde_json::from_str(body)?;
    let mut page: Vec<Funding> = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let bad = |what| BadReply::Funding { index, what };
        let rate = row.funding_rate.parse().ok();
        let rate = rate.filter(|rate: &f64| rate.is_finite());
        let rate = rate.ok_or_else(|| bad("a rate that is no number"))?;
        let time_ms = row.funding_time;
        if page.last().is_some_and(|last| last.time_ms >= time_ms) {
            return Err(bad("not in the order of time"));
        }
        page.push(Funding { time_ms, rate });
    }
    Ok(page)
}

/// Reads a reply to [`server_time`](super::request::server_time): milliseconds since the epoch.
///
/// # Errors
/// [`BadReply::Json`] if it is of another shape.
pub fn server_time(body: &str) -> Result<i64, BadReply> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Reply {
        server_time: i64,
    }
    Ok(serde_json::from_str::<Reply>(body)?.server_time)
}

/// What the exchange says when it refuses a call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ErrorBody {
    /// Its number for what went wrong.
    pub code: i64,
    /// The sentence.
    pub msg: String,
}

/// Reads the body of a refused call; `None` if it is no message of the exchange (a firewall's page).
#[must_use]
pub fn error_body(body: &str) -> Option<ErrorBody> {
    serde_json::from_str(body).ok()
}

/// Whether a body says that the exchange does not serve this place. Comes with status 451, and at
/// times with others.
#[must_use]
pub fn is_restricted_location(body: &str) -> bool {
    body.to_ascii_lowercase().contains("restricted location")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binance::RejectReason;

    #[test]
    fn funding_rates_are_read_with_their_sign_and_nothing_else_is() {
        let body = r#"[{"symbol":"BTCUSDT","fundingRate":"0.00010000","fundingTime":1700000000003,"markPrice":"37000.1"},
            {"symbol":"BTCUSDT","fundingTime":1700028800000,"fundingRate":"-0.00002500","markPrice":""}]"#;
        let rates = funding_rates(body).unwrap();
        let told: Vec<_> = rates.iter().map(|one| (one.time_ms, one.rate)).collect();
        assert_eq!(
            told,
            [(1_700_000_000_003, 1e-4), (1_700_028_800_000, -2.5e-5)]
        );
        assert_eq!(funding_rates("[]").unwrap(), []);
        for bad in [
            r#"[{"fundingRate":"x","fundingTime":1}]"#,
            r#"[{"fundingRate":"inf","fundingTime":1}]"#,
            r#"[{"fundingRate":"0","fundingTime":2},{"fundingRate":"0","fundingTime":2}]"#,
            r#"{"code":-1,"msg":""}"#,
        ] {
            assert!(funding_rates(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn exchange_info_gives_states_steps_and_the_weight_limit() {
        let body = r#"{"timezone":"UTC","serverTime":1786171884624,"futuresType":"U_MARGINED",
            "rateLimits":[{"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"limit":1200},
              {"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2400}],
            "exchangeFilters":[],"symbols":[
              {"symbol":"BTCUSDT","pair":"BTCUSDT","contractType":"PERPETUAL","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":[
                {"minPrice":"556.80","filterType":"PRICE_FILTER","maxPrice":"4529764","tickSize":"0.10"},
                {"stepSize":"0.001","filterType":"LOT_SIZE","maxQty":"1000","minQty":"0.001"},
                {"limit":200,"filterType":"MAX_NUM_ORDERS"}]},
              {"symbol":"no symbol","status":"TRADING","filters":[]},
              {"symbol":"OLDUSDT","status":"SETTLING","filters":[]}]}"#;
        let info = exchange_info(body).unwrap();
        assert_eq!(info.weight_per_minute, Some(2400));
        let [btc, old] = &info.markets[..] else {
            panic!("{info:?}")
        };
        assert!(btc.is_trading() && !old.is_trading());
        assert_eq!((btc.tick_size, btc.step_size), (Some(0.1), Some(0.001)));
        let assets = (btc.base_asset.as_deref(), btc.quote_asset.as_deref());
        assert_eq!(assets, (Some("BTC"), Some("USDT")));
        assert_eq!((old.tick_size, old.step_size), (None, None));
        assert!(exchange_info("<html>").is_err());
    }

    #[test]
    fn klines_become_bars_and_those_without_trades_say_so() {
        let body = r#"[[1786171860000,"64990.9","65000.10","64980.00","64999.9","12.345",1786171919999,"802345.67",321,"6.1","396000.5","0"],
            [1786171920000,"64999.9","64999.9","64999.9","64999.9","0",1786171979999,"0",0,"0","0","0"]]"#;
        let page = klines(body).unwrap();
        assert_eq!(
            page[0],
            Bar {
                bucket_ms: 1_786_171_860_000,
                open: 64990.9,
                high: 65000.1,
                low: 64980.0,
                close: 64999.9,
                volume: 12.345,
                quote_volume: 802_345.67,
                buy_volume: 6.1,
                trades: 321,
            }
        );
        assert_eq!((page.len(), page[1].trades, page[1].volume), (2, 0, 0.0));
        assert_eq!(klines("[]").unwrap(), []);
    }

    #[test]
    fn a_page_of_klines_with_one_impossible_row_is_refused() {
        for row in [
            r#"[0,"1","2","0","1","1",59999,"1",1,"1","1","0"]"#,
            r#"[0,"3","2","1","1","1",59999,"1",1,"1","1","0"]"#,
            r#"[0,"1","2","1","1","-1",59999,"1",1,"1","1","0"]"#,
            r#"[0,"1","2","1","x","1",59999,"1",1,"1","1","0"]"#,
            r#"[0,"1","2","1"]"#,
            r#"[0,"1","2","1","1","1",59999,"1",1,"1","1","0"],[0,"1","2","1","1","1",59999,"1",1,"1","1","0"]"#,
        ] {
            assert!(klines(&format!("[{row}]")).is_err(), "{row}");
        }
    }

    #[test]
    fn pages_of_trades_hand_out_trades_and_rejects_in_order() {
        let body = r#"[{"a":3450415493,"p":"76906.00","q":"0.004","nq":"0.004","f":8079747315,"l":8079747316,"T":1789478330891,"m":false},
            {"a":3450415494,"p":"0","q":"0.003","f":8079747317,"l":8079747317,"T":1789478330948,"m":true}]"#;
        let mut rows = Vec::new();
        assert_eq!(agg_trades(body, |row| rows.push(row)).unwrap(), 2);
        let [PageRow::Trade(trade), PageRow::Rejected(reject, raw)] = rows[..] else {
            panic!("{rows:?}")
        };
        assert_eq!(
            (trade.agg_id, trade.price, trade.fills),
            (3_450_415_493, 76906.0, 2)
        );
        assert_eq!(
            (reject.agg_id, reject.reason),
            (Some(3_450_415_494), RejectReason::NonPositivePrice)
        );
        assert!(raw.starts_with("{\"a\":3450415494") && raw.ends_with('}'));
        assert_eq!(agg_trades("[]", |_| panic!("no row")).unwrap(), 0);
        for bad in [
            "{}",
            "[1]",
            "[{}",
            r#"{"code":-1121,"msg":"Invalid symbol."}"#,
        ] {
            assert!(agg_trades(bad, |_| {}).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_clock_and_refusals_are_read() {
        assert_eq!(
            server_time(r#"{"serverTime":1786171884624}"#).unwrap(),
            1_786_171_884_624
        );
        assert_eq!(
            error_body(r#"{"code":-1121,"msg":"Invalid symbol."}"#)
                .unwrap()
                .code,
            -1121
        );
        assert_eq!(error_body("<html>403</html>"), None);
        assert!(is_restricted_location(
            r#"{"code":0,"msg":"Service unavailable from a restricted location according to 'b. Eligibility'"}"#
        ));
    }
}
