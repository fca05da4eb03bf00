//! `GET /api/v1/stream?topics=pair:…`

use api_types::{EndReason, EventKind, StreamEvent};
use testkit::TestDb;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use crate::support::{
    Api,
    events::Events,
    followed::{Followed, batch},
    market::Market,
    pair::{Pair, closes, minute, trade_id},
};

const BARS: usize = 400;
const OLS: &str = "y=YUSDT&x=XUSDT&lookback=100&window=20&limit=400";

/// A trade of both legs at this second of a minute's bar, or of one.
async fn trade(pair: &Pair, bar: i64, second: f64, y: Option<f64>, x: Option<f64>) {
    let at = bar as f64 * 60.0 + second;
    let id = trade_id(bar) + second as i64 % 10;
    for (market, price) in [(&pair.y, y), (&pair.x, x)] {
        if let Some(price) = price {
            market.trade(&[(id, at, price)]).await;
        }
    }
}

/// Bars that come after those that are there; the last is open.
async fn go_on(pair: &Pair, bars: std::ops::RangeInclusive<usize>) {
    let closes = closes(bars.end() + 1, 7);
    for bar in bars {
        let (y, x) = closes[bar];
        trade(pair, bar as i64, 30.0, Some(y), Some(x)).await;
    }
}

#[tokio::test]
async fn a_snapshot_is_the_answer_of_pair_analytics_to_the_bit_whatever_the_model() {
    let pair = Pair::new(BARS).await;
    // The open bar.
    go_on(&pair, BARS..=BARS).await;
    for model in [
        "lookback=100&window=20",
        "lookback=60&window=20&model=huber&baseline=exclusive",
        "lookback=60&window=20&model=theil_sen&transform=log",
        "lookback=60&window=20&correlationOf=levels&transform=log&entry=1.5",
        "model=kalman&lookback=100",
        "model=kalman&lookback=90&memory=33.5&z=innovation",
        "model=kalman&noise=ml&lookback=60&transform=log",
        "model=kalman&noise=pykalman&init=identity",
        &format!("fit=in_sample&fitTime={}", minute(BARS as i64 - 1)),
    ] {
        for open in [false, true] {
            let query = format!("y=YUSDT&x=XUSDT&limit={BARS}&{model}&open={open}");
            let mut followed = Followed::open(&pair.api, &query).await;
            assert_eq!(followed.next().await, EventKind::Snapshot, "{query}");
            let (rows, mut parts) = batch(&pair.api, &query).await;
            assert_eq!(rows.len(), BARS + usize::from(open), "{query}");
            if parts["missing"] == "[]" {
                parts.remove("missing");
            }
            assert_eq!(followed.parts, parts, "{query}");
            assert_eq!(followed.rows, rows, "{query}");
        }
    }
}

#[tokio::test]
async fn bars_that_close_are_told_as_they_would_be_computed_over_all_of_them() {
    let pair = Pair::new(BARS).await;
    // Each begins where the one before has ended.
    for (first, model) in [
        (BARS, ""),
        (BARS + 6, "&model=theil_sen&maxFill=2"),
        (BARS + 12, "&model=kalman"),
    ] {
        let query = format!("{OLS}{model}");
        let mut followed = Followed::open(&pair.api, &query).await;
        assert_eq!(followed.next().await, EventKind::Snapshot);
        let last = first + 5;
        go_on(&pair, first..=last).await;
        let closed = minute(last as i64 - 1);
        followed.until(|followed| followed.has(closed)).await;
        let from = followed.rows.keys().next().copied().unwrap();
        let range = format!("limit=1000&startTime={}", minute(0));
        let all = query.replace("limit=400", &range);
        let (mut rows, parts) = batch(&pair.api, &all).await;
        rows.retain(|time, _| (from..=closed).contains(time));
        assert_eq!(followed.rows, rows, "{query}");
        assert_eq!(followed.parts["fit"], parts["fit"], "{query}");
        // Tests are of the bars that are shown: the last 400.
        let (_, parts) = batch(&pair.api, &query).await;
        assert_eq!(followed.parts["tests"], parts["tests"], "{query}");
        assert_eq!(followed.parts["warnings"], parts["warnings"], "{query}");
    }
}

