//! `GET /api/v1/alerts/events`

use api_types::{AlertEvent, AlertEventKind, AlertEventsParams, AlertEventsResponse, Problem};
use axum::{
    Json,
    extract::State,
    http::Uri,
    response::{IntoResponse, Response},
};
use futures::{Stream, stream};
use store::{
    Store,
    alerts::{EventFilter, events},
};

use crate::{
    alerts::tell,
    app::Shared,
    convert,
    csv::{self, Format, Piece, Row},
    params::{Params, Time},
    problem::ApiError,
};

const DEFAULT_LIMIT: i64 = 100;
const MAX_LIMIT: u32 = 10_000;
/// Of a download, which is read and sent page by page.
const MAX_CSV_LIMIT: u32 = 1_000_000;
/// Rows that are read at once for a download.
const PAGE_ROWS: u32 = 2_000;

/// What alert rules told
///
/// Newest first; `beforeId` with the `nextBeforeId` of a page reads on. Events outlive their rule. With `format=csv` one row
/// an event, and up to 1,000,000.
#[utoipa::path(
    get,
    path = "/alerts/events",
    operation_id = "listAlertEvents",
    tag = "Alerts",
    params(
        ("ruleId" = Option<i64>, Query, minimum = 1, description = "Events of this rule alone"),
        ("kind" = Option<AlertEventKind>, Query, description = "Events of this kind alone"),
        ("startTime" = Option<String>, Query, description = "Events that happened at or after this time: ms since the epoch or RFC 3339"),
        ("endTime" = Option<String>, Query, description = "Events that happened at or before this time"),
        ("beforeId" = Option<i64>, Query, minimum = 1, description = "Events with a smaller id"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1_000_000, description = "At most so many events; default 100, and 10,000 is the most but for `format=csv`"),
        ("format" = Option<String>, Query, pattern = "^(json|csv)$", description = "`json` (default) or `csv`"),
    ),
    responses(
        (status = 200, description = "The events", content(
            (AlertEventsResponse = "application/json"),
            (String = "text/csv"),
        )),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let (params, format) = parse(&uri)?;
    let filter = EventFilter {
        rule_id: params.rule_id,
        kind: params.kind.map(|kind| kind.to_string()),
        from_ms: params.start_time,
        to_ms: params.end_time,
        before_id: params.before_id,
    };
    if format == Format::Csv {
        let pages = pages(shared.store, filter, params.limit);
        return csv::download("alert-events.csv", &HEADER, pages).await;
    }
    let events = read(&shared.store, &filter, params.limit).await?;
    let full = events.len() == params.limit as usize;
    let answer = AlertEventsResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        next_before_id: events.last().filter(|_| full).map(|event| event.id),
        params,
        events,
    };
    Ok(Json(answer).into_response())
}

async fn read(
    store: &Store,
    filter: &EventFilter,
    limit: u32,
) -> Result<Vec<AlertEvent>, ApiError> {
    let stored = events::newest(store, filter, limit).await?;
    let told: store::Result<_> = stored.into_iter().map(tell::event).collect();
    Ok(told?)
}

fn pages(
    store: Store,
    filter: EventFilter,
    limit: u32,
) -> impl Stream<Item = Result<Piece, ApiError>> + Send + 'static {
    let state = (store, filter, limit);
    stream::try_unfold(state, |(store, mut filter, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let page = left.min(PAGE_ROWS);
        let events = read(&store, &filter, page).await?;
        let mut piece = Piece::default();
        for event in &events {
            piece.row(|row| write(event, row));
        }
        let ended = events.len() < page as usize;
        let left = if ended { 0 } else { left - page };
        filter.before_id = events.last().map(|event| event.id);
        Ok(Some((piece, (store, filter, left))))
    })
}

fn parse(uri: &Uri) -> Result<(AlertEventsParams, Format), ApiError> {
    let known = [
        "ruleId",
        "kind",
        "startTime",
        "endTime",
        "beforeId",
        "limit",
        "format",
    ];
    let mut params = Params::of(uri, &known);
    let time = |params: &mut Params, name| params.optional::<Time>(name).map(|time| time.0);
    let format: Format = params.optional("format").unwrap_or_default();
    let most = match format {
        Format::Json => MAX_LIMIT,
        Format::Csv => MAX_CSV_LIMIT,
    };
    let limit = params
        .number("limit", 1..=i64::from(most))
        .unwrap_or(DEFAULT_LIMIT);
    let read = AlertEventsParams {
        rule_id: params.number("ruleId", 1..=i64::MAX),
        kind: params.optional("kind"),
        start_time: time(&mut params, "startTime"),
        end_time: time(&mut params, "endTime"),
        before_id: params.number("beforeId", 1..=i64::MAX),
        limit: u32::try_from(limit).expect("the limit is within its range"),
    };
    if let (Some(start), Some(end)) = (read.start_time, read.end_time)
        && start > end
    {
        let detail = "is after endTime; it must be at or before it".to_owned();
        params.error("startTime", detail);
    }
    params.finish()?;
    Ok((read, format))
}

const HEADER: [&str; 16] = [
    "id",
    "ruleId",
    "ruleName",
    "ruleKind",
    "episode",
    "kind",
    "reason",
    "time",
    "bar",
    "provisional",
    "value",
    "level",
    "y",
    "x",
    "storedAt",
    "delivery",
];

fn write(event: &AlertEvent, row: &mut Row<'_>) {
    row.integer(event.id);
    row.integer(event.rule_id);
    row.text(&event.rule_name);
    row.text(event.rule_kind.as_str());
    row.integer(event.episode);
    row.text(event.kind.as_str());
    row.text(event.reason.as_str());
    row.time(event.time);
    match event.bar {
        Some(bar) => row.time(bar),
        None => row.empty(),
    }
    row.flag(event.provisional);
    row.optional(event.value);
    row.number(event.level);
    for leg in ["y", "x"] {
        match event.pair.get(leg) {
            Some(name) => row.text(&name.to_string()),
            None => row.empty(),
        }
    }
    row.time(event.stored_at);
    match &event.delivery {
        Some(delivery) => row.text(delivery.state.as_str()),
        None => row.empty(),
    }
}
