//! `/api/v1/scans`, and the topic of a scan

use std::{fmt::Write as _, time::Duration};

use api_types::{
    DatasetCreated, EventKind, PairResponse, Problem, Scan, ScanAsked, ScanPair, ScanResponse,
    ScanState, ScansResponse, StreamEvent,
};
use reqwest::Response;
use serde_json::{Value, json};
use store::{jobs, leases};
use testkit::TestDb;

use crate::support::{
    Api, config,
    events::Events,
    market::{Market, START_MS},
    pair::{MINUTE_MS, closes, noise},
    problem, until,
};

const LONG: Duration = Duration::from_secs(600);

async fn ask(api: &Api, body: &Value) -> Response {
    let request = api.client.post(api.url("/api/v1/scans"));
    request.json(body).send().await.unwrap()
}

async fn make(api: &Api, body: Value) -> Scan {
    let answer = ask(api, &body).await;
    let location = answer.headers().get("location").cloned();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 202, "{text}");
    let scan = serde_json::from_str::<ScanAsked>(&text).unwrap().scan;
    assert_eq!(
        location.unwrap(),
        format!("/api/v1/scans/{}", scan.id).as_str()
    );
    scan
}

async fn refused(api: &Api, body: Value) -> Problem {
    problem(ask(api, &body).await).await
}

async fn get(api: &Api, id: i64, query: &str) -> ScanResponse {
    api.json(&format!("/api/v1/scans/{id}{query}")).await
}

async fn until_done(api: &Api, id: i64) -> ScanResponse {
    until("the scan is done", async || {
        let scan = get(api, id, "").await.scan;
        assert_ne!(scan.state, ScanState::Failed, "{scan:?}");
        scan.state == ScanState::Done
    })
    .await;
    get(api, id, "?limit=1000").await
}

/// Wide closes of symbols that mostly do not care for each other: of the first two the one follows the other, and the
/// last does not move.
fn wide(symbols: usize, bars: usize) -> String {
    let both = closes(bars, 7);
    let mut text = "time,YY,XX".to_owned();
    for symbol in 2..symbols {
        write!(text, ",W{symbol}").unwrap();
    }
    text.push_str(",FLAT\n");
    let mut steps: Vec<_> = (2..symbols)
        .map(|symbol| noise(symbol as u64 + 100))
        .collect();
    let mut levels = vec![500.0; symbols - 2];
    for (bar, (y, x)) in both.iter().enumerate() {
        write!(text, "{},{y},{x}", START_MS + bar as i64 * MINUTE_MS).unwrap();
        for (level, step) in levels.iter_mut().zip(&mut steps) {
            *level += 2.0 * step();
            write!(text, ",{level}").unwrap();
        }
        text.push_str(",5\n");
    }
    text
}

async fn upload(api: &Api, text: String) -> i64 {
    let request = api.client.post(api.url("/api/v1/datasets?name=wide.csv"));
    let request = request.header("content-type", "text/csv").body(text);
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 201, "{text}");
    serde_json::from_str::<DatasetCreated>(&text)
        .unwrap()
        .dataset
        .id
}

