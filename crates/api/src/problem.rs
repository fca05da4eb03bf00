//! The one error type of the HTTP layer, and how it is answered: RFC 9457 problem details.
//!
//! Handlers return [`ApiError`]; the layer [`describe`] writes the body, because only it knows the
//! request's id. Anything else that fails below `/api` (an unknown route, a wrong method, a body that
//! is too large) gets its body there too. What went wrong inside is logged here once, and never sent.

use std::time::Duration;

use api_types::{Problem, ProblemError};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use store::StoreError;

use crate::{availability::schema_detail, middleware::request_id::RequestId};

/// Content type of every error.
pub(crate) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Parameters that are unknown, missing, contradictory or out of range; at least one.
    #[error("bad parameters: {0:?}")]
    BadParameters(Vec<ProblemError>),
    /// No such symbol, or not at that venue.
    #[error("unknown symbol {0}")]
    UnknownSymbol(String),
    /// No such dataset.
    #[error("unknown dataset {0}")]
    UnknownDataset(i64),
    /// Fewer bars than an analysis takes.
    #[error("{got} bars of {of} where it takes {needed}")]
    TooFewBars {
        /// Of what.
        of: String,
        /// Joined bars there are.
        got: u32,
        /// Joined bars it takes.
        needed: u32,
    },
    /// Bars enough, but nothing to trade at or by.
    #[error("no backtest: {0}")]
    NoBacktest(String),
    /// No orders that make sense.
    #[error("no ticket: {0}")]
    NoTicket(String),
    /// More is waiting to be computed than is sensible to wait for.
    #[error("too many analyses are waiting")]
    Busy,
    /// No such symbol in a dataset.
    #[error("unknown symbol {symbol} of dataset {dataset}")]
    UnknownSeries {
        /// The dataset.
        dataset: i64,
        /// The symbol as asked for.
        symbol: String,
        /// Symbols that it has; some of them if there are many.
        known: Vec<String>,
    },
    /// An upload that cannot be stored as it is.
    #[error("bad file: {detail}")]
    BadFile {
        /// What is wrong with the file as a whole.
        detail: String,
        /// What is wrong with its rows, the first of it.
        errors: Vec<ProblemError>,
        /// How much is wrong with its rows.
        total: u64,
    },
    /// More bytes than are taken.
    #[error("too large: {0}")]
    TooLarge(String),
    /// A body of a kind that is not read here.
    #[error("unsupported media type: {0}")]
    UnsupportedMedia(String),
    /// A body that did not come as it was announced, or stopped coming.
    #[error("broken upload: {0}")]
    BrokenUpload(String),
    /// All uploads that may be under way at once are.
    #[error("{0} uploads are under way")]
    TooManyUploads(usize),
    /// The database cannot be reached.
    #[error("the database is away: {0}")]
    DatabaseAway(String),
    /// All connections to the database were in use for as long as a request waits for one, or other
    /// transactions were in the way.
    #[error("the database is busy: {0}")]
    DatabaseBusy(String),
    /// The database has a schema of this version, which is older than this server needs.
    #[error("the schema is at version {0}")]
    SchemaTooOld(i64),
    /// A query took longer than a query may.
    #[error("a query took too long")]
    QueryTimeout,
    /// There was no answer within this time.
    #[error("no answer within {0:?}")]
    RequestTimeout(Duration),
    /// The client asks too often; it may again after this time.
    #[error("too many requests")]
    TooManyRequests(Duration),
    /// The token is needed, and was not given, or what was given is wrong.
    #[error("the token is needed")]
    TokenNeeded {
        /// Whether something was given.
        given: bool,
    },
    /// A session was asked for where there is no token.
    #[error("there is no token")]
    NoToken,
    /// The watchlist is at another revision than the one that was to be replaced.
    #[error("the watchlist is at revision {current}, not {given}")]
    WatchlistReplaced {
        /// The revision that was to be replaced.
        given: i64,
        /// The one that the list is at.
        current: i64,
    },
    /// No alert rule of this id.
    #[error("no alert rule {0}")]
    UnknownAlertRule(i64),
    /// There are as many alert rules as there may be.
    #[error("there are {0} alert rules")]
    TooManyAlertRules(u32),
    /// No scan of this id.
    #[error("no scan {0}")]
    UnknownScan(i64),
    /// No sweep of this id.
    #[error("no sweep {0}")]
    UnknownSweep(i64),
    /// As much work waits in the background as may.
    #[error("{0} jobs are waiting")]
    TooManyJobs(u32),
    /// All streams that may be open at once are.
    #[error("{0} streams are open")]
    TooManyStreams(usize),
    /// All pairs that may be followed at once are.
    #[error("{0} pairs are followed")]
    TooManySessions(usize),
    /// A defect, or something that should not happen; the text is for the log only.
    #[error("{0}")]
    Internal(String),
}

