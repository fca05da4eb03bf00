//! `GET /api/v1/pairs/backtest`: what trading a pair's z-score would have brought.
//!
//! Amounts are in the quote currency of the prices, ratios are shares (0.1 is 10 %), costs are in basis points.

use serde::{Deserialize, Serialize};

use crate::{
    names::name,
    pairs::{Alignment, PairParams, PairWarning},
    parts::read_in_parts,
};

name! {
    /// How a position's gross is shared out among its legs.
    Sizing, "sizing" {
        /// β units of x against one of y; for logarithms β of notional against one.
        BetaNeutral = "beta_neutral",
        /// Half of the gross each.
        DollarNeutral = "dollar_neutral",
    }
}

name! {
    /// At which price of the bar after the signal an order is filled.
    FillAt, "fill" {
        /// Its open, the first price that can be traded at.
        Open = "open",
        /// Its close, for series that have no opens.
        Close = "close",
    }
}

name! {
    /// Where funding comes from.
    FundingFrom, "funding" {
        /// A constant that is given for each leg.
        Given = "given",
        /// The rates that the exchange says its contracts paid, at the times when they did.
        Exchange = "exchange",
    }
}

impl Default for FundingFrom {
    /// What results that were stored before there was a choice were made by.
    fn default() -> Self {
        Self::Given
    }
}

name! {
    /// Which way the spread is traded.
    SpreadSide, "side" {
        /// Long y, short x.
        Long = "long",
        /// Short y, long x.
        Short = "short",
    }
}

name! {
    /// Why a position was left.
    ExitReason, "exit reason" {
        /// |z| fell to `exit`, or z changed sign.
        Reverted = "reverted",
        /// |z| rose to `stop`.
        Stopped = "stopped",
        /// It was held for `timeStop` bars.
        TimedOut = "timed_out",
        /// The bars ended: closed at the last close.
        End = "end",
    }
}

name! {
    /// Parts of a range that is split.
    RangePart, "part" {
        /// What parameters may be chosen by.
        Formation = "formation",
        /// Out of sample: what counts.
        Trading = "trading",
    }
}

/// Answer of `GET /api/v1/pairs/backtest`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BacktestResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force.
    pub params: BacktestParams,
    /// The backtest.
    #[serde(flatten)]
    pub backtest: BacktestData,
}

read_in_parts!(BacktestResponse {
    as_of: i64,
    version: String,
    params: BacktestParams,
    ..backtest
});

/// Parameters of a backtest, defaults filled in: those of pair analytics, and its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BacktestParams {
    /// Those of pair analytics.
    #[serde(flatten)]
    pub pair: PairParams,
    /// How the gross is shared out.
    pub sizing: Sizing,
    /// At which price orders are filled.
    pub fill: FillAt,
    /// Fee, basis points of the notional of each leg and fill.
    pub fee_bps: f64,
    /// Slippage, likewise.
    pub slippage_bps: f64,
    /// Where funding comes from.
    #[serde(default)]
    pub funding: FundingFrom,
    /// What a long position in y pays in eight hours, basis points of its notional; a short one receives it. 0 where the
    /// exchange says it.
    pub y_funding_bps_8h: f64,
    /// The same of x.
    pub x_funding_bps_8h: f64,
    /// Equity at the start, and gross of every position.
    pub capital: f64,
    /// Bars after which a position is left.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time_stop: Option<u32>,
    /// Share of the bars that is the formation part.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub split: Option<f64>,
}

read_in_parts!(BacktestParams {
    sizing: Sizing,
    fill: FillAt,
    fee_bps: f64,
    slippage_bps: f64,
    #[serde(default)]
    funding: FundingFrom,
    y_funding_bps_8h: f64,
    x_funding_bps_8h: f64,
    capital: f64,
    time_stop: Option<u32>,
    split: Option<f64>,
    ..pair
});

/// What came of a backtest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BacktestData {
    /// How the legs were joined.
    pub alignment: Alignment,
    /// Bars in a year, by which the Sharpe ratio is scaled.
    pub bars_per_year: f64,
    /// The headline: of the trading part alone if there is a split.
    pub summary: BacktestSummary,
    /// With `split`: the formation part, which says nothing about what comes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub formation: Option<BacktestSummary>,
    /// With `split`: start of the first bar of the trading part, ms since the epoch. Each part begins and ends
    /// flat, with all of the capital.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub split_time: Option<i64>,
    /// Bar by bar, the formation part before the trading part.
    pub series: BacktestColumns,
    /// Trade by trade, likewise.
    pub trades: Vec<BacktestTrade>,
    /// What puts figures in doubt.
    pub warnings: Vec<PairWarning>,
}

/// A range of bars in a few figures: net = gross − fees − slippage − funding.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BacktestSummary {
    /// First bar, ms since the epoch.
    pub from_time: i64,
    /// Last bar.
    pub to_time: i64,
    /// Bars.
    pub bars: u32,
    /// Trades.
    pub trades: u32,
    /// Net over capital.
    pub total_return: f64,
    /// Sharpe ratio a year, of the returns bar by bar, flat bars included; `null` where they do not vary, and where
    /// equity was used up.
    pub sharpe: Option<f64>,
    /// Greatest share of equity that was lost since a high.
    pub max_drawdown: f64,
    /// Share of trades with a positive net; `null` without trades.
    pub win_rate: Option<f64>,
    /// Notional traded over capital.
    pub turnover: f64,
    /// Share of bars at whose close a position was held.
    pub exposure: f64,
    /// What the change of prices brought.
    pub gross: f64,
    /// Fees.
    pub fees: f64,
    /// Slippage.
    pub slippage: f64,
    /// Funding paid; negative where received.
    pub funding: f64,
    /// What is left.
    pub net: f64,
}

/// A backtest bar by bar: columns of one length, ascending in time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BacktestColumns {
    /// Start of the bar, ms since the epoch.
    pub time: Vec<i64>,
    /// z-score at its close.
    pub z: Vec<Option<f64>>,
    /// Hedge ratio at its close.
    pub beta: Vec<Option<f64>>,
    /// Equity at its close.
    pub equity: Vec<f64>,
    /// Share of the highest equity so far that is lost.
    pub drawdown: Vec<f64>,
    /// The position at its close.
    pub position: Vec<Option<SpreadSide>>,
}

/// A position from its entry to its exit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BacktestTrade {
    /// With `split`: in which part.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<RangePart>,
    /// Which way.
    pub side: SpreadSide,
    /// Hedge ratio at the signal.
    pub beta: f64,
    /// z-score at the signal.
    pub entry_z: f64,
    /// Start of the bar in which it was entered, ms since the epoch.
    pub entry_time: i64,
    /// Start of the bar in which it was left.
    pub exit_time: i64,
    /// Price of y at entry.
    pub entry_y: f64,
    /// Price of x at entry.
    pub entry_x: f64,
    /// Price of y at exit.
    pub exit_y: f64,
    /// Price of x at exit.
    pub exit_x: f64,
    /// Units of y, negative for short.
    pub quantity_y: f64,
    /// Units of x, negative for short.
    pub quantity_x: f64,
    /// Closes at which it was held.
    pub bars_held: u32,
    /// Why it was left.
    pub exit_reason: ExitReason,
    /// What the change of prices brought.
    pub gross: f64,
    /// Fees of its four fills.
    pub fees: f64,
    /// Slippage of its four fills.
    pub slippage: f64,
    /// Funding paid; negative where received.
    pub funding: f64,
    /// What is left.
    pub net: f64,
}
