//! Every rule of the parameters, as a table.

use super::*;
use crate::problem::ApiError;

const LEGS: &str = "y=ETHUSDT&x=BTCUSDT";

fn read_with(query: &str, defaults: Defaults) -> Result<PairSpec, Vec<(String, String)>> {
    let mut params = Params::of_text(query, &PairSpec::NAMES);
    let spec = PairSpec::read(&mut params, defaults);
    match params.finish() {
        Ok(()) => Ok(spec.expect("nothing was wrong")),
        Err(ApiError::BadParameters(errors)) => {
            assert_eq!(spec, None, "{query}");
            Err(errors.into_iter().map(|e| (e.field, e.detail)).collect())
        }
        Err(other) => panic!("{other}"),
    }
}

fn read(query: &str) -> Result<PairSpec, Vec<(String, String)>> {
    read_with(query, Defaults::VIEW)
}

fn good(rest: &str) -> PairSpec {
    read(&format!("{LEGS}&{rest}")).unwrap_or_else(|errors| panic!("{rest}: {errors:?}"))
}

fn leg(text: &str) -> Leg {
    Leg::Live(text.parse().unwrap())
}

#[test]
fn what_is_not_given_is_as_documented() {
    let spec = read(LEGS).unwrap();
    let lookback = Lookback::new(500).unwrap();
    let expected = PairSpec {
        y: leg("ETHUSDT"),
        x: leg("BTCUSDT"),
        interval: Interval::M1.into(),
        limit: 1_000,
        start_ms: None,
        end_ms: None,
        hedge: HedgeSpec::Fitted(FittedModel::Ols, FitSpec::WalkForward(lookback)),
        transform: Transform::Level,
        window: Window::new(60).unwrap(),
        z: ZSpec::Rolling(Baseline::Inclusive),
        correlation_of: CorrelationOf::Returns,
        entry: level(2.0),
        exit: level(0.5),
        stop: None,
        max_fill: 0,
        points: None,
        open: false,
        lines: false,
        stability: None,
    };
    assert_eq!(spec, expected);
    let kalman = good("model=kalman").hedge;
    let memory = level(100.0);
    assert_eq!(
        kalman,
        HedgeSpec::Kalman(KalmanSpec::Memory { lookback, memory })
    );
    let parity = good("model=kalman&noise=pykalman").hedge;
    let init = Init::Pykalman;
    assert_eq!(parity, HedgeSpec::Kalman(KalmanSpec::Pykalman { init }));
    assert_eq!(good("interval=1s").max_fill, 5);
    assert_eq!(good("interval=1s&maxFill=0").max_fill, 0);
}

#[test]
fn datasets_are_fitted_in_sample_unless_a_leg_is_live() {
    let in_sample = HedgeSpec::Fitted(FittedModel::Ols, FitSpec::InSample { fit_ms: None });
    let of = |query: &str| read(query).unwrap().hedge;
    assert_eq!(of("y=a&x=b&source=dataset:7"), in_sample);
    assert_eq!(of("y=a&x=b&ySource=dataset:7&xSource=dataset:8"), in_sample);
    assert_ne!(of("y=a&x=btcusdt&ySource=dataset:7"), in_sample);
    let spec = read("y=a&x=btcusdt&ySource=dataset:7").unwrap();
    let (id, series) = (7, "a".to_owned());
    assert_eq!(spec.y, Leg::Dataset { id, series });
    assert_eq!(spec.x, leg("BTCUSDT"));
    // Uploads may be of any interval, and names of series are as they are.
    let odd = read("y=a&x=A&source=dataset:7&interval=90m").unwrap();
    assert_eq!(odd.interval.to_string(), "90m");
}