impl ApiError {
    /// The error for one parameter.
    pub(crate) fn bad_parameter(field: &str, detail: impl Into<String>) -> Self {
        Self::BadParameters(vec![ProblemError {
            field: field.to_owned(),
            line: None,
            detail: detail.into(),
        }])
    }

    /// As a client is told.
    pub(crate) fn in_words(&self) -> String {
        self.problem().detail
    }

    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::BadParameters(errors) => {
                let detail: Vec<String> = errors
                    .iter()
                    .map(|e| format!("{}: {}", e.field, e.detail))
                    .collect();
                let mut problem = plain(StatusCode::BAD_REQUEST, "bad-parameter", "Bad parameter");
                problem.detail = detail.join("; ");
                problem.errors.clone_from(errors);
                problem
            }
            Self::UnknownSymbol(name) => {
                let mut problem = plain(StatusCode::NOT_FOUND, "unknown-symbol", "Unknown symbol");
                problem.detail =
                    format!("There is no symbol `{name}`; /api/v1/symbols lists those there are.");
                problem
            }
            Self::UnknownDataset(id) => {
                let mut problem =
                    plain(StatusCode::NOT_FOUND, "unknown-dataset", "Unknown dataset");
                problem.detail =
                    format!("There is no dataset {id}; /api/v1/datasets lists those there are.");
                problem
            }
            Self::TooFewBars { of, got, needed } => {
                let mut problem = plain(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "too-few-bars",
                    "Too few bars",
                );
                problem.detail =
                    format!("There are {got} joined closed bars of {of}, and it takes {needed}.");
                problem
            }
            Self::NoBacktest(detail) => {
                let mut problem = plain(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "no-backtest",
                    "No backtest",
                );
                problem.detail = format!("{detail}.");
                problem
            }
            Self::NoTicket(detail) => {
                let mut problem = plain(StatusCode::UNPROCESSABLE_ENTITY, "no-ticket", "No ticket");
                problem.detail = format!("{detail}.");
                problem
            }
            Self::Busy => {
                let mut problem = plain(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy");
                problem.detail =
                    "More analyses are waiting than can be computed soon; try again in a moment."
                        .to_owned();
                problem
            }
            Self::UnknownSeries {
                dataset,
                symbol,
                known,
            } => {
                let mut problem = plain(StatusCode::NOT_FOUND, "unknown-symbol", "Unknown symbol");
                problem.detail = format!(
                    "There is no symbol `{symbol}` in dataset {dataset}; it has {}. \
                     /api/v1/datasets/{dataset} tells more.",
                    known.join(", ")
                );
                problem
            }
            Self::BadFile {
                detail,
                errors,
                total,
            } => {
                let mut problem = plain(StatusCode::UNPROCESSABLE_ENTITY, "bad-file", "Bad file");
                problem.detail.clone_from(detail);
                problem.errors.clone_from(errors);
                problem.total_errors = (*total > 0).then_some(*total);
                problem
            }
            Self::TooLarge(detail) => {
                let mut problem = plain(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large");
                problem.detail.clone_from(detail);
                problem
            }
            Self::UnsupportedMedia(detail) => {
                let mut problem = plain(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "unsupported-media-type",
                    "Unsupported media type",
                );
                problem.detail.clone_from(detail);
                problem
            }
            Self::BrokenUpload(detail) => {
                let mut problem = plain(StatusCode::BAD_REQUEST, "broken-upload", "Broken upload");
                problem.detail.clone_from(detail);
                problem
            }
            Self::TooManyUploads(most) => {
                let mut problem = plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "too-many-uploads",
                    "Too many uploads",
                );
                problem.detail = format!(
                    "{most} uploads are under way, which is the most allowed; try again later."
                );
                problem
            }
            Self::DatabaseAway(_) => {
                let mut problem = plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "database-away",
                    "Database away",
                );
                problem.detail =
                    "The database cannot be reached now; try again in a moment.".to_owned();
                problem
            }
            Self::DatabaseBusy(_) => {
                let mut problem = plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "database-busy",
                    "Database busy",
                );
                problem.detail =
                    "All connections to the database are in use; try again in a moment.".to_owned();
                problem
            }
            Self::SchemaTooOld(found) => {
                let mut problem = plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "schema-too-old",
                    "Schema too old",
                );
                let detail = schema_detail(*found);
                problem.detail = format!("The database cannot be used now: {detail}.");
                problem
            }
            Self::QueryTimeout => {
                let mut problem = plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "query-timeout",
                    "Query timeout",
                );
                problem.detail =
                    "The database took too long over this; ask for less, or try again later."
                        .to_owned();
                problem
            }
            Self::RequestTimeout(most) => {
                let mut problem = plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "request-timeout",
                    "Request timeout",
                );
                problem.detail = format!(
                    "There was no answer within {} s; try again in a moment.",
                    most.as_secs_f64()
                );
                problem
            }
            Self::TooManyRequests(wait) => {
                let mut problem = plain(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too-many-requests",
                    "Too many requests",
                );
                problem.detail = format!(
                    "This client asks more often than it may; it may again in {} s.",
                    whole_seconds(*wait)
                );
                problem
            }
            Self::TokenNeeded { given } => {
                let mut problem = plain(StatusCode::UNAUTHORIZED, "token-needed", "Token needed");
                let what = if *given {
                    "What was given as this server's token or session is wrong, or no longer right."
                } else {
                    "This call needs the server's token."
                };
                problem.detail = format!(
                    "{what} Send `Authorization: Bearer …`, or open a session with POST /api/v1/session."
                );
                problem
            }
            Self::NoToken => {
                let mut problem = plain(StatusCode::CONFLICT, "no-token", "No token");
                problem.detail =
                    "This server has no token (API_TOKEN): no call needs a session.".to_owned();
                problem
            }
            Self::WatchlistReplaced { given, current } => {
                let mut problem = plain(
                    StatusCode::CONFLICT,
                    "watchlist-replaced",
                    "Watchlist replaced",
                );
                problem.detail = format!(
                    "The watchlist is at revision {current}, not {given}: read it again and put your change into it."
                );
                problem
            }
            Self::UnknownAlertRule(id) => {
                let mut problem = plain(
                    StatusCode::NOT_FOUND,
                    "unknown-alert-rule",
                    "Unknown alert rule",
                );
                problem.detail = format!(
                    "There is no alert rule {id}; /api/v1/alerts/rules lists those there are."
                );
                problem
            }
            Self::TooManyAlertRules(most) => {
                let mut problem = plain(
                    StatusCode::CONFLICT,
                    "too-many-alert-rules",
                    "Too many alert rules",
                );
                problem.detail = format!(
                    "There are {most} alert rules, which is the most allowed; delete one before you make another."
                );
                problem
            }
            Self::UnknownScan(id) => {
                let mut problem = plain(StatusCode::NOT_FOUND, "unknown-scan", "Unknown scan");
                problem.detail =
                    format!("There is no scan {id}; /api/v1/scans lists those there are.");
                problem
            }
            Self::UnknownSweep(id) => {
                let mut problem = plain(StatusCode::NOT_FOUND, "unknown-sweep", "Unknown sweep");
                problem.detail =
                    format!("There is no sweep {id}; /api/v1/sweeps lists those there are.");
                problem
            }
            Self::TooManyJobs(most) => {
                let mut problem = plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "too-many-jobs",
                    "Too many jobs",
                );
                problem.detail = format!(
                    "{most} jobs wait or run already, which is the most allowed; delete one or try again later."
                );
                problem
            }
            Self::TooManyStreams(most) => {
                let mut problem = plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "too-many-streams",
                    "Too many streams",
                );
                problem.detail = format!("{most} streams are open, which is the most allowed.");
                problem
            }
            Self::TooManySessions(most) => {
                let mut problem = plain(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "too-many-sessions",
                    "Too many pairs are followed",
                );
                problem.detail = format!(
                    "{most} pairs with different parameters are followed, which is the most allowed."
                );
                problem
            }
            Self::Internal(_) => {
                let mut problem = plain(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "Internal error",
                );
                problem.detail =
                    "Something went wrong here; the server's log has it under the request id."
                        .to_owned();
                problem
            }
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(_) | StoreError::Conflict(_) => Self::DatabaseBusy(error.to_string()),
            StoreError::Timeout(_) => Self::QueryTimeout,
            StoreError::SchemaTooOld { found, .. } => Self::SchemaTooOld(found),
            _ if error.is_transient() => Self::DatabaseAway(error.to_string()),
            _ => Self::Internal(error.to_string()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match &self {
            Self::Internal(cause) => tracing::error!(%cause, "request failed"),
            Self::DatabaseAway(cause) => tracing::warn!(%cause, "database away"),
            Self::DatabaseBusy(cause) => tracing::warn!(%cause, "database busy"),
            Self::QueryTimeout => tracing::warn!("query cancelled: it took too long"),
            _ => {}
        }
        let mut response = respond(self.problem());
        match self {
            Self::DatabaseBusy(_) => {
                response.extensions_mut().insert(BusyDatabase);
            }
            Self::TooManyRequests(wait) => {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, whole_seconds(wait).into());
            }
            Self::TokenNeeded { .. } => {
                let scheme = HeaderValue::from_static("Bearer realm=\"spreadscope\"");
                response
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, scheme);
            }
            _ => {}
        }
        response
    }
}

