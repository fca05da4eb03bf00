//! What all REST calls have in common: parameters, weight, and the faults of the REST side.

use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::{ConnectInfo, FromRequestParts, Query},
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::StreamExt;

use super::{error::ApiError, limits::Verdict};
use crate::{
    app::App,
    faults::{FaultKind, FaultSpec},
};

const USED_WEIGHT: &str = "x-mbx-used-weight-1m";

/// The parameters of a call.
#[derive(Debug)]
pub(crate) struct Params(HashMap<String, String>);

impl Params {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A whole number of 0 or more.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        if text.is_empty() || text.len() > 20 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ApiError::not_a_number(name));
        }
        Ok(Some(text.parse().unwrap_or(i64::MAX)))
    }

    /// `limit`, with what it is without one.
    pub(super) fn limit(&self, default: i64, most: i64) -> Result<usize, ApiError> {
        let limit = self.number("limit")?.unwrap_or(default);
        if !(1..=most).contains(&limit) {
            return Err(ApiError::out_of_range("limit"));
        }
        Ok(limit as usize)
    }

    /// `symbol`, as its position in the series.
    pub(super) fn symbol(&self, app: &App) -> Result<usize, ApiError> {
        let name = self
            .text("symbol")
            .ok_or_else(|| ApiError::missing("symbol"))?;
        app.symbols
            .get(name)
            .copied()
            .ok_or_else(ApiError::invalid_symbol)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let query = Query::from_request_parts(parts, state).await;
        query
            .map(|Query(params)| Self(params))
            .map_err(|_| ApiError::out_of_range("query").into_response())
    }
}

/// A REST call on its way.
#[derive(Debug)]
pub(super) struct Call {
    peer: SocketAddr,
    path: String,
    pub(super) params: Params,
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        let params = Params::from_request_parts(parts, state).await?;
        Ok(Self {
            peer,
            path: parts.uri.path().to_owned(),
            params,
        })
    }
}

impl Call {
    /// Charges `weight`, lets the faults strike, and answers with the JSON that `work` makes. The
    /// work runs where it holds nobody up: a long kline range costs a good part of a second.
    pub(super) async fn answer<W>(self, app: App, weight: u32, work: W) -> Response
    where
        W: FnOnce(&App, &Params) -> Result<Vec<u8>, ApiError> + Send + 'static,
    {
        let peer = self.peer.ip();
        if let Some(slow) = self.strike(&app, FaultKind::RestSlow) {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(slow.delay_ms.unwrap_or(5_000))) => {}
                () = app.stopping.cancelled() => {}
            }
        }
        let (used, refusal) = match app.limits.charge(peer, weight, Instant::now()) {
            Verdict::Served(used) => (used, None),
            Verdict::Refused(used, wait) => {
                let limit = app.limits.weight_per_minute();
                (used, Some(ApiError::too_many(limit, peer, seconds(wait))))
            }
            Verdict::Banned(used, wait) => {
                let until_ms = crate::clock::host_ms() + wait.as_millis() as i64;
                (used, Some(ApiError::banned(peer, until_ms, seconds(wait))))
            }
        };
        let forced = self.strike(&app, FaultKind::RestStatus).map(|fault| {
            let limit = app.limits.weight_per_minute();
            ApiError::forced(
                fault.status.unwrap_or(503),
                fault.retry_after_s,
                peer,
                limit,
            )
        });
        let truncated = self.strike(&app, FaultKind::RestTruncated).is_some();
        let mut response = match refusal.or(forced) {
            Some(error) => error.into_response(),
            None => {
                let params = self.params;
                let worker = app.clone();
                let worked = tokio::task::spawn_blocking(move || work(&worker, &params)).await;
                match worked.expect("the work of a call does not panic") {
                    Ok(body) => json_response(body, truncated),
                    Err(error) => error.into_response(),
                }
            }
        };
        response
            .headers_mut()
            .insert(USED_WEIGHT, HeaderValue::from(used));
        response
    }

    fn strike(&self, app: &App, kind: FaultKind) -> Option<FaultSpec> {
        app.book.strike(|spec| {
            spec.kind == kind
                && spec
                    .path
                    .as_deref()
                    .is_none_or(|part| self.path.contains(part))
                && spec
                    .symbol
                    .as_deref()
                    .is_none_or(|symbol| self.params.text("symbol") == Some(symbol))
        })
    }
}

fn json_response(body: Vec<u8>, truncated: bool) -> Response {
    let length = body.len();
    let body = Bytes::from(body);
    let mut response = if truncated {
        // The announced length is that of the whole: the client sees the connection break off.
        let half = body.slice(..length / 2);
        let broken = std::io::Error::other("cut off by a fault");
        let rest = futures::stream::once(async {
            // Time for the first half to leave, or the client would see no answer at all.
            tokio::time::sleep(Duration::from_millis(100)).await;
            Err(broken)
        });
        Response::new(Body::from_stream(
            futures::stream::iter([Ok(half)]).chain(rest),
        ))
    } else {
        Response::new(Body::from(body))
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if truncated {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000) as u64
}
