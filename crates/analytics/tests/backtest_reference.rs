//! The backtest against another one: written from the definitions, naive, of a different structure.
//!
//! Every fit and every window is computed afresh. Orders are found first, without prices; then a ledger of cash and
//! holdings goes through the bars.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

mod backtest_support;

use analytics::backtest::{
    Backtest, Funding, FundingRate, LegFunding, Side, Signals, Sizing, Strategy, backtest,
};
use analytics::kalman::{Memory, Noise};
use analytics::{Hedge, KalmanParams, KalmanSpread, Lookback, PairParams, Transform};
use backtest_support::{BAR_MS, LOOKBACK, Market, WINDOW, rules, strategy, walk_forward, zscore};

const START: usize = LOOKBACK + WINDOW;

struct Levels {
    entry: f64,
    exit: f64,
    stop: Option<f64>,
    time_stop: Option<usize>,
}

/// β and z at each close by their definitions.
fn signals(market: &Market, transform: Transform) -> Vec<Option<(f64, f64)>> {
    let of = |column: &[f64]| -> Vec<f64> {
        let value = |price: &f64| match transform {
            Transform::Level => *price,
            Transform::Log => price.ln(),
        };
        column.iter().map(value).collect()
    };
    let (y, x) = (of(&market.columns[1]), of(&market.columns[3]));
    let fit = |t: usize| {
        let (y, x) = (&y[t - LOOKBACK..t], &x[t - LOOKBACK..t]);
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let (my, mx) = (mean(y), mean(x));
        let xy: f64 = y.iter().zip(x).map(|(y, x)| (y - my) * (x - mx)).sum();
        let xx: f64 = x.iter().map(|x| (x - mx) * (x - mx)).sum();
        (my - xy / xx * mx, xy / xx)
    };
    let spread = |t: usize| {
        let (alpha, beta) = fit(t);
        y[t] - alpha - beta * x[t]
    };
    (0..y.len())
        .map(|t| {
            if t < LOOKBACK + WINDOW - 1 {
                return None;
            }
            let window: Vec<f64> = (t + 1 - WINDOW..=t).map(spread).collect();
            let mean = window.iter().sum::<f64>() / WINDOW as f64;
            let squares: f64 = window.iter().map(|s| (s - mean) * (s - mean)).sum();
            let sd = (squares / (WINDOW as f64 - 1.0)).sqrt();
            Some((fit(t).1, (window[WINDOW - 1] - mean) / sd))
        })
        .collect()
}

/// Bar of the entry, bar of the exit (none at the end), side, β.
type Stay = (usize, Option<usize>, f64, f64);

/// Which positions are taken, from signals alone.
fn stays(signals: &[Option<(f64, f64)>], levels: &Levels) -> Vec<Stay> {
    let mut stays = Vec::new();
    let mut t = START;
    let mut waits_for_return = false;
    // A signal at the last close cannot be followed.
    while t + 1 < signals.len() {
        let Some((beta, z)) = signals[t] else {
            t += 1;
            continue;
        };
        if z.abs() < levels.exit {
            waits_for_return = false;
        }
        let beyond = levels.stop.is_some_and(|stop| z.abs() >= stop);
        if waits_for_return || beta <= 0.0 || z.abs() < levels.entry || beyond {
            t += 1;
            continue;
        }
        let side = if z > 0.0 { -1.0 } else { 1.0 };
        let entered = t + 1;
        let mut left = None;
        let last = signals.len() - 1;
        for (close, signal) in signals.iter().enumerate().take(last).skip(entered) {
            let z = signal.unwrap().1;
            let returned = z.abs() <= levels.exit || (z > 0.0) == (side > 0.0);
            let stopped = levels.stop.is_some_and(|stop| z.abs() >= stop);
            let late = levels
                .time_stop
                .is_some_and(|limit| close + 1 - entered >= limit);
            if returned || stopped || late {
                waits_for_return = !returned;
                left = Some(close + 1);
                break;
            }
        }
        stays.push((entered, left, side, beta));
        // The bar at whose open it was left is the first at whose close something may be done again.
        t = left.unwrap_or(signals.len());
    }
    stays
}

struct Ledger {
    equity: Vec<f64>,
    nets: Vec<f64>,
    traded: f64,
    held: usize,
}