#[tokio::test]
async fn the_open_bar_moves_with_each_trade_for_those_who_ask_for_it() {
    let pair = Pair::new(BARS).await;
    let (query, open) = (OLS.to_owned(), format!("{OLS}&open=true"));
    let mut closed_only = Followed::open(&pair.api, &query).await;
    let mut followed = Followed::open(&pair.api, &open).await;
    closed_only.next().await;
    followed.next().await;
    assert_eq!(followed.rows.len(), BARS);
    let bar = BARS as i64;
    let time = minute(bar);
    for (second, y, x) in [
        (1.0, Some(890.0), Some(500.0)),
        (2.0, Some(891.0), None),
        (3.0, None, Some(501.0)),
    ] {
        trade(&pair, bar, second, y, x).await;
        let (y, x) = (y.map(|y| format!("{y:.1}")), x.map(|x| format!("{x:.1}")));
        followed
            .until(|followed| {
                followed.rows.get(&time).is_some_and(|row| {
                    row["closed"] == "false"
                        && y.as_ref().is_none_or(|y| row["y"] == *y)
                        && x.as_ref().is_none_or(|x| row["x"] == *x)
                })
            })
            .await;
        let (rows, parts) = batch(&pair.api, &open).await;
        assert_eq!(followed.rows[&time], rows[&time]);
        assert_eq!(followed.parts["summary"], parts["summary"]);
    }
    trade(&pair, bar + 1, 2.0, Some(892.0), Some(501.0)).await;
    closed_only.until(|followed| followed.has(time)).await;
    assert_eq!(closed_only.rows.len(), BARS + 1);
    // Nothing was said of the bar while it was open: one event for the bar, or two with the figures apart.
    followed.until(|followed| followed.has(time)).await;
    assert_eq!(closed_only.rows[&time], followed.rows[&time]);
}

#[tokio::test]
async fn a_client_that_comes_back_to_another_process_has_what_one_has_that_never_left() {
    let pair = Pair::new(BARS).await;
    let other = Api::with(crate::support::config(pair.url())).await;
    other.until_ready().await;
    for (first, model) in [(BARS, ""), (BARS + 7, "&model=kalman")] {
        let query = format!("{OLS}{model}");
        let topics = format!("status,pair:{query}&open=true,bars:YUSDT:1m");
        let mut stays = Followed::of(Events::open(&pair.api, &topics).await);
        let mut leaves = Followed::of(Events::open(&pair.api, &topics).await);
        // The other process knows the pair, or begins with it.
        let mut warm = Followed::open(&other, &query).await;
        for followed in [&mut stays, &mut leaves, &mut warm] {
            assert_eq!(followed.next().await, EventKind::Snapshot);
        }
        go_on(&pair, first..=first + 2).await;
        let seen = minute(first as i64 + 1);
        leaves.until(|followed| followed.has(seen)).await;
        let last_id = leaves.last_id();
        let (rows, parts) = (leaves.rows, leaves.parts);
        drop(leaves.events);

        go_on(&pair, first + 3..=first + 6).await;
        let closed = minute(first as i64 + 5);
        warm.until(|followed| followed.has(closed)).await;
        let events = Events::open_from(&other, &topics, Some(&last_id)).await;
        let mut back = Followed::of(events);
        (back.rows, back.parts) = (rows, parts);
        assert_eq!(back.next().await, EventKind::Update, "{model}");
        assert!((4..=5).contains(&back.news), "{model}: {}", back.news);
        back.until(|followed| followed.has(closed)).await;
        stays.until(|followed| followed.has(closed)).await;
        let open = minute(first as i64 + 6);
        back.until(|followed| followed.rows.contains_key(&open))
            .await;
        stays
            .until(|followed| followed.rows.contains_key(&open))
            .await;
        assert_eq!(back.rows, stays.rows, "{model}");
        for part in ["fit", "tests", "summary", "warnings"] {
            assert_eq!(back.parts[part], stays.parts[part], "{model}");
        }
    }
}