#[test]
fn every_wrong_parameter_is_told_with_what_is_allowed() {
    let cases: &[(&str, &str, &str)] = &[
        ("y=BTCUSDT", "x", "is missing"),
        ("x=BTCUSDT", "y", "is missing"),
        ("y=BTCUSDT&x=btcusdt", "x", "same series"),
        ("y=a&x=a&source=dataset:1", "x", "same series"),
        ("y=B!&x=BTCUSDT", "y", "is no symbol"),
        ("y=&x=b&source=dataset:1", "y", "is no name of a series"),
        ("y=a&x=b&source=dataset:0", "source", "dataset:{id}"),
        ("y=a&x=b&source=dead", "source", "dataset:{id}"),
        ("y=a&x=b&xSource=dataset", "xSource", "dataset:{id}"),
        (
            "y=a&x=b&source=live&ySource=live",
            "ySource",
            "contradicts source",
        ),
        ("y=a&x=b&source=dataset:1&open=true", "open", "no open bar"),
        ("+interval=2m", "interval", "1s 1m 5m 15m 1h 4h 1d"),
        ("+interval=m", "interval", "is no length"),
        ("+limit=29", "limit", "30 to 100000"),
        ("+limit=100001", "limit", "30 to 100000"),
        ("+startTime=yesterday", "startTime", "RFC 3339"),
        ("+startTime=2&endTime=1", "startTime", "is after endTime"),
        ("+model=lasso", "model", "ols huber theil_sen kalman"),
        ("+fit=expanding", "fit", "walk_forward in_sample"),
        (
            "+fit=in_sample&lookback=100",
            "lookback",
            "fit=walk_forward",
        ),
        ("+fitTime=1", "fitTime", "fit=in_sample"),
        ("+lookback=29", "lookback", "30 to 10000"),
        ("+lookback=10001", "lookback", "30 to 10000"),
        ("+model=kalman&fit=walk_forward", "fit", "causal"),
        ("+model=kalman&fitTime=1", "fitTime", "causal"),
        ("+noise=memory", "noise", "model=kalman"),
        ("+memory=50", "memory", "model=kalman"),
        ("+init=diffuse", "init", "model=kalman"),
        ("+model=kalman&noise=none", "noise", "memory ml pykalman"),
        ("+model=kalman&memory=4.9", "memory", "5 to 10000"),
        ("+model=kalman&memory=nan", "memory", "5 to 10000"),
        ("+model=kalman&noise=ml&memory=50", "memory", "noise=memory"),
        ("+model=kalman&init=diffuse", "init", "noise=pykalman"),
        (
            "+model=kalman&noise=pykalman&lookback=100",
            "lookback",
            "not trained",
        ),
        ("+transform=sqrt", "transform", "level log"),
        ("+window=2", "window", "3 to 10000"),
        ("+window=10001", "window", "3 to 10000"),
        ("+baseline=both", "baseline", "inclusive exclusive"),
        ("+z=robust", "z", "rolling innovation"),
        ("+z=innovation", "z", "model=kalman"),
        (
            "+model=kalman&noise=pykalman&z=innovation",
            "z",
            "noise=pykalman",
        ),
        (
            "+model=kalman&z=innovation&baseline=inclusive",
            "baseline",
            "no window",
        ),
        ("+correlationOf=prices", "correlationOf", "returns levels"),
        ("+entry=-1", "entry", "0 to 1000"),
        ("+entry=inf", "entry", "0 to 1000"),
        ("+exit=NaN", "exit", "0 to 1000"),
        ("+stop=1e4", "stop", "0 to 1000"),
        ("+exit=2", "exit", "not below entry, 2"),
        ("+entry=0.5", "exit", "not below entry, 0.5"),
        ("+stop=2", "stop", "not above entry, 2"),
        ("+window=16&stop=3.75", "stop", "3.7500"),
        ("+window=5", "entry", "1.7889"),
        ("+window=4&entry=1.5&exit=1", "entry", "window=4"),
        ("+maxFill=-1", "maxFill", "0 to 1000"),
        ("+points=49", "points", "50 to 100000"),
        ("+open=yes", "open", "true"),
        ("+include=charts", "include", "lines stability"),
        ("+include=lines,lines", "include", "twice"),
        ("+include=", "include", "lines stability"),
        ("+colour=red", "colour", "is not known"),
        ("+window=60&window=61", "window", "more than once"),
    ];
    for (query, field, allowed) in cases {
        let query = match query.strip_prefix('+') {
            Some(rest) => format!("{LEGS}&{rest}"),
            None => (*query).to_owned(),
        };
        let errors = read(&query).expect_err(&query);
        assert_eq!(errors.len(), 1, "{query}: {errors:?}");
        assert_eq!(errors[0].0, *field, "{query}: {errors:?}");
        assert!(errors[0].1.contains(allowed), "{query}: {errors:?}");
    }
}

#[test]
fn what_is_just_within_bounds_is_taken() {
    for rest in [
        "limit=30",
        "limit=100000",
        "lookback=30",
        "lookback=10000",
        "window=10000",
        "window=16&stop=3.7499",
        "window=16&stop=3.75&baseline=exclusive",
        "window=3&entry=1.15",
        "window=3&model=kalman&z=innovation",
        "model=kalman&memory=5",
        "model=kalman&memory=10000",
        "model=kalman&noise=pykalman&init=diffuse",
        "exit=0&entry=0.1",
        "startTime=1&endTime=1",
        "fit=in_sample&fitTime=2024-08-08T00:00:00Z",
        "fit=in_sample&include=stability&lookback=100",
        "model=kalman&noise=pykalman&include=stability&lookback=100",
        "include=stability,lines",
        "points=50",
        "open=true",
    ] {
        good(rest);
    }
}

