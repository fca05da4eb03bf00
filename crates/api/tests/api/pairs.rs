//! `GET /api/v1/pairs/analytics`

use api_types::{Fit, Model, PairResponse, WarningCode};
use testkit::TestDb;

use crate::support::{
    Api,
    market::{Market, START_MS},
    pair::{MINUTE_MS, Pair, closes, minute, trade_id},
};

fn path(rest: &str) -> String {
    format!("/api/v1/pairs/analytics?y=YUSDT&x=XUSDT&{rest}")
}

async fn ask(api: &Api, rest: &str) -> PairResponse {
    api.json(&path(rest)).await
}

#[tokio::test]
async fn every_parameter_in_force_is_told_and_what_does_not_apply_is_absent() {
    let pair = Pair::new(120).await;
    let answer = ask(&pair.api, "limit=60&lookback=30&window=20").await;
    let params = &answer.params;
    assert_eq!(
        (&params.y[..], &params.x[..]),
        ("simulated:YUSDT", "simulated:XUSDT")
    );
    assert_eq!(
        (params.limit, params.window, params.lookback),
        (60, 20, Some(30))
    );
    assert_eq!(
        (params.model, params.fit),
        (Model::Ols, Some(Fit::WalkForward))
    );
    assert_eq!(
        (params.noise, params.memory, params.stop),
        (None, None, None)
    );
    assert_eq!(answer.version, env!("CARGO_PKG_VERSION"));
    let series = &answer.series();
    assert_eq!(series.time.len(), 60);
    assert_eq!(series.time[0], minute(60));
    assert_eq!(answer.analysis.alignment.warmup, 49);
    assert_eq!(answer.analysis.alignment.joined, 60);
    assert!(series.z.iter().all(Option::is_some));
    assert!(series.beta_sd.is_none());
    assert_eq!(answer.analysis.summary.time, minute(119));
    assert_eq!(answer.analysis.summary.z, series.z[59]);
}

trait Series {
    fn series(&self) -> &api_types::PairColumns;
}

impl Series for PairResponse {
    fn series(&self) -> &api_types::PairColumns {
        &self.analysis.series
    }
}

#[tokio::test]
async fn too_few_bars_are_answered_with_how_many_there_are_and_how_many_it_takes() {
    let pair = Pair::new(100).await;
    for (rest, got, needed) in [
        ("", 100, 560),
        ("lookback=50&window=51", 100, 101),
        ("fit=in_sample&window=100", 100, 101),
        ("model=kalman&lookback=200&z=innovation", 100, 201),
        (
            &format!("lookback=30&window=20&startTime={}", minute(80))[..],
            20,
            30,
        ),
        (&format!("fit=in_sample&endTime={}", minute(39))[..], 40, 61),
        ("interval=1h", 1, 560),
    ] {
        let problem = pair.api.problem(&path(rest)).await;
        assert_eq!(problem.status, 422, "{rest}: {problem:?}");
        assert_eq!(problem.kind, "urn:spreadscope:problem:too-few-bars");
        let numbers = format!("{got} joined");
        assert!(
            problem.detail.contains(&numbers),
            "{rest}: {}",
            problem.detail
        );
        assert!(
            problem.detail.contains(&format!("takes {needed}")),
            "{rest}: {}",
            problem.detail
        );
    }
    assert_eq!(
        ask(&pair.api, "lookback=50&window=50")
            .await
            .series()
            .time
            .len(),
        100
    );
}

#[tokio::test]
async fn what_exists_is_shown_where_the_range_reaches_further_back() {
    let pair = Pair::new(150).await;
    let answer = ask(&pair.api, "limit=1000&lookback=60&window=30").await;
    let series = answer.series();
    assert_eq!(
        (series.time.len(), answer.analysis.alignment.warmup),
        (150, 0)
    );
    assert_eq!(series.beta.iter().filter(|beta| beta.is_none()).count(), 60);
    assert_eq!(series.z.iter().filter(|z| z.is_none()).count(), 89);
}

