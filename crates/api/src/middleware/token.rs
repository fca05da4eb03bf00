//! Layer: what needs the token is done for those alone who have it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    access::{Access, Demand, Standing},
    convert,
    problem::ApiError,
};

/// Where the token is exchanged for a session; the handler looks at it itself.
const SESSION: &str = "/api/v1/session";
const METRICS: &str = "/metrics";

pub(crate) async fn check(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response {
    if !is_needed(access.demand(), request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    match access.standing(request.headers(), convert::now_ms()) {
        Standing::Token | Standing::Session(_) => next.run(request).await,
        Standing::Stranger => ApiError::TokenNeeded { given: false }.into_response(),
        Standing::Refused => ApiError::TokenNeeded { given: true }.into_response(),
    }
}

/// Health says nothing of what is stored, and the page, the document and its rendering are the same for
/// everybody: those are open. Figures tell what is followed and how much of it: those are reads.
fn is_needed(demand: Demand, method: &Method, path: &str) -> bool {
    let is_data = path.starts_with("/api") || path == METRICS;
    match demand {
        _ if path == SESSION => false,
        Demand::Nothing => false,
        Demand::Writes => !method.is_safe(),
        Demand::Everything => is_data || !method.is_safe(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_need_the_token_and_reads_do_if_it_is_set_so() {
        let needed = |demand, method: Method, path| is_needed(demand, &method, path);
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            for path in ["/api/v1/watchlist", "/anything"] {
                assert!(needed(Demand::Writes, method.clone(), path));
                assert!(needed(Demand::Everything, method.clone(), path));
                assert!(!needed(Demand::Nothing, method.clone(), path));
            }
            assert!(!needed(Demand::Everything, method, "/api/v1/session"));
        }
        for path in ["/api/v1/symbols", "/api/v1/stream", "/api", "/metrics"] {
            assert!(!needed(Demand::Writes, Method::GET, path));
            assert!(needed(Demand::Everything, Method::GET, path));
            assert!(needed(Demand::Everything, Method::HEAD, path));
        }
        for path in [
            "/",
            "/health/live",
            "/health/ready",
            "/docs/",
            "/openapi.json",
        ] {
            assert!(!needed(Demand::Everything, Method::GET, path), "{path}");
        }
    }
}
