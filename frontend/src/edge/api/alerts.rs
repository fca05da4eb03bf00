//! Alert rules and what they have said.

use api_types::{AlertEventsResponse, AlertRuleBody, AlertRuleResponse, AlertRulesResponse};

use super::ApiError;
use crate::edge::http;

const RULES: &str = "/api/v1/alerts/rules";
/// Where the history is, also as a file.
pub(crate) const EVENTS: &str = "/api/v1/alerts/events";

/// All rules.
pub(crate) async fn rules() -> Result<AlertRulesResponse, ApiError> {
    http::get(RULES).await
}

/// The last `limit` events before the one with that id.
pub(crate) async fn events(
    limit: usize,
    before: Option<i64>,
) -> Result<AlertEventsResponse, ApiError> {
    let before = before.map_or_else(String::new, |id| format!("&beforeId={id}"));
    http::get(&format!("{EVENTS}?limit={limit}{before}")).await
}

/// Makes a rule, or changes the one with that id.
pub(crate) async fn save(
    id: Option<i64>,
    rule: &AlertRuleBody,
) -> Result<AlertRuleResponse, ApiError> {
    match id {
        None => http::send_json("POST", RULES, rule).await,
        Some(id) => http::send_json("PUT", &format!("{RULES}/{id}"), rule).await,
    }
}

/// Deletes a rule.
pub(crate) async fn delete(id: i64) -> Result<AlertRuleResponse, ApiError> {
    http::delete(&format!("{RULES}/{id}")).await
}
