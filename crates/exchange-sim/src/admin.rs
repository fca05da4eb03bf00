//! The administration under `/sim/v1`: what no exchange has.

use std::{sync::atomic::Ordering, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Aggregate, SimTrade, app::App, decimal::decimal, faults::FaultSpec, rest::Params,
    wire::push_rest_trade,
};

/// Trades in one page of the truth.
const MOST_TRADES: usize = 100_000;
/// Trades that are read at once when bars are made.
const CHUNK: usize = 16_384;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/sim/v1/status", get(status))
        .route("/sim/v1/clock", post(clock))
        .route("/sim/v1/connections", get(connections))
        .route(
            "/sim/v1/faults",
            get(faults).post(add_fault).delete(end_faults),
        )
        .route("/sim/v1/faults/{id}", delete(end_fault))
        .route("/sim/v1/truth", get(truth))
        .route("/sim/v1/truth/trades", get(truth_trades))
        .route("/sim/v1/truth/bars", get(truth_bars))
}

async fn status(State(app): State<App>) -> Json<Value> {
    let (warp, paused) = app.clock.state();
    Json(json!({
        "now_ms": app.clock.now_ms(),
        "warp": warp,
        "paused": paused,
        "connections": app.hub.clients().len(),
        "symbols": traded(&app),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    warp: Option<f64>,
    paused: Option<bool>,
}

async fn clock(State(app): State<App>, Json(change): Json<ClockChange>) -> Response {
    if change
        .warp
        .is_some_and(|warp| !(0.001..=100_000.0).contains(&warp))
    {
        return bad_request("warp must lie between 0.001 and 100000");
    }
    app.clock.set(change.warp, change.paused);
    if change.paused == Some(true) {
        // Answered when all that has happened until now is in the truth and with the connections.
        let _ = tokio::time::timeout(Duration::from_secs(5), caught_up(&app)).await;
    }
    status(State(app)).await.into_response()
}

async fn caught_up(app: &App) {
    let now_ms = app.clock.now_ms();
    let behind =
        |symbol: &usize| app.truth.ids(*symbol).1 < app.series.first_id_at(*symbol, now_ms + 1);
    while !app.waiting.load(Ordering::Acquire) && app.symbols.values().any(behind) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn connections(State(app): State<App>) -> Json<Value> {
    let clients = app.hub.clients();
    let shown = clients.iter().map(|client| {
        json!({
            "id": client.id,
            "peer": client.peer.to_string(),
            "path": client.path,
            "sent": client.sent.load(Ordering::Relaxed),
        })
    });
    Json(shown.collect())
}

async fn faults(State(app): State<App>) -> Response {
    Json(app.book.shown()).into_response()
}

async fn add_fault(State(app): State<App>, Json(fault): Json<FaultSpec>) -> Response {
    if let Err(reason) = fault.check() {
        return bad_request(&reason);
    }
    tracing::info!(?fault, "fault added");
    match app.book.add(fault) {
        Some(id) => (StatusCode::CREATED, Json(json!({ "id": id }))).into_response(),
        None => bad_request("too many faults in force"),
    }
}

async fn end_faults(State(app): State<App>) -> Json<Value> {
    Json(json!({ "ended": app.book.remove(None) }))
}

async fn end_fault(State(app): State<App>, Path(id): Path<u64>) -> Response {
    match app.book.remove(Some(id)) {
        0 => (
            StatusCode::NOT_FOUND,
            Json(json!({ "error": "no such fault" })),
        )
            .into_response(),
        ended => Json(json!({ "ended": ended })).into_response(),
    }
}

async fn truth(State(app): State<App>) -> Json<Value> {
    Json(traded(&app))
}

/// What has been traded since start, by symbol.
fn traded(app: &App) -> Value {
    let symbols = app.series.specs().iter().enumerate().map(|(symbol, spec)| {
        let (first, next) = app.truth.ids(symbol);
        json!({ "symbol": spec.name, "first_id": first, "next_id": next, "trades": next - first })
    });
    symbols.collect()
}

/// Trades as REST shows them, of any age and without weight, up to what has been traded so far.
async fn truth_trades(State(app): State<App>, params: Params) -> Response {
    let Some(symbol) = symbol(&app, &params) else {
        return bad_request("symbol is missing or unknown");
    };
    let (first, next) = app.truth.ids(symbol);
    let from = number(&params, "from_id").unwrap_or(first);
    let limit = number(&params, "limit")
        .unwrap_or(1_000)
        .min(MOST_TRADES as u64) as usize;
    let work = move || {
        let mut trades = Vec::new();
        let limit = limit.min(next.saturating_sub(from) as usize);
        app.series.read(symbol, from, i64::MAX, limit, &mut trades);
        let mut out = b"[".to_vec();
        for trade in &trades {
            if out.len() > 1 {
                out.push(b',');
            }
            push_rest_trade(&mut out, &app.series.specs()[symbol], trade);
        }
        out.push(b']');
        out
    };
    json_of(work).await
}

/// Bars of any length, added up trade by trade and so by another way than the klines.
async fn truth_bars(State(app): State<App>, params: Params) -> Response {
    let Some(symbol) = symbol(&app, &params) else {
        return bad_request("symbol is missing or unknown");
    };
    let read = |name| number(&params, name).map(|value| value.min(i64::MAX as u64) as i64);
    let (Some(interval_ms @ 1..), Some(from_ms), Some(to_ms)) =
        (read("interval_ms"), read("from_ms"), read("to_ms"))
    else {
        return bad_request("interval_ms, from_ms and to_ms are needed");
    };
    let work = move || {
        let mut bars: Vec<(i64, Aggregate)> = Vec::new();
        let (_, end) = app.truth.ids(symbol);
        let mut next = app.series.first_id_at(symbol, from_ms);
        let mut trades: Vec<SimTrade> = Vec::new();
        while next < end {
            trades.clear();
            let limit = CHUNK.min((end - next) as usize);
            app.series
                .read(symbol, next, to_ms.saturating_sub(1), limit, &mut trades);
            let Some(last) = trades.last() else { break };
            next = last.id + 1;
            for trade in &trades {
                let start = trade.time_ms.div_euclid(interval_ms) * interval_ms;
                match bars.last_mut() {
                    Some((at, bar)) if *at == start => bar.append(&Aggregate::of(trade)),
                    _ => bars.push((start, Aggregate::of(trade))),
                }
            }
        }
        let spec = &app.series.specs()[symbol];
        let (price, qty) = (spec.price_scale, spec.qty_scale);
        let shown: Vec<Value> = bars
            .iter()
            .map(|(start, bar)| {
                json!({
                    "start_ms": start,
                    "open": decimal(i128::from(bar.open), price),
                    "high": decimal(i128::from(bar.high), price),
                    "low": decimal(i128::from(bar.low), price),
                    "close": decimal(i128::from(bar.close), price),
                    "volume": decimal(bar.volume, qty),
                    "quote_volume": decimal(bar.quote_volume, price + qty),
                    "buy_volume": decimal(bar.buy_volume, qty),
                    "fills": bar.fills,
                    "trades": bar.trades,
                })
            })
            .collect();
        Value::from(shown).to_string().into_bytes()
    };
    json_of(work).await
}

async fn json_of(work: impl FnOnce() -> Vec<u8> + Send + 'static) -> Response {
    let body = tokio::task::spawn_blocking(work)
        .await
        .expect("reading the truth does not panic");
    ([("content-type", "application/json")], body).into_response()
}

fn symbol(app: &App, params: &Params) -> Option<usize> {
    app.symbols.get(params.text("symbol")?).copied()
}

fn number(params: &Params, name: &str) -> Option<u64> {
    params.text(name)?.parse().ok()
}

fn bad_request(reason: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": reason }))).into_response()
}
