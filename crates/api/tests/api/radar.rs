//! The topic `radar`: its figures are those of the watchlist for the same pair.

use api_types::{
    EventKind, RadarData, RadarRow, ScanAsked, ScanResponse, ScanState, StreamEvent,
    WatchlistFigures, WatchlistResponse,
};
use serde_json::json;
use testkit::TestDb;

use crate::support::{
    Api,
    events::Events,
    market::{Market, START_MS},
    pair::{MINUTE_MS, closes, noise},
    until,
};

const BARS: usize = 700;

/// Of the trade of a bar; between two of them there is room for a late one.
const fn id(bar: usize) -> i64 {
    2 * (bar as i64 + 1)
}

/// Three markets with a trade a minute: y follows x, z does not care.
async fn markets(db: &TestDb) -> [Market; 3] {
    let mut draw = noise(11);
    let mut level = 50.0;
    let walk: Vec<f64> = (0..BARS)
        .map(|_| {
            level += draw();
            level
        })
        .collect();
    let both = closes(BARS, 7);
    let markets = [
        Market::new(db, "YUSDT").await,
        Market::new(db, "XUSDT").await,
        Market::new(db, "ZUSDT").await,
    ];
    for (of, market) in markets.iter().enumerate() {
        let price = |bar: usize| [both[bar].0, both[bar].1, walk[bar]][of];
        let trades: Vec<_> = (0..BARS)
            .map(|bar| (id(bar), bar as f64 * 60.0 + 30.0, price(bar)))
            .collect();
        market.trade(&trades).await;
    }
    markets[0].report(BARS as f64 * 60.0 + 1.0).await;
    markets
}

async fn scan(api: &Api) -> ScanResponse {
    let body = json!({"interval": "1m", "limit": 600, "lookback": 100, "window": 20});
    let request = api.client.post(api.url("/api/v1/scans")).json(&body);
    let answer = request.send().await.unwrap();
    let id = answer.json::<ScanAsked>().await.unwrap().scan.id;
    let path = format!("/api/v1/scans/{id}");
    until("the scan is done", async || {
        let found: ScanResponse = api.json(&path).await;
        found.scan.state == ScanState::Done
    })
    .await;
    api.json(&path).await
}

async fn watch(api: &Api, row: &RadarRow) {
    let pair = json!({"y": row.y, "x": row.x, "interval": "1m", "lookback": 100, "window": 20});
    let body = json!({"revision": 0, "pairs": [pair]});
    let request = api.client.put(api.url("/api/v1/watchlist")).json(&body);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

async fn watched(api: &Api) -> Option<WatchlistFigures> {
    let list: WatchlistResponse = api.json("/api/v1/watchlist").await;
    list.watchlist.rows[0].figures
}

/// The radar as it is told next.
async fn radar(events: &mut Events, passes: impl Fn(&RadarData) -> bool) -> RadarData {
    events
        .find(|event| match event {
            StreamEvent::Radar { data, .. } => passes(&data).then_some(*data),
            other => panic!("{other:?}"),
        })
        .await
}

fn assert_same(row: &RadarRow, of: &WatchlistFigures) {
    assert_eq!((row.time, row.closed), (of.time, of.closed));
    let figures = [
        (Some(row.z), of.z),
        (row.spread, of.spread),
        (row.beta, of.beta),
        (row.correlation, of.correlation),
    ];
    for (ours, theirs) in figures {
        let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
        assert!(
            (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
            "{row:?} {of:?}"
        );
    }
}

#[tokio::test]
async fn figures_are_those_of_the_watchlist_for_closed_bars_and_for_the_open_one() {
    let db = TestDb::create().await.unwrap();
    let [y, x, z] = markets(&db).await;
    let api = Api::start(&db).await;
    let found = scan(&api).await;
    let best = &found.pairs[0];
    assert!(best.q <= 0.05, "{best:?}");

    let mut events = Events::open(&api, "radar").await;
    let first = events.next().await.unwrap();
    let StreamEvent::Radar { kind, .. } = first else {
        panic!("{first:?}")
    };
    assert_eq!(kind, EventKind::Snapshot);
    let told = radar(&mut events, |data| !data.rows.is_empty()).await;
    assert_eq!((told.symbols, told.pairs, told.known), (3, 3, 3));
    let basis = told.scan.unwrap();
    assert_eq!(
        (basis.id, basis.lookback, basis.window),
        (found.scan.id, 100, 20)
    );
    assert_eq!(
        u64::from(told.cointegrated),
        found.scan.summary.unwrap().discoveries
    );
    let row = &told.rows[0];
    assert_eq!((&row.y, &row.x, row.q), (&best.y, &best.x, best.q));
    assert_eq!(row.time, START_MS + (BARS as i64 - 1) * MINUTE_MS);
    // The scan ended with the same bar.
    assert!((row.z - best.z.unwrap()).abs() < 1e-9);
    watch(&api, row).await;
    until("the watchlist has figures", async || {
        watched(&api).await.is_some()
    })
    .await;
    assert_same(row, &watched(&api).await.unwrap());

    // The open bar: of y alone at first, then of both.
    let at = BARS as f64 * 60.0;
    y.trade(&[(id(BARS), at + 2.0, 900.0)]).await;
    x.trade(&[(id(BARS), at + 3.0, 505.0)]).await;
    let open = radar(&mut events, |data| {
        data.rows.first().is_some_and(|row| !row.closed)
    })
    .await;
    until("the watchlist heard of it", async || {
        watched(&api).await.is_some_and(|figures| !figures.closed)
    })
    .await;
    assert_same(&open.rows[0], &watched(&api).await.unwrap());

    // It closes, and the next one opens.
    z.trade(&[(id(BARS), at + 62.0, 50.0)]).await;
    z.report(at + 62.0).await;
    let closed = radar(&mut events, |data| {
        data.rows
            .first()
            .is_some_and(|row| row.closed && row.time > told.rows[0].time)
    })
    .await;
    until("the watchlist has closed it", async || {
        watched(&api).await.is_some_and(|figures| figures.closed)
    })
    .await;
    assert_same(&closed.rows[0], &watched(&api).await.unwrap());

    // A late trade changes a bar that was taken in.
    y.trade(&[(id(BARS - 1) + 1, at - 5.0, 905.0)]).await;
    let mended = radar(&mut events, |data| {
        data.rows
            .first()
            .is_some_and(|row| row.time == closed.rows[0].time && row.z != closed.rows[0].z)
    })
    .await;
    until("the watchlist has mended it", async || {
        let figures = watched(&api).await;
        figures.is_some_and(|figures| figures.z != Some(closed.rows[0].z))
    })
    .await;
    assert_same(&mended.rows[0], &watched(&api).await.unwrap());
}

#[tokio::test]
async fn without_a_scan_pairs_are_followed_and_none_is_told() {
    let db = TestDb::create().await.unwrap();
    markets(&db).await;
    let api = Api::start(&db).await;
    let mut events = Events::open(&api, "radar").await;
    let told = radar(&mut events, |data| data.ready).await;
    assert_eq!((told.scan, told.pairs, told.cointegrated), (None, 3, 0));
    assert!(told.rows.is_empty());
    // By the defaults there are bars enough for 500 and 60.
    assert_eq!(told.known, 3);
}