/// Cash and holdings through the bars.
fn ledger(
    market: &Market,
    stays: &[Stay],
    transform: Transform,
    strategy: &Strategy<'_>,
    rates: &dyn Fn(i64, i64) -> (f64, f64),
) -> Ledger {
    let share = (strategy.costs.fee_bps() + strategy.costs.slippage_bps()) / 10_000.0;
    let [y_open, y_close, x_open, x_close] = &market.columns;
    let (mut cash, mut holdings) = (strategy.capital, (0.0, 0.0));
    let mut book = Ledger {
        equity: Vec::new(),
        nets: Vec::new(),
        traded: 0.0,
        held: 0,
    };
    let (mut before, mut since) = (cash, 0);
    for t in START..market.times_ms.len() {
        let (y, x) = (y_open[t], x_open[t]);
        if let Some(stay) = stays.iter().find(|stay| stay.1 == Some(t)) {
            assert!(stay.0 < t);
            let (by_y, by_x) = rates(since, market.times_ms[t]);
            cash -= holdings.0 * y * by_y + holdings.1 * x * by_x;
            let notional = f64::abs(holdings.0) * y + f64::abs(holdings.1) * x;
            cash += holdings.0 * y + holdings.1 * x - share * notional;
            book.traded += notional;
            book.nets.push(cash - before);
            holdings = (0.0, 0.0);
        }
        if let Some(&(_, _, side, beta)) = stays.iter().find(|stay| stay.0 == t) {
            before = cash;
            since = market.times_ms[t];
            let gross = strategy.capital;
            // Notional of y, and of x for each unit of it.
            let (in_y, ratio) = match (strategy.sizing, transform) {
                (Sizing::DollarNeutral, _) => (gross / 2.0, 1.0),
                (Sizing::BetaNeutral, Transform::Log) => (gross / (1.0 + beta), beta),
                (Sizing::BetaNeutral, Transform::Level) => {
                    (gross * y / (y + beta * x), beta * x / y)
                }
            };
            holdings = (side * in_y / y, -side * in_y * ratio / x);
            cash -= holdings.0 * y + holdings.1 * x + share * (in_y + in_y * ratio);
            book.traded += in_y + in_y * ratio;
        }
        if holdings != (0.0, 0.0) {
            book.held += 1;
            let now = market.times_ms[t] + BAR_MS;
            let (by_y, by_x) = rates(since, now);
            cash -= holdings.0 * y_close[t] * by_y + holdings.1 * x_close[t] * by_x;
            since = now;
        }
        let mut value = holdings.0 * y_close[t] + holdings.1 * x_close[t];
        if t + 1 == market.times_ms.len() && holdings != (0.0, 0.0) {
            let notional = f64::abs(holdings.0) * y_close[t] + f64::abs(holdings.1) * x_close[t];
            value -= share * notional;
            book.traded += notional;
            book.nets.push(cash + value - before);
        }
        book.equity.push(cash + value);
    }
    book
}

fn assert_close(what: &str, ours: f64, theirs: f64, scale: f64) {
    let allowed = 1e-9 * theirs.abs().max(scale);
    assert!(
        (ours - theirs).abs() <= allowed,
        "{what}: {ours} is not {theirs}"
    );
}