#[tokio::test]
async fn a_range_is_from_its_start_or_up_to_its_end() {
    let pair = Pair::new(200).await;
    let times = async |rest: &str| -> (i64, i64, usize) {
        let answer = ask(&pair.api, &format!("lookback=30&window=10&{rest}")).await;
        let time = &answer.series().time;
        let bar = |time: i64| (time - START_MS) / MINUTE_MS;
        (bar(time[0]), bar(*time.last().unwrap()), time.len())
    };
    assert_eq!(times("limit=50").await, (150, 199, 50));
    assert_eq!(
        times(&format!("limit=50&endTime={}", minute(99))).await,
        (50, 99, 50)
    );
    assert_eq!(
        times(&format!("limit=50&endTime={}", minute(99) - 1)).await,
        (49, 98, 50)
    );
    assert_eq!(
        times(&format!("limit=50&startTime={}", minute(80))).await,
        (80, 129, 50)
    );
    assert_eq!(
        times(&format!("startTime={}", minute(80) + 1)).await,
        (81, 199, 119)
    );
    let both = format!("startTime={}&endTime={}", minute(80), minute(120));
    assert_eq!(times(&both).await, (80, 120, 41));
    // What is shown does not depend on how it was asked for.
    let by_end = format!("lookback=30&window=10&limit=41&endTime={}", minute(120));
    let by_start = format!("lookback=30&window=10&{both}");
    let (a, b) = (
        ask(&pair.api, &by_end).await,
        ask(&pair.api, &by_start).await,
    );
    assert_eq!(a.series(), b.series());
    assert_eq!(a.analysis.tests, b.analysis.tests);
}

#[tokio::test]
async fn the_open_bar_is_a_provisional_last_point_on_request_and_changes_no_other() {
    let pair = Pair::new(150).await;
    let rest = "limit=60&lookback=60&window=20";
    let closed = ask(&pair.api, rest).await;
    pair.y
        .trade(&[(trade_id(150), 150.0 * 60.0 + 2.0, 900.0)])
        .await;
    pair.x
        .trade(&[(trade_id(150), 150.0 * 60.0 + 2.0, 505.0)])
        .await;
    crate::support::until("both trades are heard of", async || {
        let summary = ask(&pair.api, &format!("{rest}&open=true"))
            .await
            .analysis
            .summary;
        (summary.y, summary.x) == (900.0, 505.0)
    })
    .await;
    for query in [
        rest.to_owned(),
        format!("{rest}&model=kalman"),
        format!("{rest}&fit=in_sample").replace("&lookback=60", ""),
    ] {
        let without = ask(&pair.api, &query).await;
        let with = ask(&pair.api, &format!("{query}&open=true")).await;
        let (a, b) = (without.series(), with.series());
        assert_eq!(a.time.len() + 1, b.time.len(), "{query}");
        assert_eq!(b.time[60], minute(150));
        assert_eq!((b.y[60], b.x[60]), (900.0, 505.0));
        assert!(!b.closed[60] && b.closed[..60].iter().all(|closed| *closed));
        assert_eq!(
            (&a.z[..], &a.beta[..]),
            (&b.z[..60], &b.beta[..60]),
            "{query}"
        );
        assert!(b.z[60].is_some());
        assert_eq!(without.analysis.tests, with.analysis.tests, "{query}");
        assert_eq!(without.analysis.fit, with.analysis.fit, "{query}");
        assert!(!with.analysis.summary.closed && without.analysis.summary.closed);
    }
    // The open bar counts for nothing unless it is asked for.
    assert_eq!(
        closed.analysis.series,
        ask(&pair.api, rest).await.analysis.series
    );
}

#[tokio::test]
async fn an_answer_that_was_remembered_is_never_stale() {
    let pair = Pair::new(150).await;
    let rest = "limit=60&lookback=60&window=20";
    let before = ask(&pair.api, rest).await;
    assert_eq!(ask(&pair.api, rest).await.analysis, before.analysis);
    // A late trade at the end of an old minute moves its close.
    pair.y
        .trade(&[(trade_id(100) + 1, 100.0 * 60.0 + 59.0, 950.0)])
        .await;
    crate::support::until("the late trade is heard of", async || {
        ask(&pair.api, rest).await.analysis != before.analysis
    })
    .await;
    let after = ask(&pair.api, rest).await;
    assert_eq!(after.series().y[10], 950.0);
    assert_ne!(after.analysis.fit.beta, before.analysis.fit.beta);
}

