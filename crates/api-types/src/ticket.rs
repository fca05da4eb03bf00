//! `GET /api/v1/pairs/ticket`: the two orders of a position against the spread, and whether it is worth its costs.

use serde::{Deserialize, Serialize};

use crate::{backtest::SpreadSide, names::name, pairs::PairParams, parts::read_in_parts};

name! {
    /// What an order does.
    OrderAction, "action" {
        /// It buys.
        Buy = "buy",
        /// It sells.
        Sell = "sell",
    }
}

/// Answer of `GET /api/v1/pairs/ticket`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force.
    pub params: TicketParams,
    /// The ticket.
    #[serde(flatten)]
    pub ticket: TicketData,
}

read_in_parts!(TicketResponse {
    as_of: i64,
    version: String,
    params: TicketParams,
    ..ticket
});

/// Parameters of a ticket, defaults filled in: those of pair analytics, and its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketParams {
    /// Those of pair analytics.
    #[serde(flatten)]
    pub pair: PairParams,
    /// What both legs are to be worth, in the currency of the prices.
    pub notional: f64,
    /// Fee, basis points of the notional of each leg and fill.
    pub fee_bps: f64,
    /// Slippage, likewise.
    pub slippage_bps: f64,
}

read_in_parts!(TicketParams {
    notional: f64,
    fee_bps: f64,
    slippage_bps: f64,
    ..pair
});

/// Two orders, by the last bar shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketData {
    /// The bar that it is made by, ms since the epoch.
    pub time: i64,
    /// False if that bar is open.
    pub closed: bool,
    /// z-score.
    pub z: f64,
    /// The position that bets on its return.
    pub side: SpreadSide,
    /// The order in the dependent leg.
    pub y: TicketLeg,
    /// The order in the hedge leg.
    pub x: TicketLeg,
    /// Notional of both orders as rounded.
    pub gross: f64,
    /// Hedge ratio.
    pub beta: f64,
    /// The hedge ratio of the rounded quantities.
    pub rounded_beta: f64,
    /// What a return of z to `exit` brings at these coefficients, basis points of `gross`; negative where z is within it
    /// already. Nothing says that it returns.
    pub reversion_bps: f64,
    /// Fees and slippage of entry and exit, basis points of `gross`.
    pub cost_bps: f64,
    /// The reversion less the costs, basis points.
    pub edge_bps: f64,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketLeg {
    /// What is traded.
    pub symbol: String,
    /// What the order does.
    pub action: OrderAction,
    /// Quantity, positive, a multiple of `step`.
    pub quantity: f64,
    /// The exchange's smallest step of the quantity; `null` where it is not known, and then nothing is rounded.
    pub step: Option<f64>,
    /// Close of the bar.
    pub price: f64,
    /// Quantity times price.
    pub notional: f64,
}
