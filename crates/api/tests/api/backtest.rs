//! `GET /api/v1/pairs/backtest`

use analytics::{
    Baseline, Estimator, Hedge, Lookback, PairParams, Threshold, Transform, Window, ZScore,
    backtest::{self, Bars, Costs, Funding, LegPrices, Rules, Signals, Sizing, Strategy},
};
use api_types::{
    BacktestResponse, DatasetCreated, ExitReason, Fit, FundingFrom, RangePart, SpreadSide,
    WarningCode,
};
use store::{funding, history::Coverage};

use crate::support::{
    Api,
    market::Market,
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

/// Payments of a leg every 20 minutes, some milliseconds after the time that they are for, every third one the other way.
fn paid(rate: f64) -> Vec<funding::FundingRate> {
    let rate = |n: i64| funding::FundingRate {
        time_ms: minute(20 * n) + 7,
        rate: if n % 3 == 0 { -rate } else { rate },
    };
    (0..25).map(rate).collect()
}

/// Stores what a leg paid, and from which minute to which it is known.
pub(crate) async fn pay(leg: &Market, rate: f64, known: (i64, i64)) {
    let covered = Coverage {
        from_ms: minute(known.0),
        to_ms: minute(known.1),
    };
    let written = funding::write(&leg.store, leg.id, &paid(rate), covered).await;
    written.unwrap();
}

fn exchange(rest: &str) -> String {
    path(&format!("{QUICK}&funding=exchange{rest}"))
}

#[tokio::test]
async fn funding_is_what_the_exchange_says_that_was_paid() {
    let pair = Pair::new(400).await;
    pay(&pair.y, 2e-4, (0, 400)).await;
    pay(&pair.x, 5e-5, (0, 400)).await;
    let answer: BacktestResponse = pair.api.json(&exchange("")).await;
    assert_eq!(answer.params.funding, FundingFrom::Exchange);
    assert_eq!(answer.backtest.warnings, []);
    let found = answer.backtest.trades;
    assert!(found.len() > 5);
    // By hand: each payment at the close of the bar that it ends, for what is held then.
    let (times, y, x) = pair.bars().await;
    let mut total = 0.0;
    for trade in &found {
        let left_ms = match trade.exit_reason {
            ExitReason::End => trade.exit_time + MINUTE_MS,
            _ => trade.exit_time,
        };
        let due = |quantity: f64, rates: &[funding::FundingRate], closes: &[f64]| -> f64 {
            let due = rates.iter().filter_map(|paid| {
                let at_ms = paid.time_ms - 7;
                let is_held = trade.entry_time < at_ms && at_ms <= left_ms;
                let bar = times.iter().position(|t| t + MINUTE_MS == at_ms)?;
                is_held.then(|| quantity * closes[bar] * paid.rate)
            });
            due.sum()
        };
        let expected =
            due(trade.quantity_y, &paid(2e-4), &y) + due(trade.quantity_x, &paid(5e-5), &x);
        assert!((trade.funding - expected).abs() < 1e-6, "{trade:?}");
        total += expected;
    }
    let summary = answer.backtest.summary;
    assert!(total != 0.0 && (summary.funding - total).abs() < 1e-6);
    assert_eq!((summary.bars, summary.to_time), (300, minute(399)));
    // Without it everything is the same but funding.
    let without = ask(&pair.api, QUICK).await.backtest.summary;
    assert_eq!((without.funding, without.gross), (0.0, summary.gross));
    assert!((without.net - summary.net - total).abs() < 1e-6);

    // What comes later is counted at once: nothing remembers the answer.
    let more = funding::FundingRate {
        time_ms: found[0].entry_time + MINUTE_MS,
        rate: 0.01,
    };
    let covered = Coverage {
        from_ms: minute(0),
        to_ms: minute(400),
    };
    let written = funding::write(&pair.y.store, pair.y.id, &[more], covered).await;
    written.unwrap();
    let again: BacktestResponse = pair.api.json(&exchange("")).await;
    assert!((again.backtest.summary.funding - total).abs() > 10.0);
}

#[tokio::test]
async fn bars_whose_payments_are_not_known_are_not_traded_and_the_answer_says_so() {
    let pair = Pair::new(400).await;
    let asked = |rest: &str| {
        path(&format!(
            "limit=200&lookback=60&window=20&entry=1.2&exit=0.3&funding=exchange{rest}"
        ))
    };
    let refused = async |rest: &str| {
        let problem = pair.api.problem(&asked(rest)).await;
        assert_eq!(
            (problem.status, &problem.kind[..]),
            (422, "urn:spreadscope:problem:no-backtest")
        );
        problem.detail
    };
    let detail = refused("").await;
    assert!(detail.contains("YUSDT are not known"), "{detail}");
    // One leg is not enough, nor what begins behind the first bar to trade, which is the 200th.
    pay(&pair.y, 2e-4, (0, 400)).await;
    let detail = refused("").await;
    assert!(detail.contains("XUSDT are not known"), "{detail}");
    pay(&pair.x, 5e-5, (210, 310)).await;
    let detail = refused("").await;
    assert!(
        detail.contains("known only from 2024-08-08T03:30:00Z on"),
        "{detail}"
    );

    // Of one leg it is known up to ten past five, so that the next payment would be at six.
    pay(&pair.x, 5e-5, (20, 310)).await;
    let found = pair.api.json::<BacktestResponse>(&asked("")).await.backtest;
    // As many bars as were asked for, all of which end before it.
    assert_eq!(
        (found.summary.to_time, found.summary.bars),
        (minute(358), 200)
    );
    let codes: Vec<WarningCode> = found.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, [WarningCode::FundingPending]);
    assert!(
        found.warnings[0].detail.contains("2024-08-08T06:00:00Z"),
        "{:?}",
        found.warnings
    );
    // The same as asking for these bars, and then there is nothing to tell.
    let end = format!("&endTime={}", minute(358));
    let same = pair.api.json::<BacktestResponse>(&asked(&end)).await;
    assert_eq!(same.backtest.warnings, []);
    assert_eq!(same.backtest.summary, found.summary);
    assert_eq!(same.backtest.trades, found.trades);
    let detail = refused(&format!("&startTime={}", minute(360))).await;
    assert!(
        detail.contains("known only up to 2024-08-08T05:10:00Z"),
        "{detail}"
    );
}

#[tokio::test]
async fn what_contradicts_the_rates_of_the_exchange_is_named() {
    let pair = Pair::new(60).await;
    for (rest, field) in [
        ("fundingBps8h=1", "fundingBps8h"),
        ("yFundingBps8h=1", "yFundingBps8h"),
        ("ySource=dataset:1", "funding"),
        ("xSource=dataset:1", "funding"),
    ] {
        let problem = pair
            .api
            .problem(&path(&format!("funding=exchange&{rest}")))
            .await;
        let fields: Vec<&str> = problem.errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!((problem.status, fields), (400, vec![field]), "{rest}");
    }
    let problem = pair.api.problem(&path("funding=both")).await;
    assert_eq!(
        (problem.status, &problem.errors[0].field[..]),
        (400, "funding")
    );
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
