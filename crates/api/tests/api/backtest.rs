//! `GET /api/v1/pairs/backtest`

use analytics::{
    Baseline, Estimator, Hedge, Lookback, PairParams, Threshold, Transform, Window, ZScore,
    backtest::{self, Bars, Costs, Funding, LegPrices, Rules, Signals, Sizing, Strategy},
};
use api_types::{BacktestResponse, DatasetCreated, ExitReason, Fit, RangePart, SpreadSide};

use crate::support::{
    Api,
    pair::{MINUTE_MS, Pair, closes, minute},
};

const QUICK: &str = "limit=300&lookback=60&window=20&entry=1.2&exit=0.3";

fn path(rest: &str) -> String {
    format!("/api/v1/pairs/backtest?y=YUSDT&x=XUSDT&{rest}")
}

async fn ask(api: &Api, rest: &str) -> BacktestResponse {
    api.json(&path(rest)).await
}

#[tokio::test]
async fn the_backtest_of_stored_bars_is_the_one_that_analytics_gives_for_them() {
    let pair = Pair::new(400).await;
    let answer = ask(&pair.api, QUICK).await;
    let (times, y, x) = pair.bars().await;
    // A trade a minute: the open of each bar is its close.
    let leg = |closes| LegPrices {
        open: closes,
        close: closes,
    };
    let bars = Bars::new(&times, MINUTE_MS, leg(&y), leg(&x)).unwrap();
    let z = ZScore::Rolling {
        window: Window::new(20).unwrap(),
        baseline: Baseline::Inclusive,
    };
    let hedge = Hedge::WalkForward {
        estimator: Estimator::Ols,
        lookback: Lookback::new(60).unwrap(),
    };
    let params = PairParams::new(Transform::Level, hedge, z).unwrap();
    let level = |level| Threshold::new(level, z).unwrap();
    let strategy = Strategy {
        rules: Rules::new(level(1.2), level(0.3), None, None).unwrap(),
        sizing: Sizing::BetaNeutral,
        costs: Costs::default(),
        funding: Funding::NONE,
        capital: 100_000.0,
        bars_per_year: 365.0 * 1_440.0,
    };
    let signals = Signals::of(&bars, &params).unwrap();
    let expected = backtest::backtest(&bars, &signals, 100..400, &strategy).unwrap();
    let found = &answer.backtest;
    assert!(expected.trades.len() > 5);
    assert_eq!(found.trades.len(), expected.trades.len());
    for (ours, theirs) in found.trades.iter().zip(&expected.trades) {
        assert_eq!(ours.entry_time, times[theirs.entry_bar]);
        assert_eq!(ours.exit_time, times[theirs.exit_bar]);
        assert!((ours.net - theirs.net()).abs() < 1e-4, "{ours:?}");
        assert_eq!(ours.side == SpreadSide::Long, ours.quantity_y > 0.0);
        assert_eq!(ours.part, None);
    }
    for (ours, theirs) in found.series.equity.iter().zip(&expected.equity) {
        assert!((ours - theirs).abs() < 1e-4);
    }
    let summary = found.summary;
    let sum = summary.gross - summary.fees - summary.slippage - summary.funding;
    assert!((summary.net - sum).abs() < 1e-6);
    assert!((summary.sharpe.unwrap() - expected.performance.sharpe.unwrap()).abs() < 1e-6);
    assert_eq!(
        (summary.from_time, summary.to_time),
        (minute(100), minute(399))
    );
    assert_eq!((summary.bars, found.series.time.len()), (300, 300));
    assert_eq!(found.bars_per_year, 365.0 * 1_440.0);
    assert_eq!((found.formation, found.split_time), (None, None));
}