fn compare(found: &Backtest, book: &Ledger, strategy: &Strategy<'_>) {
    assert_eq!(found.equity.len(), book.equity.len());
    for (t, (ours, theirs)) in found.equity.iter().zip(&book.equity).enumerate() {
        assert_close(&format!("equity {t}"), *ours, *theirs, strategy.capital);
        let peak = book.equity[..=t].iter().copied().fold(f64::MIN, f64::max);
        assert_close("drawdown", found.drawdown[t], (peak - theirs) / peak, 1.0);
    }
    assert_eq!(found.trades.len(), book.nets.len());
    for (trade, net) in found.trades.iter().zip(&book.nets) {
        assert_close("net", trade.net(), *net, strategy.capital);
    }
    let figures = found.performance;
    let returns: Vec<f64> = (1..book.equity.len())
        .map(|t| (book.equity[t] - book.equity[t - 1]) / book.equity[t - 1])
        .collect();
    let n = returns.len() as f64;
    let mean = returns.iter().sum::<f64>() / n;
    let sd = (returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let sharpe = mean / sd * (365.0_f64 * 24.0).sqrt();
    assert_close("sharpe", figures.sharpe.unwrap(), sharpe, 1.0);
    assert_close(
        "turnover",
        figures.turnover,
        book.traded / strategy.capital,
        1.0,
    );
    assert_close(
        "exposure",
        figures.exposure,
        book.held as f64 / book.equity.len() as f64,
        1.0,
    );
    let won = book.nets.iter().filter(|net| **net > 0.0).count();
    let win_rate = won as f64 / book.nets.len() as f64;
    assert_close("win rate", figures.win_rate.unwrap(), win_rate, 1.0);
    let end = book.equity.last().unwrap();
    let total = end / strategy.capital - 1.0;
    assert_close("total return", figures.total_return, total, 1.0);
}

#[test]
fn a_naive_backtest_gives_the_same_to_1e_9() {
    let rates: Vec<FundingRate> = (0..600)
        .map(|i| FundingRate {
            time_ms: i * 8 * 3_600_000,
            rate: 1e-4 * ((i * 7 % 5) as f64 - 1.5),
        })
        .collect();
    let constant = |from: i64, to: i64| {
        let share = (to - from) as f64 / (8.0 * 3_600_000.0) / 10_000.0;
        (3.0 * share, -share)
    };
    let published = |from: i64, to: i64| {
        let due = rates.iter().filter(|r| r.time_ms > from && r.time_ms <= to);
        (due.map(|r| r.rate).sum::<f64>(), 0.0)
    };
    let leg = |bps_8h| LegFunding::Constant { bps_8h };
    let fundings = [
        Funding::new(leg(3.0), leg(-1.0)).unwrap(),
        Funding::new(LegFunding::Rates(&rates), leg(0.0)).unwrap(),
    ];
    let mut trades = 0;
    for seed in 0..6 {
        let market = Market::new(700, 12.0, seed);
        for transform in [Transform::Level, Transform::Log] {
            let known = signals(&market, transform);
            for sizing in [Sizing::BetaNeutral, Sizing::DollarNeutral] {
                for (stop, time_stop) in [(None, None), (Some(2.0), None), (Some(2.4), Some(6))] {
                    let levels = Levels {
                        entry: 1.3,
                        exit: 0.4,
                        stop,
                        time_stop,
                    };
                    let which = usize::from(time_stop.is_some());
                    let strategy = Strategy {
                        funding: fundings[which],
                        ..strategy(rules(1.3, 0.4, stop, time_stop), sizing)
                    };
                    let bars = market.bars();
                    let ours = Signals::of(&bars, &walk_forward(transform)).unwrap();
                    let found = backtest(&bars, &ours, START..700, &strategy).unwrap();
                    let stays = stays(&known, &levels);
                    let due: &dyn Fn(i64, i64) -> (f64, f64) =
                        if which == 0 { &constant } else { &published };
                    let book = ledger(&market, &stays, transform, &strategy, due);
                    compare(&found, &book, &strategy);
                    trades += found.trades.len();
                }
            }
        }
    }
    assert!(trades > 1_000, "{trades} trades were compared");
}

#[test]
fn a_naive_backtest_of_a_kalman_filter_gives_the_same_to_1e_9() {
    let hedge = Hedge::Kalman {
        params: KalmanParams::of(Noise::Memory {
            lookback: Lookback::new(LOOKBACK).unwrap(),
            memory: Memory::new(50.0).unwrap(),
        }),
        spread: KalmanSpread::Innovation,
    };
    let params = PairParams::new(Transform::Log, hedge, zscore()).unwrap();
    let levels = Levels {
        entry: 1.3,
        exit: 0.4,
        stop: None,
        time_stop: None,
    };
    for seed in 0..6 {
        let market = Market::new(700, 12.0, seed);
        let bars = market.bars();
        let ours = Signals::of(&bars, &params).unwrap();
        // The filter itself is held against pykalman elsewhere.
        let known: Vec<Option<(f64, f64)>> = ours
            .beta()
            .iter()
            .zip(ours.z())
            .map(|(beta, z)| beta.zip(*z))
            .collect();
        let strategy = strategy(rules(1.3, 0.4, None, None), Sizing::BetaNeutral);
        let found = backtest(&bars, &ours, START..700, &strategy).unwrap();
        assert!(found.trades.len() > 10);
        assert!(
            found
                .trades
                .iter()
                .any(|trade| trade.side == Side::LongSpread)
        );
        let stays = stays(&known, &levels);
        let book = ledger(&market, &stays, Transform::Log, &strategy, &|_, _| {
            (0.0, 0.0)
        });
        compare(&found, &book, &strategy);
    }
}
