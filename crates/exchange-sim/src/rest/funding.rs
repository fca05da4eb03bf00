//! `GET /fapi/v1/fundingRate`.

use axum::{extract::State, response::Response};
use serde_json::json;

use super::{
    call::{Call, Params},
    error::ApiError,
};
use crate::{app::App, hash};

const HOUR_MS: i64 = 3_600_000;
/// The exchange's usual rate of eight hours, 10^-8.
const USUAL: f64 = 10_000.0;

pub(super) async fn funding(State(app): State<App>, call: Call) -> Response {
    // The exchange counts these calls by themselves, and not by weight.
    call.answer(app, 0, page).await
}

/// Hours between two payments, on the clock's round hours: not all contracts pay alike.
fn period_hours(name: &str) -> i64 {
    match name {
        "LINKUSDT" | "LTCUSDT" => 4,
        "DOGEUSDT" => 1,
        _ => 8,
    }
}

fn page(app: &App, params: &Params) -> Result<Vec<u8>, ApiError> {
    let symbol = params.symbol(app)?;
    let limit = params.limit(100, 1_000)?;
    let (start, end) = (params.number("startTime")?, params.number("endTime")?);
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        return Err(ApiError::start_after_end());
    }
    let name = &app.series.specs()[symbol].name;
    let hours = period_hours(name);
    let period_ms = hours * HOUR_MS;
    let now_ms = app.clock.now_ms();
    let (first_ms, last_ms) = app.series.extent_ms(symbol);
    let horizon = last_ms.map_or(now_ms, |last| last.min(now_ms));
    let at_or_after = |ms: i64| ms.div_euclid(period_ms) + i64::from(ms.rem_euclid(period_ms) > 0);
    let oldest = at_or_after(first_ms);
    let newest = end.unwrap_or(horizon).min(horizon).div_euclid(period_ms);
    let from = match start {
        Some(start) => at_or_after(start).max(oldest),
        None => (newest + 1 - limit as i64).max(oldest),
    };
    let key = hash::key(0, &format!("funding {name}"));
    let rows = (from..=newest).take(limit).map(|period| {
        // Around the usual rate, and at times below zero.
        let draw = hash::gauss(hash::mix(key, period.unsigned_abs()));
        let rate = (USUAL * (1.0 + 0.8 * draw) * hours as f64 / 8.0).round();
        json!({
            "symbol": name,
            "fundingTime": period * period_ms,
            "fundingRate": format!("{:.8}", rate * 1e-8),
            "markPrice": "",
        })
    });
    let rows: Vec<_> = rows.collect();
    Ok(serde_json::to_vec(&rows).expect("text and numbers"))
}
