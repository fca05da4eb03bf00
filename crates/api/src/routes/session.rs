//! `/api/v1/session`: the token, exchanged for a cookie that a browser keeps where no script can read it.

use std::sync::Arc;

use api_types::{Problem, SessionRequest, SessionResponse, TokenFor};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};

use crate::{
    access::{self, Access, Demand, Standing},
    body::JsonBody,
    convert,
    network::Client,
    params::Params,
    problem::ApiError,
};

/// Whether a token is needed, and there is a session
///
/// Open to everybody, so that a page knows whether to ask for the token.
#[utoipa::path(
    get,
    path = "/session",
    operation_id = "getSession",
    tag = "Access",
    responses(
        (status = 200, description = "What the token is needed for, and whether this client has shown it", body = SessionResponse),
        (status = 400, description = "A parameter was given", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(access): State<Arc<Access>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Params::of(&uri, &[]).finish()?;
    Ok(answer(
        &access,
        access.standing(&headers, convert::now_ms()),
        None,
    ))
}

/// Exchange the token for a session
///
/// The answer sets a cookie (HttpOnly, SameSite=Strict) that does what the token does, for thirty days or until the
/// token is changed. It is good on every server with the same token.
#[utoipa::path(
    post,
    path = "/session",
    operation_id = "openSession",
    tag = "Access",
    request_body = SessionRequest,
    responses(
        (status = 200, description = "The session is open; `Set-Cookie` carries it", body = SessionResponse),
        (status = 400, description = "The body is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "That is not the token", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "This server has no token: nothing needs a session", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn open(
    State(access): State<Arc<Access>>,
    client: Option<Extension<Client>>,
    uri: Uri,
    JsonBody(body): JsonBody<SessionRequest>,
) -> Result<Response, ApiError> {
    Params::of(&uri, &[]).finish()?;
    if access.demand() == Demand::Nothing {
        return Err(ApiError::NoToken);
    }
    if !access.is_token(&body.token) {
        return Err(ApiError::TokenNeeded { given: true });
    }
    let https = client.is_some_and(|Extension(client)| client.https);
    let (end_ms, cookie) = access
        .open_session(convert::now_ms(), https)
        .ok_or(ApiError::NoToken)?;
    Ok(answer(&access, Standing::Session(end_ms), Some(cookie)))
}

/// End the session
///
/// Makes the browser forget its cookie. Needs no token, and succeeds without a session too.
#[utoipa::path(
    delete,
    path = "/session",
    operation_id = "endSession",
    tag = "Access",
    responses(
        (status = 200, description = "There is no session any more", body = SessionResponse),
        (status = 400, description = "A parameter was given", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn end(
    State(access): State<Arc<Access>>,
    client: Option<Extension<Client>>,
    uri: Uri,
) -> Result<Response, ApiError> {
    Params::of(&uri, &[]).finish()?;
    let https = client.is_some_and(|Extension(client)| client.https);
    let cookie = access::end_session(https);
    Ok(answer(&access, Standing::Stranger, Some(cookie)))
}

fn answer(access: &Access, standing: Standing, cookie: Option<HeaderValue>) -> Response {
    let demand = access.demand();
    let shown = matches!(standing, Standing::Token | Standing::Session(_));
    let body = SessionResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        token_for: match demand {
            Demand::Nothing => TokenFor::Nothing,
            Demand::Writes => TokenFor::Writes,
            Demand::Everything => TokenFor::Everything,
        },
        authenticated: demand == Demand::Nothing || shown,
        expires: match standing {
            Standing::Session(end_ms) => Some(end_ms),
            _ => None,
        },
    };
    let mut response = Json(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(cookie) = cookie {
        headers.insert(header::SET_COOKIE, cookie);
    }
    response
}
