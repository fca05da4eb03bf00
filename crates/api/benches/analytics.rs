//! `/pairs/analytics` as its callers see it: latency of whole requests and load, beside the same service in
//! Python where one is given, in one run.
//!
//! ```text
//! PYTHON=…/bin/python cargo bench --bench analytics
//! ```
//!
//! `PYTHON` has the packages of `reference/requirements.txt`; without it the comparison is left out.
//! Load comes from `wrk`, which must be installed. `ROUNDS` and `SECONDS` change how long it takes.
//! Ours and theirs take turns, so that whatever else the machine does falls on both; figures are medians.

mod support;

use std::time::Duration;

use anyhow::Result;
use support::{Case, Market, Ours, Theirs, load, median, milliseconds, setting};

/// The pair, one-minute bars, 1,000 of them.
const PAIR: &str = "y=YUSDT&x=XUSDT&limit=1000";

/// Budgets of whole requests, median ms: warm and cold.
const CASES: [Case; 6] = [
    Case::new("OLS in sample", "model=ols&fit=in_sample", 4.0, 15.0),
    Case::new(
        "Theil-Sen in sample",
        "model=theil_sen&fit=in_sample",
        4.0,
        15.0,
    ),
    Case::new("Kalman", "model=kalman", 4.0, 15.0),
    Case::new("OLS walk-forward", "model=ols&fit=walk_forward", 4.0, 25.0),
    Case::new(
        "Huber walk-forward",
        "model=huber&fit=walk_forward",
        4.0,
        25.0,
    ),
    Case::new(
        "Theil-Sen walk-forward",
        "model=theil_sen&fit=walk_forward",
        4.0,
        120.0,
    ),
];

#[tokio::main]
async fn main() -> Result<()> {
    let rounds = setting("ROUNDS", 5);
    let market = Market::create().await?;
    let ours = Ours::start(&market).await?;
    let theirs = Theirs::start(&market).await?;
    println!(
        "{}: 1,000 bars shown, one-minute klines, {rounds} rounds",
        testkit::flavour()
    );
    println!(
        "whole requests, median ms            warm      cold   computed     Python warm     cold"
    );
    let mut end = market.ends();
    for case in &CASES {
        let question = format!("{PAIR}&{}", case.query);
        let (mut warm, mut cold, mut computed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut python_warm, mut python_cold) = (Vec::new(), Vec::new());
        // Bars and answer are in memory from here on.
        ours.ask(&question).await?;
        for round in 0..rounds {
            for _ in 0..20 {
                warm.push(ours.ask(&question).await?);
            }
            for n in 0..10 {
                // Bars of a range that nobody has asked for, from the database.
                cold.push(ours.ask(&format!("{question}&endTime={}", end())).await?);
                // Bars that are held, a question that nobody has asked.
                let entry = format!("1.{:04}", round * 10 + n + 1);
                computed.push(ours.ask(&format!("{question}&entry={entry}")).await?);
            }
            if let Some(theirs) = theirs.as_ref().filter(|_| case.python_can()) {
                let known = end();
                python_cold.push(theirs.ask(&format!("{question}&endTime={known}")).await?);
                for _ in 0..2 {
                    python_warm.push(theirs.ask(&format!("{question}&endTime={known}")).await?);
                }
            }
        }
        let (warm, cold) = (median(&mut warm), median(&mut cold));
        let python = [python_warm, python_cold].map(|mut times| milliseconds(median(&mut times)));
        println!(
            "{:<32} {:>8.2}  {:>8.2}  {:>9.2}     {:>11}  {:>7}",
            case.name,
            warm,
            cold,
            median(&mut computed),
            python[0],
            python[1]
        );
        for (kind, figure, budget) in [("warm", warm, case.warm_ms), ("cold", cold, case.cold_ms)] {
            let verdict = if figure <= budget { "holds" } else { "fails" };
            println!(
                "budget: {}, {kind}: {figure:.2} ms, budget ≤ {budget} ms: {verdict}",
                case.name
            );
        }
    }

    let seconds = Duration::from_secs(setting("SECONDS", 5) as u64);
    println!(
        "\nwrk, 16 connections, {} s a turn, median of {rounds} turns",
        seconds.as_secs()
    );
    println!("                                        requests/s      p50 ms      p99 ms");
    let question = format!("{PAIR}&{}", CASES[0].query);
    let ours_url = ours.url(&question);
    let theirs_url = theirs
        .as_ref()
        .map(|theirs| theirs.url(&format!("{question}&endTime={}", end())));
    let mut turns = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        turns[0].push(load(&ours_url, false, seconds).await?);
        turns[1].push(load(&ours_url, true, seconds).await?);
        if let Some(url) = &theirs_url {
            turns[2].push(load(url, false, seconds).await?);
        }
    }
    let names = [
        "the same question",
        "a new question each time",
        "Python, the same question",
    ];
    let mut rates = Vec::new();
    for (name, turns) in names.into_iter().zip(&turns) {
        if turns.is_empty() {
            continue;
        }
        let of = |figure: fn(&support::Load) -> f64| {
            median(&mut turns.iter().map(figure).collect::<Vec<_>>())
        };
        let rate = of(|load| load.requests_per_second);
        println!(
            "{name:<36} {rate:>13.0}  {:>10.2}  {:>10.2}",
            of(|load| load.p50_ms),
            of(|load| load.p99_ms)
        );
        rates.push(rate);
    }
    if let [ours, computed, theirs] = rates[..] {
        println!(
            "beside Python: {:.0} times the requests/s, {:.0} times where every answer is computed",
            ours / theirs,
            computed / theirs
        );
    }
    Ok(())
}
