//! `/api/v1/sweeps`

use api_types::{
    BacktestResponse, FundingFrom, ScanState, StreamEvent, Sweep, SweepResponse, SweepsResponse,
};
use serde_json::json;

use crate::{
    backtest::pay,
    support::{
        Api,
        events::Events,
        pair::{Pair, minute},
        problem, until,
    },
};

async fn ask(api: &Api, body: serde_json::Value) -> reqwest::Response {
    let request = api.client.post(api.url("/api/v1/sweeps"));
    request.json(&body).send().await.unwrap()
}

async fn done(api: &Api, id: i64) -> Sweep {
    until("the sweep has ended", async || {
        let answer: SweepResponse = api.json(&format!("/api/v1/sweeps/{id}")).await;
        matches!(answer.sweep.state, ScanState::Done | ScanState::Failed)
    })
    .await;
    let answer: SweepResponse = api.json(&format!("/api/v1/sweeps/{id}")).await;
    answer.sweep
}

#[tokio::test]
async fn a_grid_is_tried_in_the_background_and_the_choice_is_what_its_backtest_says() {
    let pair = Pair::new(500).await;
    let api = &pair.api;
    let asked = ask(
        api,
        json!({
            "backtest": {"y": "YUSDT", "x": "XUSDT", "limit": 400, "lookback": 60, "feeBps": 1},
            "windows": [15, 30],
            "entries": [1.0, 1.5],
            "exits": [0.0, 0.5],
        }),
    )
    .await;
    assert_eq!(asked.status(), 202);
    let location = asked.headers()["location"].to_str().unwrap().to_owned();
    let asked: SweepResponse = asked.json().await.unwrap();
    assert_eq!(location, format!("/api/v1/sweeps/{}", asked.sweep.id));
    let mut events = Events::open(api, &format!("sweep:{}", asked.sweep.id)).await;
    let sweep = events
        .find(|event| match event {
            StreamEvent::Sweep { data, .. } => {
                data.sweep.filter(|sweep| sweep.state == ScanState::Done)
            }
            other => panic!("{other:?}"),
        })
        .await;
    assert_eq!((sweep.done, sweep.total), (8, 8));
    assert_eq!(sweep, done(api, asked.sweep.id).await);
    let result = sweep.result.unwrap();
    let cells = &result.cells;
    assert_eq!(cells.window.len(), 8);
    let chosen = result.chosen.unwrap() as usize;
    assert!(
        cells
            .formation_sharpe
            .iter()
            .all(|s| *s <= cells.formation_sharpe[chosen])
    );
    let (window, entry, exit) = (
        cells.window[chosen],
        cells.entry[chosen],
        cells.exit[chosen],
    );
    let pair_params = &result.params.pair;
    assert_eq!(
        (pair_params.window, pair_params.entry, pair_params.exit),
        (window, entry, exit)
    );
    let path = format!(
        "/api/v1/pairs/backtest?y=YUSDT&x=XUSDT&limit=400&lookback=60&feeBps=1&split=0.6&window={window}&entry={entry}&exit={exit}"
    );
    let alone: BacktestResponse = api.json(&path).await;
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
    assert!(close(
        alone.backtest.summary.total_return,
        cells.trading_return[chosen]
    ));
    let formation = alone.backtest.formation.unwrap();
    assert!(close(
        formation.total_return,
        cells.formation_return[chosen]
    ));
    assert_eq!(alone.backtest.split_time, Some(result.split_time));
    assert_eq!(alone.backtest.summary.trades, cells.trading_trades[chosen]);
    let all: SweepsResponse = api.json("/api/v1/sweeps").await;
    assert_eq!(all.sweeps[0].id, asked.sweep.id);
}

#[tokio::test]
async fn a_sweep_counts_what_the_exchange_says_that_was_paid() {
    let pair = Pair::new(500).await;
    let api = &pair.api;
    let body = json!({
        "backtest": {"y": "YUSDT", "x": "XUSDT", "limit": 300, "lookback": 60, "funding": "exchange"},
        "windows": [15, 30],
        "entries": [1.0],
        "exits": [0.0],
    });
    let asked: SweepResponse = ask(api, body.clone()).await.json().await.unwrap();
    let unknown = done(api, asked.sweep.id).await;
    assert_eq!(unknown.state, ScanState::Failed);
    let error = unknown.error.unwrap();
    assert!(error.contains("YUSDT are not known"), "{error}");

    pay(&pair.y, 2e-4, (0, 430)).await;
    pay(&pair.x, 5e-5, (0, 430)).await;
    let asked: SweepResponse = ask(api, body).await.json().await.unwrap();
    let result = done(api, asked.sweep.id).await.result.unwrap();
    // Ten past seven is known, eight is not.
    assert_eq!(result.to_time, minute(478));
    assert_eq!(result.params.funding, FundingFrom::Exchange);
    let path = "/api/v1/pairs/backtest?y=YUSDT&x=XUSDT&limit=300&lookback=60&split=0.6&window=30&entry=1&exit=0";
    let alone: BacktestResponse = api.json(&format!("{path}&funding=exchange")).await;
    assert!(alone.backtest.summary.funding != 0.0);
    let cell = result.cells.window.iter().position(|window| *window == 30);
    let found = result.cells.trading_return[cell.unwrap()];
    assert!((alone.backtest.summary.total_return - found).abs() < 1e-9);
}

#[tokio::test]
async fn a_sweep_that_makes_no_sense_is_refused_and_one_that_cannot_be_done_says_why() {
    let pair = Pair::new(100).await;
    let api = &pair.api;
    let grid = |more: serde_json::Value| {
        let mut body = json!({
            "backtest": {"y": "YUSDT", "x": "XUSDT"},
            "windows": [20], "entries": [2.0], "exits": [0.5],
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for (more, field) in [
        (json!({"windows": []}), "windows"),
        (json!({"entries": [-1.0]}), "entries"),
        (json!({"exits": [3.0]}), "exit"),
        (
            json!({"backtest": {"y": "YUSDT", "x": "XUSDT", "window": 20}}),
            "window",
        ),
        (
            json!({"backtest": {"y": "YUSDT", "x": "XUSDT", "fit": "in_sample"}}),
            "fit",
        ),
    ] {
        let refused = problem(ask(api, grid(more.clone())).await).await;
        let fields: Vec<&str> = refused.errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!((refused.status, &fields[..]), (400, &[field][..]), "{more}");
    }
    let asked: SweepResponse = ask(api, grid(json!({}))).await.json().await.unwrap();
    let sweep = done(api, asked.sweep.id).await;
    assert_eq!(sweep.state, ScanState::Failed);
    assert!(sweep.error.unwrap().contains("it takes"));
    let path = format!("/api/v1/sweeps/{}", sweep.id);
    let deleted = api.client.delete(api.url(&path)).send().await.unwrap();
    assert_eq!(deleted.status(), 200);
    // A page that comes back may not know yet that it is gone.
    let mut events = Events::open(api, &format!("sweep:{}", sweep.id)).await;
    let told = events.next().await;
    assert!(matches!(told, Some(StreamEvent::Sweep { data, .. }) if data.sweep.is_none()));
    assert_eq!(
        api.problem(&path).await.kind,
        "urn:spreadscope:problem:unknown-sweep"
    );
}
