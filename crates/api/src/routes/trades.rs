//! `GET /api/v1/trades`

use api_types::{Problem, TradeColumns, TradesParams, TradesResponse};
use axum::{Json, extract::State, http::Uri};
use market::Trade;
use store::trades;

use crate::{
    app::Shared,
    convert,
    params::{self, Params},
    problem::ApiError,
};

const DEFAULT_LIMIT: i64 = 500;
const MAX_LIMIT: i64 = 10_000;

/// Single trades of a symbol
///
/// As the exchange aggregates them: fills of one taker order at one price. With `fromId` the trades from
/// that id on, without it the last ones; ascending in id. `nextFromId` reads on.
#[utoipa::path(
    get,
    path = "/trades",
    operation_id = "getTrades",
    tag = "Market data",
    params(
        ("symbol" = String, Query, description = "Name of the market, or `venue:SYMBOL`", example = "BTCUSDT"),
        ("fromId" = Option<i64>, Query, minimum = 0, description = "Trades with this id or a greater one; default: the last trades"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 10_000, description = "At most so many trades; default 500"),
    ),
    responses(
        (status = 200, description = "The trades", body = TradesResponse),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    uri: Uri,
) -> Result<Json<TradesResponse>, ApiError> {
    let mut params = Params::of(&uri, &["symbol", "fromId", "limit"]);
    let instrument = params::symbol(&mut params);
    let from_id = params.number("fromId", 0..=i64::MAX);
    let limit = params
        .number("limit", 1..=MAX_LIMIT)
        .unwrap_or(DEFAULT_LIMIT);
    params.finish()?;
    let instrument = instrument.expect("required parameters are there, or finish has failed");
    let limit = u32::try_from(limit).expect("the limit is within its range");

    let symbol = shared.directory.resolve(&instrument).await?;
    let found = match from_id {
        Some(from_id) => trades::read(&shared.store, symbol.symbol_id, from_id, limit).await?,
        None => trades::read_newest(&shared.store, symbol.symbol_id, limit).await?,
    };
    Ok(Json(TradesResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: TradesParams {
            symbol: symbol.spec.symbol.to_string(),
            venue: convert::venue(symbol.venue),
            from_id,
            limit,
        },
        next_from_id: found.last().map(|trade| trade.agg_id + 1),
        trades: columns(&found),
    }))
}

fn columns(trades: &[Trade]) -> TradeColumns {
    TradeColumns {
        agg_id: trades.iter().map(|trade| trade.agg_id).collect(),
        time: trades.iter().map(|trade| trade.time_ms).collect(),
        price: trades.iter().map(|trade| trade.price).collect(),
        qty: trades.iter().map(|trade| trade.qty).collect(),
        fills: trades.iter().map(|trade| trade.fills).collect(),
        buyer_is_maker: trades.iter().map(|trade| trade.buyer_is_maker).collect(),
    }
}
