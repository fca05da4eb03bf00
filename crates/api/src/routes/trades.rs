//! `GET /api/v1/trades`

use api_types::{Problem, TradeColumns, TradesParams, TradesResponse};
use axum::{
    Json,
    extract::State,
    http::Uri,
    response::{IntoResponse, Response},
};
use futures::{Stream, stream};
use market::Trade;
use store::{symbols::SymbolInfo, trades};

use crate::{
    app::Shared,
    convert,
    csv::{self, Format, Piece},
    params::{self, Params},
    problem::ApiError,
};

const DEFAULT_LIMIT: i64 = 500;
const MAX_LIMIT: i64 = 10_000;
/// Of a download that begins at an id, which is read and sent page by page.
const MAX_CSV_LIMIT: i64 = 1_000_000;
const HEADER: [&str; 7] = [
    "symbol",
    "aggId",
    "time",
    "price",
    "qty",
    "fills",
    "buyerIsMaker",
];

/// Single trades of a symbol
///
/// As the exchange aggregates them: fills of one taker order at one price. With `fromId` the trades from
/// that id on, without it the last ones; ascending in id. `nextFromId` reads on. With `format=csv` one row a trade,
/// and from a `fromId` on up to 1,000,000.
#[utoipa::path(
    get,
    path = "/trades",
    operation_id = "getTrades",
    tag = "Market data",
    params(
        ("symbol" = String, Query, description = "Name of the market, or `venue:SYMBOL`", example = "BTCUSDT"),
        ("fromId" = Option<i64>, Query, minimum = 0, description = "Trades with this id or a greater one; default: the last trades"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1_000_000, description = "At most so many trades; default 500, and 10,000 is the most but for `format=csv` with `fromId`"),
        ("format" = Option<String>, Query, pattern = "^(json|csv)$", description = "`json` (default) or `csv`"),
    ),
    responses(
        (status = 200, description = "The trades", content((TradesResponse = "application/json"), (String = "text/csv"))),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let mut params = Params::of(&uri, &["symbol", "fromId", "limit", "format"]);
    let instrument = params::symbol(&mut params);
    let from_id = params.number("fromId", 0..=i64::MAX);
    let format: Format = params.optional("format").unwrap_or_default();
    let most = if format == Format::Csv && params.has("fromId") {
        MAX_CSV_LIMIT
    } else {
        MAX_LIMIT
    };
    let limit = params.number("limit", 1..=most).unwrap_or(DEFAULT_LIMIT);
    params.finish()?;
    let instrument = instrument.expect("required parameters are there, or finish has failed");
    let limit = u32::try_from(limit).expect("the limit is within its range");

    let symbol = shared.directory.resolve(&instrument).await?;
    if format == Format::Csv {
        let file_name = format!("trades_{}.csv", symbol.spec.symbol);
        return csv::download(&file_name, &HEADER, pages(shared, symbol, from_id, limit)).await;
    }
    let found = read(&shared, &symbol, from_id, limit).await?;
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
    })
    .into_response())
}

async fn read(
    shared: &Shared,
    symbol: &SymbolInfo,
    from_id: Option<i64>,
    limit: u32,
) -> store::Result<Vec<Trade>> {
    match from_id {
        Some(from_id) => trades::read(&shared.store, symbol.symbol_id, from_id, limit).await,
        None => trades::read_newest(&shared.store, symbol.symbol_id, limit).await,
    }
}

fn pages(
    shared: Shared,
    symbol: SymbolInfo,
    from_id: Option<i64>,
    limit: u32,
) -> impl Stream<Item = Result<Piece, ApiError>> + Send + 'static {
    let state = (shared, symbol, from_id, limit);
    stream::try_unfold(state, |(shared, symbol, from_id, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let page = left.min(MAX_LIMIT as u32);
        let found = read(&shared, &symbol, from_id, page).await?;
        let mut piece = Piece::default();
        for trade in &found {
            piece.row(|row| {
                row.text(symbol.spec.symbol.as_str());
                row.integer(trade.agg_id);
                row.time(trade.time_ms);
                row.number(trade.price);
                row.number(trade.qty);
                row.integer(i64::from(trade.fills));
                row.flag(trade.buyer_is_maker);
            });
        }
        // Without an id to begin at, the limit is that of one page.
        let ended = from_id.is_none() || found.len() < page as usize;
        let left = if ended { 0 } else { left - page };
        let from_id = found.last().map(|trade| trade.agg_id + 1).or(from_id);
        Ok(Some((piece, (shared, symbol, from_id, left))))
    })
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