/// As `Retry-After` has it: not before it is worth it.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1) as u64
}

/// Marks the answer to a request for which no connection to the database came free.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BusyDatabase;

fn plain(status: StatusCode, slug: &str, title: &str) -> Problem {
    Problem {
        kind: format!("urn:spreadscope:problem:{slug}"),
        title: title.to_owned(),
        status: status.as_u16(),
        detail: String::new(),
        errors: Vec::new(),
        total_errors: None,
        request_id: None,
    }
}

/// A response whose body [`describe`] writes.
fn respond(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = status.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, PROBLEM_JSON);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response.extensions_mut().insert(problem);
    response
}

/// The error of a layer rather than of a handler.
pub(crate) fn of_status(status: StatusCode, detail: impl Into<String>) -> Response {
    let reason = status.canonical_reason().unwrap_or("Error");
    let mut problem = plain(status, &reason.to_lowercase().replace(' ', "-"), reason);
    problem.detail = detail.into();
    respond(problem)
}

/// Fallback of the routes below `/api`.
pub(crate) async fn unknown_route(request: Request) -> Response {
    let path = request.uri().path();
    of_status(
        StatusCode::NOT_FOUND,
        format!("There is no `{path}`; /openapi.json lists the calls there are."),
    )
}

/// Layer: gives every error below `/api` its body, with the id of the request.
pub(crate) async fn describe(request: Request, next: Next) -> Response {
    let below_api = request.uri().path().starts_with("/api");
    let method = request.method().clone();
    let id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    let status = response.status();
    let mut problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if below_api && (status.is_client_error() || status.is_server_error()) => {
            let mut response = of_status(status, default_detail(status, &method));
            response
                .extensions_mut()
                .remove::<Problem>()
                .expect("of_status attaches a problem")
        }
        None => return response,
    };
    problem.request_id = id.map(|id| id.as_str().to_owned());
    let body = serde_json::to_vec(&problem).expect("a problem is text and numbers");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, PROBLEM_JSON);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
    response
}

fn default_detail(status: StatusCode, method: &axum::http::Method) -> String {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            format!("{method} is not allowed here; the header `allow` lists what is.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => "The body is larger than is allowed here.".to_owned(),
        _ => status.canonical_reason().unwrap_or("Error").to_owned(),
    }
}