fn close(ours: Option<f64>, theirs: Option<f64>, tolerance: f64) -> bool {
    match (ours, theirs) {
        (Some(a), Some(b)) => (a - b).abs() <= tolerance * b.abs().max(1.0),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// The pair view over the same bars says the same.
async fn assert_as_the_pair_view_says(api: &Api, pair: &ScanPair, range: &str) {
    let ScanPair {
        y,
        x,
        y_source,
        x_source,
        ..
    } = pair;
    let path = format!(
        "/api/v1/pairs/analytics?y={y}&x={x}&ySource={y_source}&xSource={x_source}&interval=1m\
         &transform=log&fit=walk_forward&{range}"
    );
    let view: PairResponse = api.json(&path).await;
    let (tests, summary) = (view.analysis.tests, view.analysis.summary);
    assert_eq!(pair.observations, tests.observations, "{path}");
    let p = |test: Option<api_types::UnitRootTest>| test.map(|test| test.p_value);
    assert!(close(Some(pair.p_y_on_x), p(tests.engle_granger_yx), 1e-9));
    assert!(close(Some(pair.p_x_on_y), p(tests.engle_granger_xy), 1e-9));
    let half_life = tests.half_life.and_then(|found| found.bars);
    assert!(close(pair.half_life_bars, half_life, 1e-7));
    assert!(close(pair.hurst, tests.hurst, 1e-8));
    assert!(close(pair.z, summary.z, 1e-8), "{pair:?} {summary:?}");
    assert!(pair.z.is_some());
    assert_eq!(pair.last_time, summary.time);
}

#[tokio::test]
async fn a_scan_of_a_dataset_is_followed_to_its_end_and_says_what_the_pair_view_says() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    let source = format!("dataset:{}", upload(&api, wide(6, 900)).await);
    let made = make(
        &api,
        json!({"source": source, "interval": "1m", "limit": 400}),
    )
    .await;
    assert_eq!(made.params.symbols.len(), 7);
    assert_eq!((made.params.limit, made.params.lookback), (Some(400), 500));

    let mut events = Events::open(&api, &format!("scan:{}", made.id)).await;
    let mut first = true;
    let done = events
        .find(|event| {
            let StreamEvent::Scan {
                topic, kind, data, ..
            } = event
            else {
                panic!("{event:?}")
            };
            assert_eq!(topic, format!("scan:{}", made.id));
            let expected = if first {
                EventKind::Snapshot
            } else {
                EventKind::Update
            };
            assert_eq!(kind, expected);
            first = false;
            data.scan.filter(|scan| scan.state == ScanState::Done)
        })
        .await;
    let summary = done.summary.unwrap();
    assert_eq!((summary.pairs, summary.failures), (15, 6));
    assert_eq!((done.done, done.total), (21, 21));
    assert_eq!(summary.end_time, Some(START_MS + 899 * MINUTE_MS));
    assert_eq!(summary.start_time, Some(START_MS + 500 * MINUTE_MS));

    let found = get(&api, made.id, "").await;
    assert_eq!((found.total, found.pairs.len()), (15, 15));
    assert_eq!(found.failures.len(), 6);
    for failure in &found.failures {
        assert_eq!(failure.symbol.as_deref(), Some("FLAT"));
        assert!(failure.reason.contains("constant"), "{}", failure.reason);
    }
    let best = &found.pairs[0];
    let mut names = [best.y.as_str(), best.x.as_str()];
    names.sort_unstable();
    assert_eq!(names, ["XX", "YY"]);
    assert!(best.q <= 0.05 && summary.discoveries >= 1);
    assert!(
        found
            .pairs
            .is_sorted_by(|a, b| a.p_pair <= b.p_pair && a.q <= b.q)
    );
    for pair in &found.pairs {
        assert_as_the_pair_view_says(&api, pair, "limit=400").await;
    }
}

#[tokio::test]
async fn a_scan_of_the_feed_tests_closed_bars_of_all_its_symbols() {
    let db = TestDb::create().await.unwrap();
    let both = closes(700, 7);
    let mut draw = noise(3);
    for (name, of) in [("YUSDT", 0), ("XUSDT", 1), ("ZUSDT", 2)] {
        let market = Market::new(&db, name).await;
        let mut level = 50.0;
        let mut trades = Vec::new();
        for (bar, (y, x)) in both.iter().enumerate() {
            level += draw();
            let price = [*y, *x, level][of];
            // One that is not traded in every minute.
            if of < 2 || bar % 7 > 0 {
                trades.push((bar as i64 + 1, bar as f64 * 60.0 + 30.0, price));
            }
        }
        // A bar that is still open, far off.
        trades.push((9_999, 700.0 * 60.0 + 0.5, 1.0));
        market.trade(&trades).await;
        market.report(700.0 * 60.0 + 1.0).await;
    }
    let api = Api::start(&db).await;
    let made = make(&api, json!({"interval": "1m", "limit": 650})).await;
    let names: Vec<&str> = made
        .params
        .symbols
        .iter()
        .map(|s| s.symbol.as_str())
        .collect();
    assert_eq!(names.len(), 3);
    assert!(names.contains(&"simulated:YUSDT"), "{names:?}");
    let found = until_done(&api, made.id).await;
    assert_eq!((found.total, found.failures.len()), (3, 0));
    let last_ms = START_MS + 699 * MINUTE_MS;
    assert_eq!(found.scan.summary.unwrap().end_time, Some(last_ms));
    for pair in &found.pairs {
        let first_ms = START_MS + 50 * MINUTE_MS;
        let range = format!("startTime={first_ms}&endTime={last_ms}");
        if pair.observations == 650 {
            assert_as_the_pair_view_says(&api, pair, &range).await;
        } else {
            // In which minutes that one was not traded is known.
            let with = |bar: &i64| bar % 7 > 0;
            assert_eq!(pair.observations as usize, (50..700).filter(with).count());
        }
    }
    let ranged = json!({
        "interval": "1m", "startTime": START_MS + 550 * MINUTE_MS, "endTime": "2024-08-08T10:00:00Z",
        "symbols": [{"symbol": "yusdt"}, {"symbol": "XUSDT", "source": "live"}],
    });
    let made = make(&api, ranged).await;
    let found = until_done(&api, made.id).await;
    assert_eq!(found.pairs[0].observations, 51);
}

#[tokio::test]
async fn pairs_are_sorted_filtered_paged_and_downloaded() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    let source = format!("dataset:{}", upload(&api, wide(12, 700)).await);
    let made = make(
        &api,
        json!({"source": source, "interval": "1m", "limit": 600}),
    )
    .await;
    let all = until_done(&api, made.id).await;
    let id = made.id;
    assert_eq!(all.pairs.len(), 66);
    let page = get(&api, id, "?sort=z&limit=5&offset=2").await;
    let mut by_z: Vec<f64> = all.pairs.iter().map(|p| p.z.unwrap().abs()).collect();
    by_z.sort_by(|a, b| b.total_cmp(a));
    let told: Vec<f64> = page.pairs.iter().map(|p| p.z.unwrap().abs()).collect();
    assert_eq!(told, by_z[2..7]);
    assert_eq!(page.total, 66);
    let w = get(&api, id, "?symbol=w3&sort=beta&order=desc").await;
    assert_eq!(w.total, 11);
    assert!(w.pairs.is_sorted_by(|a, b| a.beta >= b.beta));
    assert!(w.pairs.iter().all(|p| p.y == "W3" || p.x == "W3"));
    let sure = get(&api, id, "?maxQ=0.05&minZ=0").await;
    assert_eq!(sure.total, all.scan.summary.unwrap().discoveries);
    assert_eq!(get(&api, id, "?symbol=nothing").await.total, 0);

    let answer = api
        .get(&format!("/api/v1/scans/{id}?format=csv&symbol=W3"))
        .await;
    let name = answer.headers()["content-disposition"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(name.contains(&format!("scan_{id}_1m.csv")), "{name}");
    let text = answer.text().await.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 12);
    assert!(lines[0].starts_with("y,x,ySource,xSource,pYOnX,pXOnY,pPair,q,"));
    let first = &get(&api, id, "?symbol=W3").await.pairs[0];
    let cells: Vec<&str> = lines[1].split(',').collect();
    assert_eq!((cells[0], cells[1]), (first.y.as_str(), first.x.as_str()));
    assert_eq!(cells[7].parse::<f64>().unwrap(), first.q);

    for (query, field) in [
        ("?sort=name", "sort"),
        ("?order=up", "order"),
        ("?limit=0", "limit"),
        ("?limit=1001", "limit"),
        ("?maxQ=2", "maxQ"),
        ("?minZ=-1", "minZ"),
        ("?format=csv&limit=5", "limit"),
        ("?colour=red", "colour"),
    ] {
        let problem = api.problem(&format!("/api/v1/scans/{id}{query}")).await;
        assert_eq!(
            (problem.status, problem.errors[0].field.as_str()),
            (400, field)
        );
    }
}

