//! `/api/v1/alerts/rules`

use api_types::{
    AlertRule, AlertRuleBody, AlertRuleResponse, AlertRulesResponse, NoParams, Problem,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use market::Instrument;
use serde_json::Value;
use store::alerts::{RuleDefinition, rules};

use crate::{
    alerts::{body, tell},
    app::Shared,
    body::JsonBody,
    convert,
    pairs::Leg,
    params::Params,
    problem::ApiError,
};

/// All alert rules
///
/// With where each of them stands, ascending in id.
#[utoipa::path(
    get,
    path = "/alerts/rules",
    operation_id = "listAlertRules",
    tag = "Alerts",
    responses(
        (status = 200, description = "The rules", body = AlertRulesResponse),
        (status = 400, description = "A parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(shared): State<Shared>,
    uri: Uri,
) -> Result<Json<AlertRulesResponse>, ApiError> {
    Params::of(&uri, &[]).finish()?;
    let stored = rules::list(&shared.store, false).await?;
    let rules = stored
        .into_iter()
        .map(tell::rule)
        .collect::<Result<_, _>>()?;
    Ok(Json(AlertRulesResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: NoParams {},
        rules,
        max_rules: shared.max_alert_rules,
    }))
}

/// Make an alert rule
///
/// A rule watches one figure of a pair, whether or not anybody looks at it: the z-score (`zThreshold`), the rolling
/// p of cointegration (`cointegrationLost`), the hedge ratio (`hedgeRatioDrift`) or how long the feed has been
/// silent (`feedStale`). The answer has all defaults filled in and the symbols with their venue. It is evaluated
/// from the last closed bar on. Everything that is wrong with a rule is told at once.
#[utoipa::path(
    post,
    path = "/alerts/rules",
    operation_id = "createAlertRule",
    tag = "Alerts",
    request_body(content = AlertRuleBody, description = "The rule; what is absent has its default"),
    responses(
        (status = 201, description = "It is stored; `location` leads to it", body = AlertRuleResponse),
        (status = 400, description = "Fields are unknown, missing or out of range: each is named, with what is allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There are as many rules as there may be", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON by its header", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    uri: Uri,
    JsonBody(given): JsonBody<Value>,
) -> Result<Response, ApiError> {
    Params::of(&uri, &[]).finish()?;
    let definition = read(&shared, &given).await?;
    let most = shared.max_alert_rules;
    let stored = rules::insert(&shared.store, &definition, most).await?;
    let rule = tell::rule(stored.ok_or(ApiError::TooManyAlertRules(most))?)?;
    let location = format!("/api/v1/alerts/rules/{}", rule.id);
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        answer(rule),
    )
        .into_response())
}

/// One alert rule
///
/// With where it stands.
#[utoipa::path(
    get,
    path = "/alerts/rules/{id}",
    operation_id = "getAlertRule",
    tag = "Alerts",
    params(("id" = i64, Path, minimum = 1, description = "Id of the rule")),
    responses(
        (status = 200, description = "The rule", body = AlertRuleResponse),
        (status = 400, description = "The id is no number, or a parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such rule", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<AlertRuleResponse>, ApiError> {
    let id = rule_id(&uri, &id)?;
    let stored = rules::get(&shared.store, id).await?;
    Ok(answer(tell::rule(
        stored.ok_or(ApiError::UnknownAlertRule(id))?,
    )?))
}

/// Replace an alert rule
///
/// The body is all of the rule, as for making one. It is evaluated anew: if it was firing, that episode is told to be
/// resolved with the reason `ruleChanged`, or `ruleDisabled`. Without a secret the webhook keeps the one that it has, as
/// long as its URL is the same.
#[utoipa::path(
    put,
    path = "/alerts/rules/{id}",
    operation_id = "replaceAlertRule",
    tag = "Alerts",
    params(("id" = i64, Path, minimum = 1, description = "Id of the rule")),
    request_body(content = AlertRuleBody, description = "The rule; what is absent has its default"),
    responses(
        (status = 200, description = "It is stored", body = AlertRuleResponse),
        (status = 400, description = "Fields are unknown, missing or out of range: each is named, with what is allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such rule or symbol", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON by its header", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn replace(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    uri: Uri,
    JsonBody(given): JsonBody<Value>,
) -> Result<Json<AlertRuleResponse>, ApiError> {
    let id = rule_id(&uri, &id)?;
    let definition = read(&shared, &given).await?;
    let stored = rules::update(&shared.store, id, &definition).await?;
    Ok(answer(tell::rule(
        stored.ok_or(ApiError::UnknownAlertRule(id))?,
    )?))
}

/// Delete an alert rule
///
/// Its events stay. If it was firing, that episode is told to be resolved with the reason `ruleDeleted`.
#[utoipa::path(
    delete,
    path = "/alerts/rules/{id}",
    operation_id = "deleteAlertRule",
    tag = "Alerts",
    params(("id" = i64, Path, minimum = 1, description = "Id of the rule")),
    responses(
        (status = 200, description = "The rule as it was", body = AlertRuleResponse),
        (status = 400, description = "The id is no number, or a parameter was given", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such rule", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delete(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<AlertRuleResponse>, ApiError> {
    let id = rule_id(&uri, &id)?;
    let stored = rules::delete(&shared.store, id).await?;
    Ok(answer(tell::rule(
        stored.ok_or(ApiError::UnknownAlertRule(id))?,
    )?))
}

fn rule_id(uri: &Uri, text: &str) -> Result<i64, ApiError> {
    let mut params = Params::of(uri, &[]);
    let id = params.id(text, "rule");
    params.finish()?;
    Ok(id)
}

fn answer(rule: AlertRule) -> Json<AlertRuleResponse> {
    Json(AlertRuleResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        rule,
    })
}

/// The rule that is given, for the symbols that its names mean now, so that it never comes to mean others.
async fn read(shared: &Shared, given: &Value) -> Result<RuleDefinition, ApiError> {
    let mut draft = body::read(given, shared.webhooks)?;
    for leg in [&mut draft.spec.y, &mut draft.spec.x] {
        if let Leg::Live(instrument) = leg {
            let info = shared.directory.resolve(instrument).await?;
            *instrument = Instrument {
                venue: Some(info.venue),
                symbol: info.spec.symbol,
            };
        }
    }
    Ok(draft.into_definition())
}