#[tokio::test]
async fn a_late_trade_resets_who_follows_and_who_was_away_and_nobody_it_does_not_concern() {
    let pair = Pair::new(BARS).await;
    let mut followed = Followed::open(&pair.api, OLS).await;
    let mut away = Followed::open(&pair.api, OLS).await;
    followed.next().await;
    away.next().await;
    let last_id = away.last_id();
    drop(away);
    trade(&pair, 200, 59.0, Some(950.0), None).await;
    while followed.next().await != EventKind::Reset {}
    let (rows, mut parts) = batch(&pair.api, OLS).await;
    parts.remove("missing");
    assert_eq!(followed.rows, rows);
    assert_eq!(followed.parts, parts);
    assert_eq!(rows[&minute(200)]["y"], "950.0");

    let other = Api::with(crate::support::config(pair.url())).await;
    other.until_ready().await;
    let mut back = Followed::open_from(&other, OLS, Some(&last_id)).await;
    assert_eq!(back.next().await, EventKind::Reset);
    assert_eq!(back.rows, rows);
    // Who has the new points goes on from there.
    let last_id = followed.last_id();
    let mut back = Followed::open_from(&other, OLS, Some(&last_id)).await;
    assert_eq!((back.next().await, back.news), (EventKind::Update, 0));
}

#[tokio::test]
async fn a_range_that_begins_anew_resets_with_what_follows_from_its_start() {
    // Ranges begin at multiples of 512 minutes, of which the first is a minute after these bars.
    let bars = 159;
    let pair = Pair::new(bars).await;
    let query = "y=YUSDT&x=XUSDT&lookback=30&window=10&limit=30";
    let mut followed = Followed::open(&pair.api, query).await;
    assert_eq!(followed.next().await, EventKind::Snapshot);
    go_on(&pair, bars..=bars + 1).await;
    while followed.next().await != EventKind::Reset {}
    go_on(&pair, bars + 2..=bars + 3).await;
    let closed = minute(bars as i64 + 2);
    followed.until(|followed| followed.has(closed)).await;
    let (rows, _) = batch(&pair.api, query).await;
    for (time, row) in followed
        .rows
        .iter()
        .filter(|(time, _)| rows.contains_key(time))
    {
        assert_eq!((&row["y"], &row["x"]), (&rows[time]["y"], &rows[time]["x"]));
    }
    assert!(rows.contains_key(&closed));
}

#[tokio::test]
async fn a_leg_that_does_not_move_leaves_figures_out_as_it_does_in_pair_analytics() {
    let db = TestDb::create().await.unwrap();
    let y = Market::new(&db, "YUSDT").await;
    let x = Market::new(&db, "XUSDT").await;
    let bars = |price: fn(i64) -> f64| -> Vec<(i64, f64, f64)> {
        (0..100)
            .map(|bar| (trade_id(bar), bar as f64 * 60.0, price(bar)))
            .collect()
    };
    y.trade(&bars(|bar| 100.0 + (bar % 7) as f64)).await;
    x.trade(&bars(|_| 50.0)).await;
    y.report(6_001.0).await;
    let api = Api::start(&db).await;
    for model in [
        "model=kalman&lookback=30&window=10",
        "lookback=30&window=10",
        "lookback=30&window=10&model=theil_sen",
        &format!("fit=in_sample&window=10&fitTime={}", minute(99)),
    ] {
        let query = format!("y=YUSDT&x=XUSDT&limit=100&{model}");
        let mut followed = Followed::open(&api, &query).await;
        assert_eq!(followed.next().await, EventKind::Snapshot, "{model}");
        let (rows, parts) = batch(&api, &query).await;
        assert!(parts["missing"].contains("\"fit\""), "{model}: {parts:?}");
        assert_eq!(followed.parts, parts, "{model}");
        assert_eq!(followed.rows, rows, "{model}");
    }
}