#[tokio::test]
async fn every_parameter_in_force_is_told() {
    let pair = Pair::new(200).await;
    let answer = ask(&pair.api, "limit=100&lookback=60&window=20").await;
    let params = &answer.params;
    assert_eq!(params.pair.y, "simulated:YUSDT");
    assert_eq!((params.pair.entry, params.pair.exit), (2.0, 0.5));
    assert_eq!(params.pair.fit, Some(Fit::WalkForward));
    assert_eq!((params.fee_bps, params.slippage_bps), (5.0, 1.0));
    assert_eq!(
        (params.y_funding_bps_8h, params.x_funding_bps_8h),
        (0.0, 0.0)
    );
    assert_eq!(
        (params.capital, params.time_stop, params.split),
        (100_000.0, None, None)
    );
    let rest = "limit=100&lookback=60&window=20&fundingBps8h=1.5&timeStop=7&feeBps=0&sizing=dollar_neutral";
    let params = ask(&pair.api, rest).await.params;
    assert_eq!(
        (params.y_funding_bps_8h, params.x_funding_bps_8h),
        (1.5, 1.5)
    );
    assert_eq!((params.fee_bps, params.time_stop), (0.0, Some(7)));
    assert_eq!(params.sizing, api_types::Sizing::DollarNeutral);
}

#[tokio::test]
async fn with_a_split_the_headline_is_the_trading_part_alone() {
    let pair = Pair::new(400).await;
    let answer = ask(&pair.api, &format!("{QUICK}&split=0.6")).await.backtest;
    let formation = answer.formation.unwrap();
    assert_eq!((formation.bars, answer.summary.bars), (180, 120));
    assert_eq!(answer.split_time, Some(minute(280)));
    assert_eq!(answer.summary.from_time, minute(280));
    let parts = |part| {
        answer
            .trades
            .iter()
            .filter(move |trade| trade.part == Some(part))
    };
    for (part, summary) in [
        (RangePart::Formation, formation),
        (RangePart::Trading, answer.summary),
    ] {
        let net: f64 = parts(part).map(|trade| trade.net).sum();
        assert!((net - summary.net).abs() < 1e-6);
        assert_eq!(parts(part).count(), summary.trades as usize);
    }
    // Each part begins with all of the capital.
    assert_eq!(
        (answer.series.equity[0], answer.series.equity[180]),
        (100_000.0, 100_000.0)
    );
    assert_eq!(answer.series.time.len(), 300);
}

#[tokio::test]
async fn what_cannot_be_asked_of_a_backtest_is_named() {
    let pair = Pair::new(60).await;
    for (rest, field) in [
        ("fit=in_sample", "fit"),
        ("model=kalman&fit=walk_forward", "fit"),
        ("open=true", "open"),
        ("points=100", "points"),
        ("include=lines", "include"),
        ("feeBps=-1", "feeBps"),
        ("fundingBps8h=1&xFundingBps8h=2", "xFundingBps8h"),
        ("split=1", "split"),
        ("timeStop=0", "timeStop"),
        ("capital=nan", "capital"),
        ("sizing=equal", "sizing"),
        ("table=trades", "table"),
        ("format=csv&table=all", "table"),
        ("entry=0.5&exit=0.5", "exit"),
    ] {
        let problem = pair.api.problem(&path(rest)).await;
        assert_eq!(problem.status, 400, "{rest}");
        let fields: Vec<&str> = problem.errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(fields, [field], "{rest}: {}", problem.detail);
    }
    let problem = pair.api.problem(&path("")).await;
    assert_eq!(problem.status, 422);
    assert_eq!(problem.kind, "urn:spreadscope:problem:too-few-bars");
}

#[tokio::test]
async fn trades_and_bars_come_as_tables() {
    let pair = Pair::new(400).await;
    let answer = ask(&pair.api, QUICK).await.backtest;
    let text = async |rest: &str| {
        let response = pair
            .api
            .get(&path(&format!("{QUICK}&format=csv{rest}")))
            .await;
        assert_eq!(response.status(), 200);
        let name = response.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .to_owned();
        (name, response.text().await.unwrap())
    };
    let (name, trades) = text("").await;
    assert!(
        name.contains("YUSDT_XUSDT_1m_backtest_trades.csv"),
        "{name}"
    );
    let lines: Vec<&str> = trades.lines().collect();
    assert_eq!(lines.len(), answer.trades.len() + 1);
    let nets = lines[1..]
        .iter()
        .map(|line| line.rsplit(',').next().unwrap().parse::<f64>().unwrap());
    assert!(lines[0].ends_with(",net"));
    for (net, trade) in nets.zip(&answer.trades) {
        assert!((net - trade.net).abs() < 1e-9);
    }
    let (name, series) = text("&table=series").await;
    assert!(name.contains("YUSDT_XUSDT_1m_backtest.csv"), "{name}");
    assert_eq!(series.lines().count(), 301);
    assert_eq!(
        series.lines().next(),
        Some("time,z,beta,equity,drawdown,position")
    );
}

