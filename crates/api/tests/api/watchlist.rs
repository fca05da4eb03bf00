//! `GET` and `PUT /api/v1/watchlist`, and the topic `watchlist`.

use api_types::{
    EventKind, PairParams, PairResponse, Problem, StreamEvent, TooFewBars, WatchlistData,
    WatchlistPair, WatchlistPut, WatchlistResponse, WatchlistRow, WatchlistState,
};
use market::FeedMode;
use serde_json::{Value, json};
use store::{FeedState, FeedStatus, feed_status};

use crate::support::{
    self, Api,
    events::Events,
    market::START_MS,
    pair::{Pair, minute, trade_id},
};

const PATH: &str = "/api/v1/watchlist";

/// A pair with windows that few bars fill.
fn small() -> WatchlistPair {
    WatchlistPair {
        limit: Some(200),
        lookback: Some(60),
        window: Some(20),
        ..WatchlistPair::new("YUSDT", "XUSDT")
    }
}

fn turned() -> WatchlistPair {
    WatchlistPair {
        y: "XUSDT".to_owned(),
        x: "YUSDT".to_owned(),
        ..small()
    }
}

/// Trades of both legs arrive.
async fn both_report(pair: &Pair, state: FeedState, watermark_seconds: f64) {
    let watermark_ms = START_MS + (watermark_seconds * 1e3) as i64;
    let status = FeedStatus {
        venue: pair.y.venue,
        mode: FeedMode::Simulated,
        state,
        message: String::new(),
        watermark_ms: Some(watermark_ms),
        lag_ms: Some(12),
        last_message_ms: vec![(pair.y.id, watermark_ms), (pair.x.id, watermark_ms)],
        backfill: None,
    };
    feed_status::write(&pair.y.store, &status).await.unwrap();
}

async fn pair_of(bars: usize) -> Pair {
    let pair = Pair::new(bars).await;
    both_report(&pair, FeedState::Connected, bars as f64 * 60.0 + 1.0).await;
    pair
}

async fn put_body(api: &Api, body: &Value) -> reqwest::Response {
    let request = api.client.put(api.url(PATH)).json(body);
    request.send().await.unwrap()
}

async fn put(api: &Api, revision: i64, pairs: &[WatchlistPair]) -> WatchlistData {
    let body = WatchlistPut {
        revision,
        pairs: pairs.to_vec(),
    };
    let response = put_body(api, &serde_json::to_value(body).unwrap()).await;
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    serde_json::from_str::<WatchlistResponse>(&text)
        .unwrap()
        .watchlist
}

/// Puts a list and waits until the figures of all of it are there, however busy the machine is.
async fn put_and_settle(api: &Api, revision: i64, pairs: &[WatchlistPair]) -> WatchlistData {
    put(api, revision, pairs).await;
    let settled = |data: &WatchlistData| {
        let mut rows = data.rows.iter();
        rows.all(|row| row.state != WatchlistState::Waiting)
    };
    support::until("figures of every pair", async || settled(&list(api).await)).await;
    list(api).await
}

async fn refused(api: &Api, body: &Value) -> Problem {
    support::problem(put_body(api, body).await).await
}

async fn list(api: &Api) -> WatchlistData {
    api.json::<WatchlistResponse>(PATH).await.watchlist
}

