//! `GET /fapi/v1/{ping,time,exchangeInfo}`.

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use super::call::Call;
use crate::{SymbolSpec, app::App, decimal::decimal};

pub(super) async fn ping(State(app): State<App>, call: Call) -> Response {
    call.answer(app, 1, |_, _| Ok(b"{}".to_vec())).await
}

pub(super) async fn time(State(app): State<App>, call: Call) -> Response {
    call.answer(app, 1, |app, _| {
        let body = json!({ "serverTime": app.clock.now_ms() });
        Ok(body.to_string().into_bytes())
    })
    .await
}

pub(super) async fn exchange_info(State(app): State<App>, call: Call) -> Response {
    call.answer(app, 1, |app, _| {
        let specs = app.series.specs().iter().enumerate();
        let symbols: Vec<Value> =
            specs.map(|(symbol, spec)| listed(spec, app.series.extent_ms(symbol).0)).collect();
        let body = json!({
            "timezone": "UTC",
            "serverTime": app.clock.now_ms(),
            "futuresType": "U_MARGINED",
            "rateLimits": [
                {
                    "rateLimitType": "REQUEST_WEIGHT",
                    "interval": "MINUTE",
                    "intervalNum": 1,
                    "limit": app.limits.weight_per_minute(),
                },
                { "rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200 },
            ],
            "exchangeFilters": [],
            "assets": [],
            "symbols": symbols,
        });
        Ok(body.to_string().into_bytes())
    })
    .await
}

fn listed(spec: &SymbolSpec, since_ms: i64) -> Value {
    let (base, quote) = spec.assets();
    let tick = decimal(i128::from(spec.tick), spec.price_scale);
    let step = decimal(1, spec.qty_scale);
    json!({
        "symbol": spec.name,
        "pair": spec.name,
        "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000_i64,
        "onboardDate": since_ms,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": base,
        "quoteAsset": quote,
        "marginAsset": quote,
        "pricePrecision": spec.price_scale,
        "quantityPrecision": spec.qty_scale,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
        "filters": [
            { "filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000", "tickSize": tick },
            { "filterType": "LOT_SIZE", "minQty": step, "maxQty": "1000000", "stepSize": step },
            { "filterType": "MARKET_LOT_SIZE", "minQty": step, "maxQty": "100000", "stepSize": step },
            { "filterType": "MAX_NUM_ORDERS", "limit": 200 },
            { "filterType": "MIN_NOTIONAL", "notional": "5" },
        ],
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK"],
    })
}