#[tokio::test]
async fn legs_are_joined_by_time_and_gaps_are_filled_only_as_far_as_asked() {
    let db = TestDb::create().await.unwrap();
    let (y, x) = (
        Market::new(&db, "YUSDT").await,
        Market::new(&db, "XUSDT").await,
    );
    let closes = closes(400, 3);
    let trades =
        |keep: &dyn Fn(usize) -> bool, price: fn(&(f64, f64)) -> f64| -> Vec<(i64, f64, f64)> {
            let kept = closes.iter().enumerate().filter(|(t, _)| keep(*t));
            kept.map(|(t, close)| (t as i64 + 1, t as f64, price(close)))
                .collect()
        };
    // x trades in three seconds of four, and not at all for ten seconds.
    let x_trades = |t: usize| !t.is_multiple_of(4) && !(350..360).contains(&t);
    y.trade(&trades(&|_| true, |close| close.0)).await;
    x.trade(&trades(&x_trades, |close| close.1)).await;
    y.report(401.0).await;
    let api = Api::start(&db).await;
    let seconds = "interval=1s&limit=200&lookback=30&window=20";
    let filled = ask(&api, seconds).await;
    let alignment = filled.analysis.alignment;
    assert_eq!(filled.params.max_fill, 5);
    assert_eq!(filled.series().time.len(), 200);
    // Eleven seconds without x, of which five are filled.
    assert_eq!(
        (alignment.joined + alignment.filled, alignment.dropped),
        (200, 6)
    );
    let codes: Vec<WarningCode> = filled.analysis.warnings.iter().map(|w| w.code).collect();
    assert!(codes.contains(&WarningCode::Filled), "{codes:?}");
    assert!(alignment.filled_share > 0.2);

    // Without filling, rows that are wanted are found further back.
    let joined = ask(&api, &format!("{seconds}&maxFill=0")).await;
    let alignment = joined.analysis.alignment;
    assert_eq!((alignment.joined, alignment.filled), (200, 0));
    assert!(alignment.dropped > 50);
    assert!(joined.series().time[0] < filled.series().time[0]);
    let second = |time: &i64| ((time - START_MS) / 1_000) as usize;
    assert!(joined.series().time.iter().map(second).all(x_trades));
}

#[tokio::test]
async fn lines_and_stability_come_on_request() {
    let pair = Pair::new(600).await;
    let rest = "limit=300&lookback=100&window=20";
    let plain = ask(&pair.api, rest).await;
    assert!(plain.analysis.lines.is_none() && plain.analysis.stability.is_none());
    let full = ask(&pair.api, &format!("{rest}&include=lines,stability")).await;
    assert_eq!(full.analysis.series, plain.analysis.series);
    let lines = full.analysis.lines.unwrap();
    let models: Vec<Model> = lines.iter().map(|line| line.model).collect();
    assert_eq!(models, Model::ALL);
    for line in lines {
        assert!((line.beta.unwrap() - 1.7).abs() < 0.2, "{line:?}");
    }
    let stability = full.analysis.stability.unwrap();
    assert_eq!((stability.lookback, stability.time.len()), (100, 100));
    assert_eq!(stability.time.last(), plain.analysis.series.time.last());
    assert!(
        stability
            .p_value
            .iter()
            .all(|p| p.is_some_and(|p| (0.0..=1.0).contains(&p)))
    );
    assert!(
        stability
            .beta_se
            .iter()
            .all(|se| se.is_some_and(|se| se > 0.0))
    );
    let last = full.analysis.fit.beta.unwrap();
    assert_eq!(stability.beta.last().copied().flatten(), Some(last));
}

#[tokio::test]
async fn thinned_out_series_keep_their_peaks_and_figures_stay_whole() {
    let pair = Pair::new(800).await;
    let rest = "limit=600&lookback=100&window=20";
    let whole = ask(&pair.api, rest).await;
    let thin = ask(&pair.api, &format!("{rest}&points=100")).await;
    assert!((50..=100).contains(&thin.series().time.len()));
    assert_eq!(
        (&thin.analysis.fit, &thin.analysis.tests),
        (&whole.analysis.fit, &whole.analysis.tests)
    );
    assert_eq!(thin.analysis.summary, whole.analysis.summary);
    let extremes = |column: &[Option<f64>]| {
        let values = || column.iter().flatten().copied();
        (
            values().fold(f64::MAX, f64::min),
            values().fold(f64::MIN, f64::max),
        )
    };
    assert_eq!(extremes(&thin.series().z), extremes(&whole.series().z));
    assert_eq!(
        extremes(&thin.series().spread),
        extremes(&whole.series().spread)
    );
}