/// What `/pairs/analytics` says of the same pair.
async fn analysed(api: &Api, params: &PairParams) -> PairResponse {
    let Value::Object(given) = serde_json::to_value(params).unwrap() else {
        panic!("parameters are an object")
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let query: Vec<(String, String)> = given
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    let request = api.client.get(api.url("/api/v1/pairs/analytics"));
    let response = request.query(&query).send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn close(what: &str, ours: Option<f64>, theirs: Option<f64>) {
    let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
    let allowed = 1e-9 * theirs.abs().max(1.0);
    assert!((ours - theirs).abs() <= allowed, "{what}: {ours} {theirs}");
}

/// The figures of a row are those of `/pairs/analytics` with the row's parameters: tests and closes to the
/// bit, moving figures as near as sums allow that began with another bar.
async fn assert_as_analysed(api: &Api, row: &WatchlistRow) {
    let answer = analysed(api, row.params.as_ref().unwrap()).await;
    let (summary, figures) = (answer.analysis.summary, row.figures.unwrap());
    assert_eq!(
        (figures.time, figures.closed, figures.y, figures.x),
        (summary.time, summary.closed, summary.y, summary.x)
    );
    close("z", figures.z, summary.z);
    close("spread", figures.spread, summary.spread);
    close("beta", figures.beta, summary.beta);
    close("correlation", figures.correlation, summary.correlation);
    assert!(figures.p_value.is_some() && figures.half_life_bars.is_some());
    assert_eq!(figures.p_value, summary.p_value);
    assert_eq!(figures.cointegrated, summary.cointegrated);
    assert_eq!(figures.half_life_bars, summary.half_life_bars);
    let half_life = answer.analysis.tests.half_life.unwrap();
    assert_eq!(figures.half_life_ms, half_life.ms);
}

#[tokio::test]
async fn the_list_is_empty_until_it_is_put_and_shows_what_analytics_says_of_each_pair() {
    let pair = pair_of(400).await;
    let api = &pair.api;
    let empty = list(api).await;
    assert_eq!((empty.revision, empty.rows.len()), (0, 0));
    let huber = WatchlistPair {
        model: Some(api_types::Model::Huber),
        ..small()
    };
    let data = put_and_settle(api, 0, &[small(), turned(), huber]).await;
    assert_eq!(data.revision, 1);
    assert_eq!(data.rows.len(), 3);
    for (place, row) in (0..).zip(&data.rows) {
        assert_eq!(
            (row.place, row.state),
            (place, WatchlistState::Ok),
            "{row:?}"
        );
        let params = row.params.as_ref().unwrap();
        assert_eq!(params.transform, api_types::Transform::Log);
        assert_as_analysed(api, row).await;
    }
    // A minute that is open makes the figures provisional.
    pair.y.trade(&[(trade_id(400), 24_005.0, 891.5)]).await;
    pair.x.trade(&[(trade_id(400), 24_005.0, 502.25)]).await;
    support::until("the open bar is shown", async || {
        let rows = list(api).await.rows;
        rows.iter().all(|row| {
            row.figures
                .is_some_and(|figures| !figures.closed && figures.x + figures.y == 1393.75)
        })
    })
    .await;
    for row in &list(api).await.rows {
        assert_as_analysed(api, row).await;
        assert_eq!(row.figures.unwrap().tested_time, Some(minute(399)));
    }
}

#[tokio::test]
async fn the_list_can_be_downloaded_with_every_figure() {
    let pair = pair_of(400).await;
    let rows = put_and_settle(
        &pair.api,
        0,
        &[small(), WatchlistPair::new("XUSDT", "YUSDT")],
    )
    .await;
    let response = pair.api.get(&format!("{PATH}?format=csv")).await;
    let name = response.headers()["content-disposition"].to_str().unwrap();
    assert!(name.contains("watchlist.csv"), "{name}");
    let text = response.text().await.unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines.iter().all(|line| line.len() == lines[0].len()),
        "{text}"
    );
    let cell = |row: usize, column: &str| {
        let place = lines[0].iter().position(|name| *name == column).unwrap();
        lines[row][place]
    };
    let figures = rows.rows[0].figures.unwrap();
    for (column, figure) in [
        ("z", figures.z),
        ("pValue", figures.p_value),
        ("beta", figures.beta),
    ] {
        // Reading JSON may be off by the last bit.
        close(column, cell(1, column).parse().ok(), figure);
    }
    assert_eq!(cell(1, "time"), "2024-08-08T06:39:00Z");
    assert_eq!((cell(2, "state"), cell(2, "z")), ("tooFewBars", ""));
}

#[tokio::test]
async fn a_list_that_somebody_else_replaced_meanwhile_is_not_replaced() {
    let pair = pair_of(100).await;
    put(&pair.api, 0, &[small()]).await;
    let body = json!({"revision": 0, "pairs": []});
    let problem = refused(&pair.api, &body).await;
    assert_eq!(problem.status, 409);
    assert_eq!(problem.kind, "urn:spreadscope:problem:watchlist-replaced");
    assert!(problem.detail.contains("revision 1, not 0"), "{problem}");
    assert_eq!(list(&pair.api).await.rows.len(), 1);
    assert_eq!(put(&pair.api, 1, &[]).await.revision, 2);
}

#[tokio::test]
async fn everything_wrong_with_the_pairs_is_told_with_its_place() {
    let pair = pair_of(1).await;
    let body = json!({"revision": 0, "pairs": [
        {"y": "YUSDT", "x": "XUSDT"},
        {"y": "YUSDT", "x": "YUSDT"},
        {"y": "YUSDT", "x": "XUSDT", "window": 2, "limit": 20_000},
        {"y": "simulated:YUSDT", "x": "XUSDT", "window": 60},
    ]});
    let problem = refused(&pair.api, &body).await;
    assert_eq!(problem.status, 400);
    let fields: Vec<&str> = problem.errors.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["pairs[1].x", "pairs[2].window", "pairs[3]"]);
    assert!(problem.errors[2].detail.contains("pairs[0]"), "{problem}");
    for (pairs, status) in [
        (json!([{"y": "YUSDT", "x": "NOUSDT"}]), 404),
        (json!([{"y": "YUSDT", "x": "XUSDT", "limit": 20_000}]), 400),
        (
            json!([{"y": "YUSDT", "x": "XUSDT", "transform": "level"}]),
            400,
        ),
        (
            json!([{"y": "YUSDT", "x": "XUSDT", "fit": "in_sample"}]),
            400,
        ),
        (json!(vec![json!({"y": "YUSDT", "x": "XUSDT"}); 101]), 400),
    ] {
        let body = json!({"revision": 0, "pairs": pairs});
        assert_eq!(refused(&pair.api, &body).await.status, status, "{body}");
    }
    assert_eq!(list(&pair.api).await.revision, 0);
}

