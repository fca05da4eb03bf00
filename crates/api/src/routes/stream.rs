//! `GET /api/v1/stream`

use api_types::{Problem, StreamEvent};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};

use crate::{
    app::Shared,
    hub::{
        client::Client,
        outbox,
        position::{Position, fingerprint},
        topic::{Topic, Topics},
    },
    params::Params,
    problem::ApiError,
};

const LAST_EVENT_ID: &str = "last-event-id";

/// The event stream
///
/// One stream carries all topics of a page as server-sent events: `ticks:BTCUSDT` (last price and 24 h
/// volume), `bars:BTCUSDT:1m` (the last 500 bars, then those that change), `pair:y=ETHUSDT&x=BTCUSDT` (the
/// analysis of `/pairs/analytics`, then what is new in it), `watchlist` (all rows, then those that change,
/// about once a second), `scan:7` and `sweep:7` (how far a scan or a sweep is), `radar` (the cointegrated pairs that
/// are furthest from their mean, about once a second), `alerts` (where alert rules stand and what they told, each event once) and `status`.
/// Each event's data is one JSON object with `type`, `topic` and `kind`: first a `snapshot`, then `update`s; a
/// `reset` is a new snapshot that voids older bars too. The id of an event is a position that any server of the
/// same database understands: a client that comes back with it is sent what it missed, or a `reset` where what
/// it has is no longer true. An event of type `end` says why the server closes the stream.
///
/// A pair takes the parameters of `/pairs/analytics` that say what is computed, `open=true` among them, but for
/// those that fix a range, thin it out or add parts (`startTime`, `endTime`, `points`, `include`), and at most
/// 10,000 bars of live markets; `fit=in_sample` needs `fitTime`, as its line stays the same until you fit again.
/// The parameters are a query string within a list: what separates topics (`,`) and parameters (`&`, `=`) is
/// percent-encoded once more where it stands in a value. The range begins anew from time to time (at the latest
/// after twice its bars), which is a `reset`.
#[utoipa::path(
    get,
    path = "/stream",
    operation_id = "openStream",
    tag = "Market data",
    params(
        ("topics" = String, Query, description = "Topics, separated by commas, at most 100", example = "ticks:BTCUSDT,bars:BTCUSDT:1m,pair:y=ETHUSDT&x=BTCUSDT,status"),
        ("lastEventId" = Option<String>, Query, description = "Id of the last event that was received on these topics; the header `Last-Event-ID` takes precedence"),
        ("Last-Event-ID" = Option<String>, Header, description = "As `lastEventId`; browsers send it when they reconnect"),
    ),
    responses(
        (status = 200, description = "The stream; the schema is that of one event's data", body = StreamEvent, content_type = "text/event-stream"),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away or too many streams are open; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, ApiError> {
    let (topics, position) = parse(&uri, &headers)?;
    let permit = shared
        .streams
        .clone()
        .try_acquire_owned()
        .map_err(|_| ApiError::TooManyStreams(shared.max_streams))?;
    let mut resolved = Vec::with_capacity(topics.len());
    for topic in &topics {
        resolved.push(shared.hub.resolve(topic).await?);
    }
    // A position that was reached on other topics says nothing about these.
    let topics_hash = fingerprint(resolved.iter().map(|topic| &*topic.name));
    let position = position.filter(|position| position.topics == topics_hash);

    let (outbox, inbox) = outbox::queue();
    let client = Client::new(
        inbox,
        &resolved,
        position.as_ref(),
        shared.hub.ending().clone(),
        permit,
    );
    shared.hub.follow(&resolved, &outbox, position).await;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // nginx would collect events until its buffer is full.
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    Ok((headers, Body::from_stream(client.into_stream())).into_response())
}

fn parse(uri: &Uri, headers: &HeaderMap) -> Result<(Vec<Topic>, Option<Position>), ApiError> {
    let mut params = Params::of(uri, &["topics", "lastEventId"]);
    let topics: Option<Topics> = params.required("topics", "ticks:BTCUSDT,bars:BTCUSDT:1m,status");
    // A page gives the id that it starts from; a browser that reconnects sends the one it got to.
    let header = headers
        .get(LAST_EVENT_ID)
        .map(|value| value.to_str().unwrap_or_default());
    let given: Option<Position> = match params.optional::<String>("lastEventId") {
        Some(text) if text.is_empty() => None,
        _ => params.optional("lastEventId"),
    };
    let position = match header {
        None | Some("") => given,
        Some(text) => match text.parse() {
            Ok(position) => Some(position),
            Err(error) => {
                params.error("Last-Event-ID", format!("{error}"));
                None
            }
        },
    };
    params.finish()?;
    Ok((
        topics
            .expect("required parameters are there, or finish has failed")
            .0,
        position,
    ))
}
