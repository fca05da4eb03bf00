//! What a backtest must and must not do.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

mod backtest_support;

use analytics::backtest::{
    Backtest, Costs, Exit, Funding, LegFunding, Side, Signals, Sizing, Strategy, Trade, backtest,
    backtest_split,
};
use analytics::kalman::{Memory, Noise};
use analytics::{
    Baseline, Error, Estimator, Hedge, HuberParams, Intercept, KalmanParams, KalmanSpread, Line,
    Lookback, PairParams, Threshold, Transform, Window, ZScore,
};
use backtest_support::{BAR_MS, LOOKBACK, Market, WINDOW, rules, strategy, walk_forward, zscore};
use proptest::prelude::*;

const WARMUP: usize = LOOKBACK + WINDOW;

fn run(market: &Market, params: &PairParams, strategy: &Strategy<'_>) -> Backtest {
    let bars = market.bars();
    let signals = Signals::of(&bars, params).unwrap();
    backtest(&bars, &signals, WARMUP..market.times_ms.len(), strategy).unwrap()
}

fn hedges() -> [Hedge; 4] {
    let lookback = Lookback::new(LOOKBACK).unwrap();
    let walking = |estimator| Hedge::WalkForward {
        estimator,
        lookback,
    };
    [
        walking(Estimator::Ols),
        walking(Estimator::Huber(HuberParams::default())),
        walking(Estimator::TheilSen(Intercept::Separate)),
        Hedge::Kalman {
            params: KalmanParams::of(Noise::Memory {
                lookback,
                memory: Memory::new(50.0).unwrap(),
            }),
            spread: KalmanSpread::Innovation,
        },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn changing_any_open_high_low_or_close_changes_nothing_before_it(
        seed in 0_u64..1_000,
        bar in 0_usize..300,
        // A bar's high and low never reach the engine: there is no way to hand them over.
        column in 0_usize..4,
        factor in prop::sample::select(vec![0.5, 0.9, 1.01, 3.0]),
        hedge in 0_usize..4,
        log in any::<bool>(),
    ) {
        let before = Market::new(300, 8.0, seed);
        let mut after = before.clone();
        after.columns[column][bar] *= factor;
        let transform = if log { Transform::Log } else { Transform::Level };
        let params = PairParams::new(transform, hedges()[hedge], zscore()).unwrap();
        let strategy = strategy(rules(1.0, 0.3, Some(2.5), Some(15)), Sizing::BetaNeutral);
        let (old, new) = (run(&before, &params, &strategy), run(&after, &params, &strategy));
        let rows = bar.saturating_sub(WARMUP);
        prop_assert_eq!(&old.equity[..rows], &new.equity[..rows]);
        prop_assert_eq!(&old.drawdown[..rows], &new.drawdown[..rows]);
        prop_assert_eq!(&old.position[..rows], &new.position[..rows]);
        let over = |found: &Backtest| -> Vec<Trade> {
            found.trades.iter().filter(|trade| trade.exit_bar < bar).copied().collect()
        };
        prop_assert_eq!(over(&old), over(&new));
        let entered = |found: &Backtest| -> Vec<(usize, f64, f64)> {
            let trades = found.trades.iter().filter(|trade| trade.entry_bar < bar);
            trades.map(|trade| (trade.entry_bar, trade.quantity_y, trade.quantity_x)).collect()
        };
        prop_assert_eq!(entered(&old), entered(&new));
    }

    #[test]
    fn net_is_gross_less_costs_and_funding_and_equity_is_capital_and_net(
        seed in 0_u64..1_000,
        log in any::<bool>(),
        dollars in any::<bool>(),
        fee in 0.0_f64..20.0,
        slippage in 0.0_f64..20.0,
        funding in -30.0_f64..30.0,
    ) {
        let market = Market::new(400, 6.0, seed);
        let transform = if log { Transform::Log } else { Transform::Level };
        let sizing = if dollars { Sizing::DollarNeutral } else { Sizing::BetaNeutral };
        let leg = |bps_8h| LegFunding::Constant { bps_8h };
        let strategy = Strategy {
            costs: Costs::new(fee, slippage).unwrap(),
            funding: Funding::new(leg(funding), leg(1.0)).unwrap(),
            ..strategy(rules(1.2, 0.4, None, None), sizing)
        };
        let found = run(&market, &walk_forward(transform), &strategy);
        let figures = found.performance;
        let allowed = 1e-9 * strategy.capital;
        prop_assert!(found.trades.len() > 3);
        for trade in &found.trades {
            let by_hand = trade.gross - trade.fees - trade.slippage - trade.funding;
            prop_assert!((trade.net() - by_hand).abs() <= allowed);
            let at_entry = trade.quantity_y.abs() * trade.entry_prices.0
                + trade.quantity_x.abs() * trade.entry_prices.1;
            prop_assert!((at_entry - strategy.capital).abs() <= allowed);
            prop_assert_eq!(trade.bars_held > 0, true);
        }
        let net: f64 = found.trades.iter().map(Trade::net).sum();
        prop_assert!((figures.net - net).abs() <= allowed);
        let sum = figures.gross - figures.costs() - figures.funding;
        prop_assert!((figures.net - sum).abs() <= allowed);
        let end = found.equity.last().unwrap();
        prop_assert!((end - strategy.capital - net).abs() <= allowed);
        prop_assert!((figures.total_return - net / strategy.capital).abs() <= 1e-9);
        prop_assert_eq!(found.equity[0], strategy.capital);
    }
}

#[test]
fn a_spread_that_is_known_to_return_earns_more_than_it_costs() {
    let lookback = Lookback::new(300).unwrap();
    let z = ZScore::Rolling {
        window: Window::new(100).unwrap(),
        baseline: Baseline::Inclusive,
    };
    let hedge = Hedge::WalkForward {
        estimator: Estimator::Ols,
        lookback,
    };
    let params = PairParams::new(Transform::Level, hedge, z).unwrap();
    let strategy = strategy(rules(1.5, 0.3, None, None), Sizing::BetaNeutral);
    let mut won = 0;
    for seed in 0..40 {
        let market = Market::new(2_500, 8.0, seed);
        let bars = market.bars();
        let signals = Signals::of(&bars, &params).unwrap();
        let found = backtest(&bars, &signals, 400..2_500, &strategy).unwrap();
        assert!(found.performance.costs() > 0.0);
        won += usize::from(found.performance.net > 0.0 && found.performance.sharpe > Some(0.0));
    }
    assert!(won >= 38, "{won} of 40 earned");
}

#[test]
fn orders_are_filled_at_the_open_after_the_signal_and_never_reverse_at_once() {
    let market = Market::new(800, 5.0, 3);
    let bars = market.bars();
    let params = walk_forward(Transform::Level);
    let signals = Signals::of(&bars, &params).unwrap();
    let strategy = strategy(rules(1.2, 0.4, None, None), Sizing::BetaNeutral);
    let found = backtest(&bars, &signals, WARMUP..market.times_ms.len(), &strategy).unwrap();
    assert!(found.trades.len() > 10);
    for trade in &found.trades {
        let signal = trade.entry_bar - 1;
        assert_eq!(signals.z()[signal], Some(trade.entry_z));
        assert_eq!(signals.beta()[signal], Some(trade.beta));
        assert!(trade.entry_z.abs() >= 1.2);
        assert_eq!(trade.side, Side::against(trade.entry_z));
        let opens = |bar: usize| (market.columns[0][bar], market.columns[2][bar]);
        assert_eq!(trade.entry_prices, opens(trade.entry_bar));
        assert_eq!(trade.entry_time_ms, market.times_ms[trade.entry_bar]);
        assert!((trade.quantity_x + trade.beta * trade.quantity_y).abs() < 1e-9);
        if trade.exit == Exit::Reverted {
            let z = signals.z()[trade.exit_bar - 1].unwrap();
            assert!(z.abs() <= 0.4 || z * trade.entry_z < 0.0);
            assert_eq!(trade.exit_prices, opens(trade.exit_bar));
            assert_eq!(trade.bars_held, trade.exit_bar - trade.entry_bar);
        }
    }
    for pair in found.trades.windows(2) {
        assert!(pair[1].entry_bar > pair[0].exit_bar);
    }
}

#[test]
fn after_a_stop_nothing_is_entered_until_z_has_been_below_the_exit() {
    let market = Market::new(3_000, 40.0, 11);
    let bars = market.bars();
    let signals = Signals::of(&bars, &walk_forward(Transform::Level)).unwrap();
    let (exit, stop) = (0.5, 2.2);
    for (stop_z, time_stop) in [(Some(stop), None), (None, Some(3))] {
        let strategy = strategy(rules(1.5, exit, stop_z, time_stop), Sizing::BetaNeutral);
        let found = backtest(&bars, &signals, WARMUP..market.times_ms.len(), &strategy).unwrap();
        let mut given_up = 0;
        for pair in found.trades.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            match before.exit {
                Exit::Stopped => {
                    let z = signals.z()[before.exit_bar - 1].unwrap();
                    assert!(z.abs() >= stop && z * before.entry_z > 0.0);
                }
                Exit::TimedOut => assert_eq!(before.bars_held, 3),
                Exit::Reverted | Exit::End => continue,
            }
            given_up += 1;
            let between = &signals.z()[before.exit_bar..after.entry_bar];
            assert!(between.iter().flatten().any(|z| z.abs() < exit));
            assert!(stop_z.is_none_or(|stop| after.entry_z.abs() < stop));
        }
        assert!(given_up > 5, "{given_up} positions were given up");
    }
}