#[tokio::test]
async fn coefficients_of_a_snapshot_are_kept_while_the_range_moves_on() {
    let pair = Pair::new(200).await;
    let rest = "fit=in_sample&window=20&limit=100";
    let kept = ask(&pair.api, &format!("{rest}&fitTime={}", minute(149))).await;
    let fit = &kept.analysis.fit;
    assert_eq!(
        (fit.observations, fit.from_time, fit.to_time),
        (100, Some(minute(50)), Some(minute(149)))
    );
    let then = ask(&pair.api, &format!("{rest}&endTime={}", minute(149))).await;
    assert_eq!(kept.analysis.fit, then.analysis.fit);
    let whole = ask(&pair.api, rest).await;
    assert_eq!(whole.analysis.fit.observations, 100);
    assert_ne!(kept.analysis.fit.beta, whole.analysis.fit.beta);
    assert_eq!(kept.series().beta[99], kept.analysis.fit.beta);

    // Before all that is shown.
    let long_ago = ask(&pair.api, &format!("{rest}&fitTime={}", minute(59))).await;
    let fit = &long_ago.analysis.fit;
    assert_eq!((fit.observations, fit.to_time), (60, Some(minute(59))));

    let range = format!("{rest}&startTime={}&fitTime={}", minute(100), minute(149));
    let ranged = ask(&pair.api, &range).await;
    let fit = &ranged.analysis.fit;
    assert_eq!((fit.observations, fit.from_time), (50, Some(minute(100))));
}