#[test]
fn everything_wrong_is_told_at_once() {
    let query = "y=BTCUSDT&xSource=dataset:x&interval=2m&limit=0&model=kalman&fit=in_sample&window=1&entry=x&hello=1";
    let errors = read(query).unwrap_err();
    let fields: Vec<&str> = errors.iter().map(|(field, _)| field.as_str()).collect();
    let expected = ["hello", "xSource", "x", "limit", "fit", "window", "entry"];
    assert_eq!(fields, expected, "{errors:?}");
}

/// One query for each way in which parameters can be combined.
fn combinations() -> Vec<String> {
    let mut queries = vec![String::new()];
    let mut by = |choices: &[&str]| {
        let extended = queries.iter().flat_map(|query| {
            choices
                .iter()
                .map(move |choice| format!("{query}&{choice}"))
        });
        queries = extended.collect();
    };
    by(&[
        "y=ETHUSDT&x=simulated:btcusdt",
        "y=a%20%26%2C%3D%2B&x=%E5%B8%81&source=dataset:3",
        "y=a&x=BTCUSDT&ySource=dataset:3&interval=1d",
    ]);
    by(&[
        "model=ols",
        "model=huber&fit=walk_forward&lookback=77",
        "model=theil_sen&fit=in_sample",
        "model=ols&fit=in_sample&fitTime=86400000",
        "model=kalman",
        "model=kalman&memory=12.34&lookback=31",
        "model=kalman&z=innovation",
        "model=kalman&noise=ml&lookback=40",
        "model=kalman&noise=pykalman&init=identity",
    ]);
    by(&["transform=log", "transform=level", "limit=77"]);
    by(&[
        "entry=2.1&exit=0.1&stop=4.25",
        "include=lines",
        "include=stability,lines",
    ]);
    by(&[
        "maxFill=3&points=400",
        "startTime=5&endTime=2024-08-08T00:00:00Z",
        "window=30",
    ]);
    queries
}

#[test]
fn the_text_of_a_spec_reads_back_as_the_same_spec_whatever_the_defaults() {
    let other = Defaults {
        transform: Transform::Log,
        open: true,
        fit: None,
    };
    let all = combinations();
    assert_eq!(all.len(), 3 * 9 * 27);
    for query in all {
        let spec = read(&query[1..]).unwrap_or_else(|errors| panic!("{query}: {errors:?}"));
        let text = spec.to_string();
        for defaults in [Defaults::VIEW, other] {
            assert_eq!(
                read_with(&text, defaults),
                Ok(spec.clone()),
                "{query}: {text}"
            );
        }
        // What analytics refuses must have been refused before.
        let analysis = spec.analysis();
        assert_eq!(analysis.zscore(), spec.zscore());
        let told = spec.params();
        assert_eq!(told.model, spec.model());
        assert_eq!(told.fit.is_none(), told.model == Model::Kalman);
        assert!(spec.needed() >= 30);
    }
}

#[test]
fn equal_questions_have_equal_texts_however_they_are_asked() {
    let texts = [
        "y=ethusdt&x=BTCUSDT",
        "x=btcusdt&y=ETHUSDT&source=live&limit=1000&interval=60s",
        "y=ETHUSDT&x=BTCUSDT&entry=2&exit=.5&fit=walk_forward&lookback=0500&open=false&z=rolling",
    ]
    .map(|query| read(query).unwrap().to_string());
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0], texts[2]);
    assert_eq!(
        texts[0],
        "y=ETHUSDT&x=BTCUSDT&ySource=live&xSource=live&interval=1m&limit=1000&model=ols&fit=walk_forward\
         &lookback=500&transform=level&window=60&baseline=inclusive&z=rolling&correlationOf=returns&entry=2\
         &exit=0.5&maxFill=0&open=false"
    );
}

#[test]
fn the_warm_up_gives_the_first_bar_shown_every_figure_and_no_more() {
    // Look-back, then a window that ends with the bar or before it; returns take a bar more.
    for (rest, warmup, needed) in [
        ("lookback=500&window=60", 559, 560),
        ("lookback=500&window=60&baseline=exclusive", 560, 561),
        ("fit=in_sample&window=60", 60, 61),
        ("fit=in_sample&window=60&correlationOf=levels", 59, 60),
        ("fit=in_sample&window=10", 10, 30),
        ("model=kalman&z=innovation&lookback=100&window=60", 100, 101),
        ("model=kalman&z=innovation&lookback=30&window=60", 60, 61),
        ("model=kalman&noise=pykalman&window=60", 60, 61),
    ] {
        let spec = good(rest);
        assert_eq!((spec.warmup(), spec.needed()), (warmup, needed), "{rest}");
    }
}

#[test]
fn names_of_what_is_followed_leave_out_what_belongs_to_one_look() {
    let once = ["startTime", "endTime", "points", "include"];
    for name in PairSpec::NAMES {
        assert_eq!(
            PairSpec::FOLLOWED.contains(&name),
            !once.contains(&name),
            "{name}"
        );
    }
}
