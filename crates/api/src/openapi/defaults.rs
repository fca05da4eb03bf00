//! Defaults of parameters as programs read them: those that hold whatever else is asked. What depends on another parameter is in
//! the description alone, as a client that sent it unasked would be refused.

use serde_json::{Value, json};
use utoipa::openapi::{OpenApi, RefOr, Schema, path::Parameter};

/// Operation, parameter, default.
fn table() -> Vec<(&'static str, &'static str, Value)> {
    let mut table = vec![
        ("getBars", "source", json!("live")),
        ("getBars", "limit", json!(500)),
        ("getTrades", "limit", json!(500)),
        ("listAlertEvents", "limit", json!(100)),
        ("getPairAnalytics", "interval", json!("1m")),
        ("getPairAnalytics", "limit", json!(1_000)),
        ("getPairAnalytics", "model", json!("ols")),
        ("getPairAnalytics", "transform", json!("level")),
        ("getPairAnalytics", "window", json!(60)),
        ("getPairAnalytics", "z", json!("rolling")),
        ("getPairAnalytics", "correlationOf", json!("returns")),
        ("getPairAnalytics", "entry", json!(2.0)),
        ("getPairAnalytics", "exit", json!(0.5)),
        ("getPairAnalytics", "open", json!(false)),
    ];
    // What these calls share with pair analytics means the same there.
    for operation in ["getPairBacktest", "getPairTicket"] {
        table.extend([
            (operation, "interval", json!("1m")),
            (operation, "limit", json!(1_000)),
            (operation, "model", json!("ols")),
            (operation, "transform", json!("level")),
            (operation, "window", json!(60)),
            (operation, "z", json!("rolling")),
            (operation, "correlationOf", json!("returns")),
            (operation, "entry", json!(2.0)),
            (operation, "exit", json!(0.5)),
            (operation, "feeBps", json!(5.0)),
            (operation, "slippageBps", json!(1.0)),
        ]);
    }
    table.extend([
        ("getPairBacktest", "sizing", json!("beta_neutral")),
        ("getPairBacktest", "fill", json!("open")),
        ("getPairBacktest", "funding", json!("given")),
        ("getPairBacktest", "capital", json!(100_000.0)),
        ("getPairTicket", "open", json!(false)),
        ("getPairTicket", "notional", json!(10_000.0)),
        ("getScan", "sort", json!("p")),
    ]);
    let files = [
        "getBars",
        "getTrades",
        "getPairAnalytics",
        "getPairBacktest",
        "getScan",
        "getDataset",
        "getWatchlist",
        "listAlertEvents",
    ];
    table.extend(files.map(|operation| (operation, "format", json!("json"))));
    table
}

/// Adds the defaults.
///
/// # Panics
/// When one is of a parameter that there is not; a test makes the document.
pub(super) fn add(document: &mut OpenApi) {
    for (operation, name, default) in table() {
        let parameter = parameter(document, operation, name)
            .unwrap_or_else(|| panic!("{operation} has no parameter {name}"));
        match parameter.schema.as_mut() {
            Some(RefOr::Ref(reference)) => reference.default = Some(default),
            Some(RefOr::T(Schema::Object(object))) => object.default = Some(default),
            _ => panic!("{name} of {operation} is no plain value"),
        }
    }
}

fn parameter<'d>(
    document: &'d mut OpenApi,
    operation: &str,
    name: &str,
) -> Option<&'d mut Parameter> {
    let gets = document.paths.paths.values_mut();
    let of_id = gets
        .filter_map(|item| item.get.as_mut())
        .find(|get| get.operation_id.as_deref() == Some(operation))?;
    let parameters = of_id.parameters.iter_mut().flatten();
    let mut parameters = parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    parameters.find(|parameter| parameter.name == name)
}