async fn next(events: &mut Events) -> (EventKind, WatchlistData) {
    let pick = |event| match event {
        StreamEvent::Watchlist { kind, data, .. } => Some((kind, *data)),
        _ => None,
    };
    events.find(pick).await
}

/// Updates until a row passes.
async fn until_row(
    events: &mut Events,
    passes: impl Fn(&WatchlistRow) -> bool,
) -> (EventKind, WatchlistData) {
    loop {
        let (kind, data) = next(events).await;
        if data.rows.iter().any(&passes) {
            return (kind, data);
        }
    }
}

#[tokio::test]
async fn the_stream_sends_the_list_then_the_rows_that_change_then_another_list() {
    let pair = pair_of(400).await;
    let quiet = WatchlistPair {
        open: Some(false),
        ..turned()
    };
    let first = put_and_settle(&pair.api, 0, &[small(), quiet]).await;
    let mut events = Events::open(&pair.api, "watchlist").await;
    let (kind, data) = next(&mut events).await;
    assert_eq!((kind, data.revision), (EventKind::Snapshot, 1));
    assert_eq!(data.rows.len(), 2);
    assert_eq!(data.rows[0].params, first.rows[0].params);

    pair.y.trade(&[(trade_id(400), 24_005.0, 891.5)]).await;
    pair.x.trade(&[(trade_id(400), 24_005.0, 502.25)]).await;
    let open = |row: &WatchlistRow| row.figures.is_some_and(|f| !f.closed && f.y == 891.5);
    let (kind, data) = until_row(&mut events, open).await;
    assert_eq!((kind, data.revision), (EventKind::Update, 1));
    assert!(
        data.rows
            .iter()
            .all(|row| row.place == 0 && row.params.is_none())
    );

    // Another process replaces the list.
    let mut config = support::config(pair.url());
    config.api_coalesce_ms = 20;
    let other = Api::with(config).await;
    other.until_ready().await;
    let replaced = put(&other, 1, &[turned()]).await;
    let (kind, data) = loop {
        let (kind, data) = next(&mut events).await;
        if data.revision == 2 {
            break (kind, data);
        }
    };
    assert_eq!(kind, EventKind::Reset);
    assert_eq!(data.rows.len(), 1);
    assert_eq!(data.rows[0].params, replaced.rows[0].params);
    other.stop().await;
}

#[tokio::test]
async fn a_row_says_what_it_lacks_and_when_it_is_stale() {
    let pair = pair_of(70).await;
    let data = put_and_settle(&pair.api, 0, &[small()]).await;
    let row = &data.rows[0];
    assert_eq!(row.state, WatchlistState::TooFewBars);
    let few = TooFewBars {
        got: 70,
        needed: 80,
    };
    assert_eq!((row.too_few, row.figures), (Some(few), None));

    let modest = WatchlistPair {
        lookback: Some(30),
        ..small()
    };
    let data = put_and_settle(&pair.api, 1, &[modest]).await;
    assert_eq!(data.rows[0].state, WatchlistState::Ok, "{data:?}");
    let mut events = Events::open(&pair.api, "watchlist").await;
    next(&mut events).await;
    both_report(&pair, FeedState::Stopped, 70.0 * 60.0 + 1.0).await;
    let stale = |row: &WatchlistRow| row.state == WatchlistState::Stale;
    let (_, data) = until_row(&mut events, stale).await;
    let row = data.rows.iter().find(|row| stale(row)).unwrap();
    assert_eq!(row.figures, list(&pair.api).await.rows[0].figures);
    assert!(row.detail.as_ref().unwrap().contains("YUSDT"), "{row:?}");
    both_report(&pair, FeedState::Connected, 70.0 * 60.0 + 2.0).await;
    until_row(&mut events, |row| row.state == WatchlistState::Ok).await;
}