#[tokio::test]
async fn a_leg_that_does_not_move_leaves_figures_out_and_says_why() {
    let db = TestDb::create().await.unwrap();
    let (y, x) = (
        Market::new(&db, "YUSDT").await,
        Market::new(&db, "XUSDT").await,
    );
    let flat = |price: f64, step: f64| -> Vec<(i64, f64, f64)> {
        (0..100)
            .map(|t| (t + 1, t as f64 * 60.0, price + step * (t % 7) as f64))
            .collect()
    };
    y.trade(&flat(100.0, 1.0)).await;
    x.trade(&flat(50.0, 0.0)).await;
    y.report(6_001.0).await;
    let api = Api::start(&db).await;
    for rest in [
        "fit=in_sample&window=20",
        "lookback=30&window=20",
        "model=kalman&lookback=30&window=20&z=innovation",
    ] {
        let answer = ask(&api, rest).await;
        assert_eq!(answer.series().time.len(), 100, "{rest}");
        assert!(answer.series().z.iter().all(Option::is_none), "{rest}");
        assert_eq!(
            (answer.analysis.fit.beta, answer.analysis.tests.cointegrated),
            (None, None)
        );
        let missing: Vec<&str> = answer
            .analysis
            .missing
            .iter()
            .map(|m| m.figure.as_str())
            .collect();
        assert_eq!(missing, ["fit", "tests"], "{rest}");
        assert!(
            answer
                .analysis
                .missing
                .iter()
                .all(|m| m.reason.contains("constant")),
            "{:?}",
            answer.analysis.missing
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_apart_from_what_is_wrong() {
    let pair = Pair::new(40).await;
    for (query, status, detail) in [
        ("y=YUSDT&x=NOUSDT", 404, "NOUSDT"),
        ("y=YUSDT&x=simulated:YUSDT", 400, "same series"),
        ("y=YUSDT&x=XUSDT&xSource=dataset:12345", 404, "12345"),
        ("y=YUSDT&x=XUSDT&window=1&colour=red", 400, "colour"),
    ] {
        let problem = pair
            .api
            .problem(&format!("/api/v1/pairs/analytics?{query}"))
            .await;
        assert_eq!(problem.status, status, "{query}: {problem:?}");
        assert!(
            problem.detail.contains(detail),
            "{query}: {}",
            problem.detail
        );
    }
    let problem = pair.api.problem("/api/v1/pairs/analytics").await;
    let fields: Vec<&str> = problem.errors.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["y", "x"]);
}

#[tokio::test]
async fn a_table_has_every_row_of_the_series_with_the_same_numbers() {
    let pair = Pair::new(200).await;
    for (rest, name) in [
        ("limit=100&lookback=60&window=20", "YUSDT_XUSDT_1m_ols.csv"),
        (
            "limit=150&model=kalman&lookback=60&window=20",
            "YUSDT_XUSDT_1m_kalman.csv",
        ),
    ] {
        let json = ask(&pair.api, rest).await;
        let series = json.series();
        let response = pair.api.get(&path(&format!("{rest}&format=csv"))).await;
        assert_eq!(response.status(), 200);
        let disposition = response.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(disposition.contains(name), "{disposition}");
        let text = response.text().await.unwrap();
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let at = |name: &str| header.iter().position(|column| *column == name).unwrap();
        assert_eq!(header.contains(&"betaSd"), series.beta_sd.is_some());
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        assert_eq!(rows.len(), series.time.len());
        let shown = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        for (t, row) in rows.iter().enumerate() {
            let time: chrono::DateTime<chrono::Utc> = row[at("time")].parse().unwrap();
            assert_eq!(time.timestamp_millis(), series.time[t]);
            // JSON is read to the last bit but one, so numbers are compared, not texts.
            for (name, value) in [
                ("z", series.z[t]),
                ("beta", series.beta[t]),
                ("y", Some(series.y[t])),
            ] {
                let cell = row[at(name)];
                let same = match (cell.parse::<f64>().ok(), value) {
                    (Some(a), Some(b)) => (a - b).abs() <= 4.0 * f64::EPSILON * b.abs(),
                    (None, None) => cell.is_empty(),
                    _ => false,
                };
                assert!(same, "{name} at {t}: {cell} {}", shown(value));
            }
            assert_eq!(row[at("closed")], "true");
        }
    }
    for rest in ["points=100", "include=lines"] {
        let problem = pair.api.problem(&path(&format!("{rest}&format=csv"))).await;
        assert_eq!(problem.status, 400, "{rest}");
    }
}

#[tokio::test]
async fn uploads_make_a_pair_of_their_own_or_with_the_feed() {
    let pair = Pair::new(200).await;
    let closes = closes(200, 7);
    let mut wide = "time,Ay,bx\n".to_owned();
    for (t, (y, x)) in closes.iter().enumerate() {
        wide.push_str(&format!("{},{y},{x}\n", minute(t as i64)));
    }
    let upload = pair
        .api
        .client
        .post(pair.api.url("/api/v1/datasets?name=both"));
    let upload = upload.header("content-type", "text/csv").body(wide);
    let answer = upload.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 201, "{text}");
    let created: api_types::DatasetCreated = serde_json::from_str(&text).unwrap();
    let source = created.dataset.source;
    let live = ask(&pair.api, "limit=100&fit=in_sample&window=20").await;
    let of = async |query: &str| -> PairResponse {
        pair.api
            .json(&format!(
                "/api/v1/pairs/analytics?limit=100&window=20&{query}"
            ))
            .await
    };
    let both = of(&format!("y=ay&x=BX&source={source}")).await;
    // Names are as the dataset has them, and the whole is known, so it is fitted in sample.
    assert_eq!((&both.params.y[..], &both.params.x[..]), ("AY", "BX"));
    assert_eq!(
        (both.params.fit, &both.params.y_source),
        (Some(Fit::InSample), &source)
    );
    assert_eq!(both.analysis, live.analysis);
    let mixed = of(&format!("y=Ay&ySource={source}&x=XUSDT&fit=in_sample")).await;
    assert_eq!(mixed.analysis, live.analysis);
    let walking = of(&format!("y=YUSDT&x=bx&xSource={source}&lookback=60")).await;
    assert_eq!(walking.params.fit, Some(Fit::WalkForward));
    assert_eq!(walking.series().time.last(), Some(&minute(199)));
    // Five minutes are a multiple of one, and so are three, which the feed has none of.
    let multiple = async |interval: &str| -> PairResponse {
        let rest = "limit=30&window=5&entry=1.5";
        let query = format!("y=Ay&x=bx&source={source}&interval={interval}&{rest}");
        of_range(&pair.api, &query).await
    };
    let coarse = multiple("5m").await;
    assert_eq!(coarse.series().time.len(), 30);
    assert_eq!(coarse.series().y[29], closes[199].0);
    assert_eq!(multiple("3m").await.params.interval, "3m");
    let range = format!(
        "startTime={}&endTime={}&limit=50&window=10",
        minute(100),
        minute(149)
    );
    let a = of_range(&pair.api, &format!("y=Ay&x=bx&source={source}&{range}")).await;
    let b = of_range(&pair.api, &format!("y=YUSDT&x=XUSDT&fit=in_sample&{range}")).await;
    assert_eq!(a.analysis, b.analysis);

    for (query, status, detail) in [
        (format!("y=Ay&x=cz&source={source}"), 404, "cz"),
        (format!("y=Ay&x=AY&source={source}"), 400, "same series"),
        (
            format!("y=Ay&x=bx&source={source}&interval=1s"),
            400,
            "interval",
        ),
    ] {
        let problem = pair
            .api
            .problem(&format!("/api/v1/pairs/analytics?{query}"))
            .await;
        assert_eq!(problem.status, status, "{query}: {problem:?}");
        assert!(
            problem.detail.contains(detail),
            "{query}: {}",
            problem.detail
        );
    }
}

async fn of_range(api: &Api, query: &str) -> PairResponse {
    api.json(&format!("/api/v1/pairs/analytics?{query}")).await
}