#[test]
fn a_position_open_at_the_end_is_closed_at_the_last_close_and_says_so() {
    let market = Market::new(600, 30.0, 5);
    let bars = market.bars();
    let signals = Signals::of(&bars, &walk_forward(Transform::Level)).unwrap();
    let strategy = strategy(rules(1.0, 0.1, None, None), Sizing::BetaNeutral);
    let whole = backtest(&bars, &signals, WARMUP..600, &strategy).unwrap();
    let trade = whole
        .trades
        .iter()
        .find(|trade| trade.bars_held > 3)
        .unwrap();
    let cut = trade.entry_bar + 2;
    let part = backtest(&bars, &signals, WARMUP..cut, &strategy).unwrap();
    let last = part.trades.last().unwrap();
    assert!(last.was_open_at_the_end());
    assert_eq!((last.exit_bar, last.bars_held), (cut - 1, 2));
    assert_eq!(last.exit_time_ms, market.times_ms[cut - 1] + BAR_MS);
    let closes = (market.columns[1][cut - 1], market.columns[3][cut - 1]);
    assert_eq!(last.exit_prices, closes);
    let net: f64 = part.trades.iter().map(Trade::net).sum();
    assert!((part.equity.last().unwrap() - strategy.capital - net).abs() < 1e-4);
}