#[tokio::test]
async fn a_fit_in_sample_of_before_is_the_same_followed_and_asked_for() {
    let pair = Pair::new(BARS).await;
    go_on(&pair, BARS..=BARS).await;
    // One that has long closed, and the open one, which no fit takes in.
    for bar in [BARS as i64 - 50, BARS as i64] {
        let fit_time = minute(bar);
        let query = format!("y=YUSDT&x=XUSDT&limit=100&fit=in_sample&window=20&fitTime={fit_time}");
        let mut followed = Followed::open(&pair.api, &query).await;
        assert_eq!(followed.next().await, EventKind::Snapshot);
        let (_, parts) = batch(&pair.api, &query).await;
        assert_eq!(followed.parts["fit"], parts["fit"], "{bar}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_told_why_its_stream_ends_and_others_go_on() {
    let pair = Pair::new(BARS).await;
    let mut config = crate::support::config(pair.url());
    config.limits.api_send_timeout_ms = 600_000;
    let api = Api::with(config).await;
    api.until_ready().await;
    // Each late trade voids what was sent of all of them: megabytes.
    let topics: Vec<String> = (10..30)
        .map(|window| {
            format!("pair:y%3DYUSDT%26x%3DXUSDT%26limit%3D400%26lookback%3D30%26window%3D{window}")
        })
        .collect();
    let path = format!("/api/v1/stream?topics={}", topics.join(","));
    let mut reads = api.get(&path).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut slow = socket.connect(api.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    slow.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0];
    slow.read_exact(&mut first).await.unwrap();

    // More than a queue and the buffers of a socket hold.
    let (mut sent, mut bar, mut wholes) = (0, 300, 0);
    let mut text = String::new();
    while sent < 16_000_000 {
        if wholes == topics.len() {
            (bar, wholes) = (bar - 1, 0);
            trade(&pair, bar, 59.0, Some(950.0), None).await;
        }
        let chunk = tokio::time::timeout(crate::support::PATIENCE, reads.chunk());
        let chunk = chunk.await.unwrap().unwrap().expect("the stream goes on");
        sent += chunk.len();
        text.push_str(&String::from_utf8_lossy(&chunk));
        let count = |kind: &str| text.matches(kind).count();
        wholes += count(r#""kind":"snapshot""#) + count(r#""kind":"reset","a"#);
        // One may lie across the edge of two chunks; both texts are as long.
        text.drain(..text.len().saturating_sub(16));
    }
    let mut rest = Vec::new();
    let read = slow.read_to_end(&mut rest);
    tokio::time::timeout(crate::support::PATIENCE, read)
        .await
        .unwrap()
        .unwrap();
    let rest = String::from_utf8(rest).unwrap();
    let end = rest.trim_end().lines().last().unwrap();
    assert!(
        end.contains(r#""type":"end""#) && end.contains("slowClient"),
        "{end}"
    );
}

#[tokio::test]
async fn bars_that_are_too_few_are_counted_until_there_are_enough() {
    let bars = 48;
    let pair = Pair::new(bars).await;
    let query = "y=YUSDT&x=XUSDT&lookback=30&window=20&limit=100";
    let mut followed = Followed::open(&pair.api, query).await;
    assert_eq!(followed.next().await, EventKind::Snapshot);
    assert_eq!(followed.parts["tooFew"], r#"{"got":48,"needed":50}"#);
    assert!(followed.parts.contains_key("params") && followed.rows.is_empty());
    go_on(&pair, bars..=bars + 1).await;
    followed
        .until(|followed| followed.parts["tooFew"] == r#"{"got":49,"needed":50}"#)
        .await;
    go_on(&pair, bars + 2..=bars + 2).await;
    assert_eq!(followed.next().await, EventKind::Snapshot);
    assert_eq!(followed.rows, batch(&pair.api, query).await.0);
}

#[tokio::test]
async fn who_asks_for_the_same_shares_a_session_and_its_events() {
    let pair = Pair::new(BARS).await;
    let mut all = Vec::new();
    for query in [OLS, OLS, &format!("{OLS}&entry=1.8&stop=4"), OLS] {
        let mut followed = Followed::open(&pair.api, query).await;
        followed.next().await;
        all.push(followed);
    }
    let metrics = pair.api.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("\napi_sessions 1\n"), "{metrics}");
    go_on(&pair, BARS..=BARS + 1).await;
    let mut heard = Vec::new();
    for followed in &mut all {
        followed.next().await;
        heard.push(followed.events.last_data.clone());
    }
    // Made once: the time at which it was made is the same in each.
    assert_eq!((&heard[0], &heard[0]), (&heard[1], &heard[3]));
    for followed in &mut all {
        followed
            .until(|followed| followed.has(minute(BARS as i64)))
            .await;
    }
    assert!(all.iter().all(|followed| followed.rows == all[0].rows));
}

#[tokio::test]
async fn what_cannot_be_followed_is_refused_before_the_stream_begins() {
    let pair = Pair::new(60).await;
    for (topic, status, detail) in [
        ("pair:y=YUSDT", 400, "x: is missing"),
        ("pair:y=YUSDT&x=XUSDT&model=ridge", 400, "model"),
        ("pair:y=YUSDT&x=XUSDT&limit=20000", 400, "10000 bars"),
        ("pair:y=YUSDT&x=XUSDT&startTime=0", 400, "startTime"),
        ("pair:y=YUSDT&x=XUSDT&fit=in_sample", 400, "fitTime"),
        ("pair:y=a&x=b&source=dataset:1", 400, "dataset"),
        ("pair:y=YUSDT&x=simulated:YUSDT", 400, "same series"),
        ("pair:y=YUSDT&x=NOUSDT", 404, "NOUSDT"),
        ("pair:y=YUSDT&x=XUSDT,pair:y=YUSDT&x=XUSDT", 400, "twice"),
    ] {
        let url = pair.api.url("/api/v1/stream");
        let request = pair.api.client.get(url).query(&[("topics", topic)]);
        let problem = crate::support::problem(request.send().await.unwrap()).await;
        assert_eq!(problem.status, status, "{topic}: {problem:?}");
        assert!(problem.detail.contains(detail), "{topic}: {problem:?}");
    }
}

#[tokio::test]
async fn a_topic_is_named_as_it_was_asked_for_and_two_pairs_share_a_stream() {
    let pair = Pair::new(60).await;
    let rest = "lookback=30&window=10&limit=30";
    // As a page escapes them: the parameters by themselves, and then the whole topic.
    let topics = [
        format!("pair:x=simulated%3AXUSDT&y=yusdt&{rest}"),
        format!("pair:y=XUSDT&x=YUSDT&{rest}"),
    ];
    let mut events = Events::open(&pair.api, &topics.join(",")).await;
    let mut missing = topics.to_vec();
    while !missing.is_empty() {
        let event = events.next().await.unwrap();
        missing.retain(|topic| event.topic() != Some(topic));
    }
    let id = events.last_id.clone().unwrap();
    assert_eq!(id.matches(".p").count(), 2, "{id}");
    let mut events = Events::open_from(&pair.api, &topics.join(","), Some(&id)).await;
    for _ in &topics {
        let kind = events
            .find(|event| match event {
                StreamEvent::Pair { kind, .. } => Some(kind),
                _ => None,
            })
            .await;
        assert_eq!(kind, EventKind::Update);
    }
}

#[tokio::test]
async fn a_pair_that_nobody_follows_any_more_can_be_followed_again_and_ends_with_the_server() {
    let db = TestDb::create().await.unwrap();
    let y = Market::new(&db, "YUSDT").await;
    let x = Market::new(&db, "XUSDT").await;
    y.trade(&[(1, 1.0, 100.0)]).await;
    x.trade(&[(1, 1.0, 50.0)]).await;
    let api = Api::start(&db).await;
    let query = "y=YUSDT&x=XUSDT&open=true";
    for _ in 0..3 {
        let mut followed = Followed::open(&api, query).await;
        assert_eq!(followed.next().await, EventKind::Snapshot);
    }
    let mut followed = Followed::open(&api, query).await;
    followed.next().await;
    api.shutdown.cancel();
    assert_eq!(followed.events.end().await, EndReason::Shutdown);
    api.stop().await;
}
