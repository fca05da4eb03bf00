//! `GET /fapi/v1/aggTrades`.

use axum::{extract::State, response::Response};

use super::{
    call::{Call, Params},
    error::ApiError,
};
use crate::{app::App, wire::push_rest_trade};

const WEIGHT: u32 = 20;
/// The exchange gives trades of the last day only.
const REACH_MS: i64 = 86_400_000;
const WIDEST_WINDOW_MS: i64 = 3_600_000;

pub(super) async fn agg_trades(State(app): State<App>, call: Call) -> Response {
    call.answer(app, WEIGHT, page).await
}

fn page(app: &App, params: &Params) -> Result<Vec<u8>, ApiError> {
    let symbol = params.symbol(app)?;
    let limit = params.limit(500, 1_000)?;
    let (from_id, start, end) = (
        params.number("fromId")?,
        params.number("startTime")?,
        params.number("endTime")?,
    );
    if from_id.is_some() && (start.is_some() || end.is_some()) {
        return Err(ApiError::bad_combination());
    }
    let series = &app.series;
    let now_ms = app.clock.now_ms();
    let oldest_id = series.first_id_at(symbol, now_ms - REACH_MS);
    let next_id = series.first_id_at(symbol, now_ms.saturating_add(1));
    let latest = |before: u64| before.saturating_sub(limit as u64).max(oldest_id);
    let (first, until_ms) = match (from_id, start, end) {
        // Older than it reaches: nothing, rather than something else than was asked for.
        (Some(id), ..) if (id as u64) < oldest_id => (next_id, now_ms),
        (Some(id), ..) => (id as u64, now_ms),
        (None, Some(start), Some(end)) if start > end => return Err(ApiError::start_after_end()),
        (None, Some(start), Some(end)) if end - start >= WIDEST_WINDOW_MS => {
            return Err(ApiError::window_too_long());
        }
        (None, Some(start), end) => (
            series.first_id_at(symbol, start).max(oldest_id),
            end.unwrap_or(now_ms).min(now_ms),
        ),
        (None, None, Some(end)) => {
            let end = end.min(now_ms);
            (latest(series.first_id_at(symbol, end + 1)), end)
        }
        (None, None, None) => (latest(next_id), now_ms),
    };
    let mut trades = Vec::with_capacity(limit);
    if first < next_id {
        series.read(symbol, first, until_ms, limit, &mut trades);
    }
    let spec = &series.specs()[symbol];
    let mut out = Vec::with_capacity(2 + trades.len() * 150);
    out.push(b'[');
    for trade in &trades {
        if out.len() > 1 {
            out.push(b',');
        }
        push_rest_trade(&mut out, spec, trade);
    }
    out.push(b']');
    Ok(out)
}