async fn upload(api: &Api, name: &str, file: String) -> String {
    let request = api
        .client
        .post(api.url(&format!("/api/v1/datasets?name={name}")));
    let response = request
        .header("content-type", "text/csv")
        .body(file)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    let created: DatasetCreated = response.json().await.unwrap();
    created.dataset.source
}

#[tokio::test]
async fn a_dataset_without_opens_is_traded_at_closes_and_only_when_asked_to() {
    let pair = Pair::new(40).await;
    let rows = closes(400, 3);
    let wide = rows
        .iter()
        .enumerate()
        .map(|(t, (y, x))| format!("{},{y},{x}\n", minute(t as i64)));
    let source = upload(
        &pair.api,
        "closes",
        format!("time,A,B\n{}", wide.collect::<String>()),
    )
    .await;
    let asked = format!("/api/v1/pairs/backtest?y=A&x=B&source={source}&interval=1m&{QUICK}");
    let problem = pair.api.problem(&asked).await;
    assert_eq!(
        (problem.status, &problem.kind[..]),
        (422, "urn:spreadscope:problem:no-backtest")
    );
    assert!(problem.detail.contains("fill=close"), "{}", problem.detail);
    let answer: BacktestResponse = pair.api.json(&format!("{asked}&fill=close")).await;
    // A dataset is fitted in sample by default; a backtest never is.
    assert_eq!(answer.params.pair.fit, Some(Fit::WalkForward));
    let found = answer.backtest;
    assert!(found.trades.len() > 5);
    // 300 rows within 299 minutes.
    let years = 299.0 / (365.0 * 1_440.0);
    assert!((found.bars_per_year - 300.0 / years).abs() < 1e-6);
    let at = |time: i64| rows[((time - minute(0)) / MINUTE_MS) as usize];
    for trade in &found.trades {
        assert_eq!((trade.entry_y, trade.entry_x), at(trade.entry_time));
        if trade.exit_reason != ExitReason::End {
            assert_eq!((trade.exit_y, trade.exit_x), at(trade.exit_time));
        }
    }
}

#[tokio::test]
async fn a_dataset_with_opens_is_traded_at_them() {
    let pair = Pair::new(40).await;
    let rows = closes(400, 4);
    let mut file = String::from("time,symbol,open,close\n");
    for (t, (y, x)) in rows.iter().enumerate() {
        let time = minute(t as i64);
        file += &format!("{time},A,{},{y}\n{time},B,{},{x}\n", y + 0.25, x - 0.25);
    }
    let source = upload(&pair.api, "opens", file).await;
    let asked = format!("/api/v1/pairs/backtest?y=A&x=B&source={source}&interval=1m&{QUICK}");
    let answer: BacktestResponse = pair.api.json(&asked).await;
    assert!(answer.backtest.trades.len() > 5);
    for trade in &answer.backtest.trades {
        let (y, x) = rows[((trade.entry_time - minute(0)) / MINUTE_MS) as usize];
        assert!((trade.entry_y - y - 0.25).abs() < 1e-9 && (trade.entry_x - x + 0.25).abs() < 1e-9);
    }
}

#[tokio::test]
async fn legs_that_no_filter_can_be_trained_on_are_refused_with_the_reason() {
    let pair = Pair::new(40).await;
    let mut file = String::from("time,symbol,open,close\n");
    for t in 0..200 {
        let time = minute(t);
        file += &format!("{time},A,{0},{0}\n{time},B,5,5\n", 100 + t % 7);
    }
    let source = upload(&pair.api, "constant", file).await;
    let asked = format!(
        "/api/v1/pairs/backtest?y=A&x=B&source={source}&interval=1m&limit=100&lookback=60&window=20&model=kalman"
    );
    let problem = pair.api.problem(&asked).await;
    assert_eq!(
        (problem.status, &problem.kind[..]),
        (422, "urn:spreadscope:problem:no-backtest")
    );
    assert!(problem.detail.contains("constant"), "{}", problem.detail);
}