#[tokio::test]
async fn what_cannot_be_scanned_is_refused_with_what_is_wrong() {
    let db = TestDb::create().await.unwrap();
    for name in ["AUSDT", "BUSDT"] {
        Market::new(&db, name).await.report(1.0).await;
    }
    let api = Api::start(&db).await;
    let id = upload(&api, wide(3, 40)).await;
    for (body, status, field) in [
        (json!({"limit": 5}), 400, "limit"),
        (json!({"interval": "7m"}), 400, "interval"),
        (json!({"interval": "1x"}), 400, "interval"),
        (json!({"source": "file"}), 400, "source"),
        (json!({"symbols": []}), 400, "symbols"),
        (json!({"symbols": [{"symbol": "AUSDT"}]}), 400, "symbols"),
        (
            json!({"symbols": [{"symbol": "AUSDT"}, {"symbol": "ausdt"}]}),
            400,
            "symbols[1]",
        ),
        (
            json!({"symbols": [{"symbol": "A B"}, {"symbol": "AUSDT"}]}),
            400,
            "symbols[0]",
        ),
        (
            json!({"symbols": [{"symbol": "AUSDT", "source": "x"}, {"symbol": "B"}]}),
            400,
            "symbols[0]",
        ),
        (json!({"startTime": 0, "interval": "1s"}), 400, "startTime"),
        (json!({"colour": "red"}), 400, "body"),
        (json!({"limit": "many"}), 400, "body"),
    ] {
        let problem = refused(&api, body.clone()).await;
        assert_eq!(problem.status, status, "{body}: {problem:?}");
        assert_eq!(problem.errors[0].field, field, "{body}: {problem:?}");
    }
    for body in [
        json!({"symbols": [{"symbol": "NOSUCH"}, {"symbol": "AUSDT"}]}),
        json!({"source": "dataset:99"}),
        json!({"source": format!("dataset:{id}"), "symbols": [{"symbol": "YY"}, {"symbol": "NO"}]}),
    ] {
        assert_eq!(refused(&api, body).await.status, 404);
    }
    // What is only known once bars are read is told by the scan.
    let coarse = json!({"source": format!("dataset:{id}"), "interval": "90s"});
    let made = make(&api, coarse).await;
    until("it fails", async || {
        get(&api, made.id, "").await.scan.state == ScanState::Failed
    })
    .await;
    let failed = get(&api, made.id, "").await;
    assert!(failed.scan.error.unwrap().contains("90s"));
    assert!(failed.pairs.is_empty());
    assert_eq!(api.problem("/api/v1/scans/999").await.status, 404);
    // A page that comes back may not know yet that its scan is gone; its other topics go on.
    let told = Events::open(&api, "scan:999").await.next().await;
    assert!(matches!(told, Some(StreamEvent::Scan { data, .. }) if data.scan.is_none()));
    for path in [
        "/api/v1/scans/0",
        "/api/v1/scans/x",
        "/api/v1/stream?topics=scan:x",
    ] {
        assert_eq!(api.problem(path).await.status, 400);
    }
}

