//! `GET /api/v1/symbols`

use std::{cmp::Reverse, collections::HashMap};

use api_types::{NoParams, Problem, SymbolFeedState, SymbolInfo, SymbolsResponse};
use axum::{Json, extract::State, http::Uri};
use market::Venue;
use store::{
    TradeNotice,
    feed_status::{self, StoredFeedStatus},
    symbols::{self, SymbolOverview},
};

use crate::{app::Shared, convert, params::Params, problem::ApiError, status};

/// What is followed
///
/// Each symbol with venue, last price, 24 h volume, state of its feed, first and last bar. Symbols of the
/// feed that reported last come first.
#[utoipa::path(
    get,
    path = "/symbols",
    operation_id = "listSymbols",
    tag = "Market data",
    responses(
        (status = 200, description = "The symbols", body = SymbolsResponse),
        (status = 400, description = "A parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    uri: Uri,
) -> Result<Json<SymbolsResponse>, ApiError> {
    Params::of(&uri, &[]).finish()?;
    let (mut overview, feeds) = tokio::try_join!(
        symbols::overview(&shared.store),
        feed_status::read(&shared.store)
    )?;
    let feeds: HashMap<Venue, StoredFeedStatus> = feeds
        .into_iter()
        .map(|feed| (feed.status.venue, feed))
        .collect();
    let reported = |venue| feeds.get(&venue).map(|feed| feed.updated_at_ms);
    // The sort keeps the order of venue and name within a feed.
    overview.sort_by_key(|item| Reverse(reported(item.info.venue)));
    let symbols = overview
        .iter()
        .map(|item| {
            let heard = shared.hub.pulse().newest(item.info.symbol_id);
            as_sent(item, feeds.get(&item.info.venue), heard)
        })
        .collect();
    Ok(Json(SymbolsResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: NoParams {},
        symbols,
    }))
}

fn as_sent(
    item: &SymbolOverview,
    feed: Option<&StoredFeedStatus>,
    heard: Option<TradeNotice>,
) -> SymbolInfo {
    // A notification may be ahead of a replica.
    let heard = heard.filter(|notice| Some(notice.last_agg_id) > item.last_agg_id);
    let known = item.last_time_ms.is_some();
    SymbolInfo {
        venue: convert::venue(item.info.venue),
        symbol: item.info.spec.symbol.to_string(),
        last_price: heard.map(|notice| notice.last_price).or(item.last_price),
        last_time: heard
            .map(|notice| notice.last_time_ms)
            .or(item.last_time_ms),
        volume_24h: known.then_some(item.volume_24h),
        quote_volume_24h: known.then_some(item.quote_volume_24h),
        feed: feed.map_or(SymbolFeedState::Off, |feed| {
            status::symbol_state(feed, item.info.symbol_id)
        }),
        first_bar: item.first_bar_ms,
        last_bar: item.last_bar_ms,
    }
}
