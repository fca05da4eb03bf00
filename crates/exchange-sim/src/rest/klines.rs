//! `GET /fapi/v1/klines`.

use axum::{extract::State, response::Response};

use super::{
    call::{Call, Params},
    error::ApiError,
};
use crate::{
    Aggregate, SymbolSpec,
    app::App,
    decimal::{push_decimal, push_u64},
    interval::KlineInterval,
};

pub(super) async fn klines(State(app): State<App>, call: Call) -> Response {
    let weight = match call.params.number("limit") {
        Ok(Some(..100)) => 1,
        Ok(Some(100..500)) => 2,
        Ok(Some(1_001..)) => 10,
        _ => 5,
    };
    call.answer(app, weight, page).await
}

fn page(app: &App, params: &Params) -> Result<Vec<u8>, ApiError> {
    let symbol = params.symbol(app)?;
    let interval = params
        .text("interval")
        .ok_or_else(|| ApiError::missing("interval"))?;
    let interval = KlineInterval::parse(interval).ok_or_else(ApiError::invalid_interval)?;
    let limit = params.limit(500, 1_500)?;
    let (start, end) = (params.number("startTime")?, params.number("endTime")?);
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        return Err(ApiError::start_after_end());
    }
    let series = &app.series;
    let now_ms = app.clock.now_ms();
    let (first_ms, last_ms) = series.extent_ms(symbol);
    let horizon = last_ms.map_or(now_ms, |last| last.min(now_ms));
    if horizon < first_ms {
        return Ok(b"[]".to_vec());
    }
    let oldest = interval.start(first_ms);
    let newest = interval.start(end.unwrap_or(horizon).min(horizon));
    let from = match start {
        Some(start) if start > newest => return Ok(b"[]".to_vec()),
        // The first kline that starts at or after.
        Some(start) => {
            let holding = interval.start(start);
            if holding == start {
                holding
            } else {
                interval.step(holding, 1)
            }
        }
        None => interval.step(newest, 1 - limit as i64),
    };
    let mut starts = Vec::with_capacity(limit);
    let mut next = from.max(oldest);
    while next <= newest && starts.len() < limit {
        starts.push(next);
        next = interval.step(next, 1);
    }
    let spans: Vec<_> = starts
        .iter()
        .map(|start| (*start, interval.step(*start, 1).min(now_ms + 1)))
        .collect();
    let spec = &series.specs()[symbol];
    let mut out = Vec::with_capacity(2 + spans.len() * 160);
    out.push(b'[');
    let mut before: Option<i64> = None;
    for (start, sum) in starts.iter().zip(series.aggregate(symbol, &spans)) {
        // Without trades the exchange goes on with a flat kline at the last price.
        let sum = sum.or_else(|| {
            before
                .or_else(|| price_before(app, symbol, *start))
                .map(flat)
        });
        let Some(sum) = sum else { continue };
        if out.len() > 1 {
            out.push(b',');
        }
        push_kline(&mut out, spec, *start, interval.step(*start, 1) - 1, &sum);
        before = Some(sum.close);
    }
    out.push(b']');
    Ok(out)
}

fn price_before(app: &App, symbol: usize, time_ms: i64) -> Option<i64> {
    let id = app.series.first_id_at(symbol, time_ms).checked_sub(1)?;
    let mut trades = Vec::new();
    app.series.read(symbol, id, time_ms, 1, &mut trades);
    trades
        .first()
        .filter(|trade| trade.time_ms < time_ms)
        .map(|trade| trade.price)
}

fn flat(price: i64) -> Aggregate {
    Aggregate {
        open: price,
        high: price,
        low: price,
        close: price,
        volume: 0,
        quote_volume: 0,
        buy_volume: 0,
        buy_quote_volume: 0,
        fills: 0,
        trades: 0,
    }
}

/// `[openTime,"open","high","low","close","volume",closeTime,"quoteVolume",trades,"takerBuyBase","takerBuyQuote","0"]`
fn push_kline(out: &mut Vec<u8>, spec: &SymbolSpec, start: i64, end: i64, sum: &Aggregate) {
    let (price_scale, qty_scale) = (spec.price_scale, spec.qty_scale);
    let quoted = |out: &mut Vec<u8>, mantissa: i128, scale: u32| {
        out.extend_from_slice(b",\"");
        push_decimal(out, mantissa, scale);
        out.push(b'"');
    };
    out.push(b'[');
    push_u64(out, start.unsigned_abs());
    for price in [sum.open, sum.high, sum.low, sum.close] {
        quoted(out, i128::from(price), price_scale);
    }
    quoted(out, sum.volume, qty_scale);
    out.push(b',');
    push_u64(out, end.unsigned_abs());
    quoted(out, sum.quote_volume, price_scale + qty_scale);
    out.push(b',');
    push_u64(out, sum.fills);
    quoted(out, sum.buy_volume, qty_scale);
    quoted(out, sum.buy_quote_volume, price_scale + qty_scale);
    out.extend_from_slice(b",\"0\"]");
}