#[tokio::test]
async fn scans_wait_in_a_bounded_queue_and_one_that_is_deleted_is_cancelled() {
    let db = TestDb::create().await.unwrap();
    // Somebody else holds the lease, and does nothing.
    let lease = leases::acquire(db.store(), jobs::LEASE, "another", LONG).await;
    let lease = lease.unwrap().unwrap();
    let mut settings = config(db.url());
    settings.jobs.api_max_jobs = 2;
    settings.jobs.api_job_lease_ms = 5_000;
    let api = Api::with(settings).await;
    api.until_ready().await;
    let source = format!("dataset:{}", upload(&api, wide(4, 200)).await);
    let body = json!({"source": source, "interval": "1m"});
    let first = make(&api, body.clone()).await;
    let second = make(&api, body.clone()).await;
    let third = refused(&api, body.clone()).await;
    assert_eq!(third.status, 503);
    assert!(third.kind.ends_with("too-many-jobs"));
    let list: ScansResponse = api.json("/api/v1/scans").await;
    let ids: Vec<i64> = list.scans.iter().map(|scan| scan.id).collect();
    assert_eq!(ids, [second.id, first.id]);
    assert!(
        list.scans
            .iter()
            .all(|scan| scan.state == ScanState::Queued)
    );

    let mut events = Events::open(&api, &format!("scan:{}", first.id)).await;
    let request = api
        .client
        .delete(api.url(&format!("/api/v1/scans/{}", first.id)));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let gone = |event| match event {
        StreamEvent::Scan { data, .. } => data.scan.is_none().then_some(()),
        _ => None,
    };
    events.find(gone).await;
    assert_eq!(
        api.problem(&format!("/api/v1/scans/{}", first.id))
            .await
            .status,
        404
    );
    let fourth = make(&api, body).await;
    leases::release(db.store(), &lease).await.unwrap();
    until_done(&api, second.id).await;
    until_done(&api, fourth.id).await;
}

#[tokio::test]
async fn a_scan_whose_server_ends_is_begun_again_by_the_next_one() {
    let db = TestDb::create().await.unwrap();
    let mut settings = config(db.url());
    settings.jobs.api_job_lease_ms = 5_000;
    let api = Api::with(settings.clone()).await;
    api.until_ready().await;
    // Seconds of work.
    let source = format!("dataset:{}", upload(&api, wide(120, 1_000)).await);
    let made = make(&api, json!({"source": source, "interval": "1m"})).await;
    until("it is under way", async || {
        let scan = get(&api, made.id, "").await.scan;
        assert_ne!(
            scan.state,
            ScanState::Done,
            "it was too quick to be interrupted"
        );
        assert_ne!(scan.state, ScanState::Failed, "{scan:?}");
        scan.state == ScanState::Running && scan.done > 0
    })
    .await;
    api.stop().await;
    let api = Api::with(settings).await;
    api.until_ready().await;
    until("it is done", async || {
        get(&api, made.id, "").await.scan.state == ScanState::Done
    })
    .await;
    let job = jobs::get(db.store(), jobs::scans::KIND, made.id).await;
    assert_eq!(job.unwrap().unwrap().attempts, 2);
    let found = get(&api, made.id, "?limit=1").await;
    assert_eq!(found.total, 120 * 119 / 2);
    assert_eq!(found.scan.summary.unwrap().failures, 120);
}
