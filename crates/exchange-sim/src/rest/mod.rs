//! The REST side: `/fapi/v1/…`.

mod agg_trades;
mod call;
mod error;
mod funding;
mod info;
mod klines;
mod limits;

use axum::{Router, routing::get};

pub(crate) use call::Params;
pub(crate) use limits::Limits;

use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/fapi/v1/ping", get(info::ping))
        .route("/fapi/v1/time", get(info::time))
        .route("/fapi/v1/exchangeInfo", get(info::exchange_info))
        .route("/fapi/v1/klines", get(klines::klines))
        .route("/fapi/v1/aggTrades", get(agg_trades::agg_trades))
        .route("/fapi/v1/fundingRate", get(funding::funding))
}
