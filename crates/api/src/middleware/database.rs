//! Layer: calls that need the database are answered within the time that it may take to answer itself.
//!
//! A connection that was cut off silently answers a query never; whoever waits for one is told as soon as it is
//! known that the database is away, and calls that come meanwhile at once.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    availability::{Availability, Verdict},
    problem::{ApiError, BusyDatabase},
};

/// A stream is opened all the same while the database is away: a browser does not try again after a 503.
const STREAM: &str = "/stream";

pub(crate) async fn guard(
    State(database): State<Availability>,
    request: Request,
    next: Next,
) -> Response {
    let verdict = database.verdict();
    let waits = request.uri().path().ends_with(STREAM);
    if let Some(refusal) = verdict.refusal()
        && !(waits && verdict == Verdict::Away)
    {
        return refusal.into_response();
    }
    if waits {
        return next.run(request).await;
    }
    let response = tokio::select! {
        response = next.run(request) => response,
        () = database.away() => {
            return ApiError::DatabaseAway("it stopped to answer".to_owned()).into_response();
        }
    };
    // No connection came free: because all are in use, or because none of them is answered any more?
    if response.extensions().get::<BusyDatabase>().is_some() && !database.answered_lately() {
        return ApiError::DatabaseAway("no connection is answered".to_owned()).into_response();
    }
    response
}