#[test]
fn funding_is_what_longs_pay_shorts_for_the_time_that_they_hold() {
    let market = Market::new(500, 8.0, 2);
    let leg = |bps_8h| LegFunding::Constant { bps_8h };
    let free = strategy(rules(1.2, 0.4, None, None), Sizing::DollarNeutral);
    let dear = Strategy {
        funding: Funding::new(leg(8.0), leg(0.0)).unwrap(),
        ..free
    };
    let params = walk_forward(Transform::Level);
    let (free, dear) = (run(&market, &params, &free), run(&market, &params, &dear));
    for (without, with) in free.trades.iter().zip(&dear.trades) {
        assert_eq!(without.funding, 0.0);
        assert_eq!(with.funding > 0.0, with.side == Side::LongSpread);
        // 8 bp in 8 hours on half of the capital, about: 5 an hour.
        let hours = (with.exit_time_ms - with.entry_time_ms) as f64 / 3_600_000.0;
        let hourly = with.funding.abs() / hours;
        assert!((4.0..6.0).contains(&hourly), "{hourly} an hour");
        assert!((without.net() - with.net() - with.funding).abs() < 1e-6);
    }
}

#[test]
fn the_parts_of_a_split_begin_flat_and_the_second_is_what_a_backtest_of_it_gives() {
    let market = Market::new(900, 8.0, 4);
    let bars = market.bars();
    let signals = Signals::of(&bars, &walk_forward(Transform::Level)).unwrap();
    let strategy = strategy(rules(1.2, 0.4, None, None), Sizing::BetaNeutral);
    let split = backtest_split(&bars, &signals, 100..900, 0.6, &strategy).unwrap();
    assert_eq!(split.formation.range, 100..580);
    assert_eq!(split.trading.range, 580..900);
    let alone = backtest(&bars, &signals, 580..900, &strategy).unwrap();
    assert_eq!(split.trading, alone);
    assert!(
        split
            .trading
            .trades
            .iter()
            .all(|trade| trade.entry_bar > 580)
    );
    for share in [0.0, 1.0, -0.5, f64::NAN] {
        let refused = backtest_split(&bars, &signals, 100..900, share, &strategy);
        assert!(matches!(
            refused,
            Err(Error::BadParameter { name: "split", .. })
        ));
    }
}

#[test]
fn coefficients_that_know_the_future_are_refused() {
    let market = Market::new(200, 8.0, 1);
    let line = Line {
        alpha: 20.0,
        beta: 1.5,
    };
    for hedge in [Hedge::InSample(Estimator::Ols), Hedge::Fixed(line)] {
        let params = PairParams::new(Transform::Level, hedge, zscore()).unwrap();
        let refused = Signals::of(&market.bars(), &params);
        assert!(matches!(
            refused,
            Err(Error::BadParameter { name: "fit", .. })
        ));
    }
}

#[test]
fn legs_without_a_positive_hedge_ratio_are_not_traded() {
    let mut market = Market::new(400, 8.0, 7);
    // The mirror image of y falls when x rises.
    for column in [0, 1] {
        market.columns[column]
            .iter_mut()
            .for_each(|price| *price = 1_000.0 - *price);
    }
    let strategy = strategy(rules(1.2, 0.4, None, None), Sizing::DollarNeutral);
    let found = run(&market, &walk_forward(Transform::Level), &strategy);
    assert_eq!(found.trades, []);
    assert_eq!(found.performance.sharpe, None);
    assert_eq!(found.performance.win_rate, None);
    assert!(found.equity.iter().all(|value| *value == strategy.capital));
}

#[test]
fn rules_whose_levels_are_out_of_order_cannot_be_made() {
    let level = |level| Threshold::new(level, ZScore::Innovation).unwrap();
    let rules = analytics::backtest::Rules::new;
    assert!(rules(level(2.0), level(2.0), None, None).is_err());
    assert!(rules(level(2.0), level(0.5), Some(level(2.0)), None).is_err());
    assert!(rules(level(2.0), level(0.0), Some(level(2.1)), None).is_ok());
}
