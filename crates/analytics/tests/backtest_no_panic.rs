//! Whatever the input, a backtest answers or says why not; and no figure that it answers is NaN or infinite.

use std::num::NonZeroUsize;

use analytics::backtest::{
    Bars, Costs, Funding, FundingRate, LegFunding, LegPrices, Rules, Signals, Sizing, Strategy,
    Trade, backtest, backtest_split,
};
use analytics::{
    Baseline, Estimator, Hedge, KalmanParams, KalmanSpread, Lookback, PairParams, Threshold,
    Transform, Window, ZScore,
    kalman::{Memory, Noise},
};
use proptest::{prelude::*, strategy::Strategy as Strategy_};

/// Ordinary prices, and everything that is none.
fn value() -> impl Strategy_<Value = f64> {
    prop_oneof![
        8 => 90.0_f64..110.0,
        1 => prop::sample::select(vec![
            0.0, -1.0, 5e-324, 1e-310, 1e-160, 1e150, 1e155, 1e308, f64::MAX, f64::INFINITY, f64::NAN,
        ]),
        1 => any::<f64>(),
    ]
}

/// Prices that get past the first check more often.
fn price() -> impl Strategy_<Value = f64> {
    value().prop_map(|v| if v.is_finite() && v > 0.0 { v } else { 100.0 })
}

#[derive(Clone, Debug)]
struct Choices {
    entry: f64,
    exit: f64,
    stop: Option<f64>,
    time_stop: Option<usize>,
    costs: (f64, f64),
    funding: (f64, f64),
    rate: (i64, f64),
    capital: f64,
    bars_per_year: f64,
    share: f64,
    range: (usize, usize),
}

fn choices() -> impl Strategy_<Value = Choices> {
    let levels = (
        prop_oneof![3 => 0.5_f64..1.2, 1 => value()],
        prop_oneof![3 => 0.0_f64..0.5, 1 => value()],
        prop::option::of(prop_oneof![3 => 1.2_f64..1.7, 1 => value()]),
        prop::option::of(0_usize..5),
    );
    let amounts = (
        (value(), 0.0_f64..20.0),
        (-20.0_f64..20.0, value()),
        (any::<i64>(), value()),
        prop_oneof![3 => Just(100_000.0), 1 => value()],
        value(),
    );
    (levels, amounts, value(), (0_usize..60, 0_usize..70)).prop_map(
        |(levels, amounts, share, range)| Choices {
            entry: levels.0,
            exit: levels.1,
            stop: levels.2,
            time_stop: levels.3,
            costs: amounts.0,
            funding: amounts.1,
            rate: amounts.2,
            capital: amounts.3,
            bars_per_year: amounts.4,
            share,
            range,
        },
    )
}

fn check(times_ms: &[i64], bar_ms: i64, columns: &[Vec<f64>; 4], choices: &Choices) {
    let [y_open, y_close, x_open, x_close] = columns;
    let leg = |open, close| LegPrices { open, close };
    let Ok(bars) = Bars::new(times_ms, bar_ms, leg(y_open, y_close), leg(x_open, x_close)) else {
        return;
    };
    let (Ok(lookback), Ok(window), Ok(memory)) =
        (Lookback::new(6), Window::new(5), Memory::new(10.0))
    else {
        return;
    };
    let z = ZScore::Rolling {
        window,
        baseline: Baseline::Inclusive,
    };
    let level = |level| Threshold::new(level, z);
    let stop = choices.stop.map(level).transpose().unwrap_or_default();
    let (Ok(entry), Ok(exit)) = (level(choices.entry), level(choices.exit)) else {
        return;
    };
    let time_stop = choices.time_stop.and_then(NonZeroUsize::new);
    let Ok(rules) = Rules::new(entry, exit, stop, time_stop) else {
        return;
    };
    let rates = [FundingRate {
        time_ms: choices.rate.0,
        rate: choices.rate.1,
    }];
    let constant = |bps_8h| LegFunding::Constant { bps_8h };
    let fundings = [
        Funding::new(constant(choices.funding.0), constant(choices.funding.1)),
        Funding::new(LegFunding::Rates(&rates), constant(0.0)),
        Ok(Funding::NONE),
    ];
    let kalman = KalmanParams::of(Noise::Memory { lookback, memory });
    let hedges = [
        Hedge::WalkForward {
            estimator: Estimator::Ols,
            lookback,
        },
        Hedge::Kalman {
            params: kalman,
            spread: KalmanSpread::Innovation,
        },
    ];
    for hedge in hedges {
        for transform in [Transform::Level, Transform::Log] {
            let Ok(params) = PairParams::new(transform, hedge, z) else {
                continue;
            };
            let Ok(signals) = Signals::of(&bars, &params) else {
                continue;
            };
            for funding in fundings.into_iter().flatten() {
                for sizing in [Sizing::BetaNeutral, Sizing::DollarNeutral] {
                    let costs = Costs::new(choices.costs.0, choices.costs.1);
                    let strategy = Strategy {
                        rules,
                        sizing,
                        costs: costs.unwrap_or_default(),
                        funding,
                        capital: choices.capital,
                        bars_per_year: choices.bars_per_year,
                    };
                    run(&bars, &signals, choices, &strategy);
                }
            }
        }
    }
}

fn run(bars: &Bars<'_>, signals: &Signals, choices: &Choices, strategy: &Strategy<'_>) {
    let (start, end) = choices.range;
    let _ = backtest_split(bars, signals, start..end, choices.share, strategy);
    let _ = backtest_split(bars, signals, start..end, 0.5, strategy);
    let Ok(found) = backtest(bars, signals, start..end, strategy) else {
        return;
    };
    let figures = found.performance;
    let all = [
        figures.gross,
        figures.net,
        figures.costs(),
        figures.funding,
        figures.total_return,
        figures.max_drawdown,
        figures.turnover,
        figures.exposure,
    ];
    let trades = found.trades.iter().map(Trade::net);
    let figures = all
        .into_iter()
        .chain(figures.sharpe)
        .chain(figures.win_rate)
        .chain(found.equity)
        .chain(found.drawdown)
        .chain(trades);
    assert!({ figures }.all(f64::is_finite));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_prices(
        rows in prop::collection::vec((price(), price(), price(), price()), 0..60),
        choices in choices(),
    ) {
        let mut columns = [const { Vec::new() }; 4];
        for (a, b, c, d) in rows {
            for (column, value) in columns.iter_mut().zip([a, b, c, d]) {
                column.push(value);
            }
        }
        let times: Vec<i64> = (0..columns[0].len() as i64).map(|t| t * 1_000).collect();
        check(&times, 1_000, &columns, &choices);
    }

    #[test]
    fn any_columns(
        times in prop::collection::vec(any::<i64>(), 0..12),
        bar_ms in any::<i64>(),
        a in prop::collection::vec(value(), 0..12),
        b in prop::collection::vec(value(), 0..12),
        choices in choices(),
    ) {
        let mut sorted = times.clone();
        sorted.sort_unstable();
        sorted.dedup();
        for times in [times, sorted] {
            let n = times.len();
            let filled = |column: &[f64]| column.iter().copied().cycle().take(if column.is_empty() { 0 } else { n }).collect();
            check(&times, bar_ms, &[a.clone(), b.clone(), a.clone(), b.clone()], &choices);
            check(&times, bar_ms, &[filled(&a), filled(&b), filled(&b), filled(&a)], &choices);
        }
    }
}
