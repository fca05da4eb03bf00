//! A sweep is nothing but its backtests, and chooses without looking ahead.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may fail the test that uses them"
)]

mod backtest_support;

use std::cell::RefCell;

use analytics::backtest::{Grid, Signals, Sizing, Strategy, Sweep, backtest, sweep};
use analytics::{
    Baseline, Error, PairParams, Threshold, Transform, Window, ZScore, backtest::Rules,
};
use backtest_support::{LOOKBACK, Market, rules, strategy, walk_forward};

const BARS: usize = 900;

fn grid() -> Grid {
    Grid {
        windows: [10, 20, 40].map(|bars| Window::new(bars).unwrap()).to_vec(),
        entries: vec![1.0, 1.5, 2.0],
        exits: vec![0.0, 0.5],
    }
}

fn trading() -> Strategy<'static> {
    strategy(rules(1.0, 0.5, None, Some(30)), Sizing::BetaNeutral)
}

fn run(market: &Market) -> Sweep {
    let params = walk_forward(Transform::Level);
    let range = LOOKBACK + 40..BARS;
    let found = sweep(
        &market.bars(),
        &params,
        &grid(),
        range,
        0.6,
        &trading(),
        &|_, _| true,
    );
    found.unwrap().unwrap()
}

#[test]
fn every_cell_is_the_backtest_of_its_parameters() {
    let market = Market::new(BARS, 8.0, 1);
    let found = run(&market);
    assert_eq!(found.cells.len(), 18);
    let bars = market.bars();
    for cell in &found.cells {
        let z = ZScore::Rolling {
            window: cell.window,
            baseline: Baseline::Inclusive,
        };
        let params = PairParams::new(Transform::Level, walk_forward(Transform::Level).hedge(), z);
        let signals = Signals::of(&bars, &params.unwrap()).unwrap();
        let level = |level| Threshold::new(level, z).unwrap();
        let time_stop = std::num::NonZeroUsize::new(30);
        let strategy = Strategy {
            rules: Rules::new(level(cell.entry), level(cell.exit), None, time_stop).unwrap(),
            ..trading()
        };
        for (range, figures, trades) in [
            (&found.formation, cell.formation, cell.formation_trades),
            (&found.trading, cell.trading, cell.trading_trades),
        ] {
            let alone = backtest(&bars, &signals, range.clone(), &strategy).unwrap();
            assert_eq!((alone.performance, alone.trades.len()), (figures, trades));
        }
    }
    let best = &found.cells[found.chosen.unwrap()];
    assert!(
        found
            .cells
            .iter()
            .all(|cell| cell.formation.sharpe <= best.formation.sharpe)
    );
}

#[test]
fn what_comes_after_the_formation_part_changes_no_choice() {
    let market = Market::new(BARS, 8.0, 2);
    let before = run(&market);
    let mut after = market.clone();
    for column in &mut after.columns {
        column[before.trading.start..]
            .iter_mut()
            .for_each(|price| *price *= 1.2);
    }
    let after = run(&after);
    assert_eq!(before.chosen, after.chosen);
    for (before, after) in before.cells.iter().zip(&after.cells) {
        assert_eq!(before.formation, after.formation);
    }
    let told = |sweep: &Sweep| {
        sweep
            .cells
            .iter()
            .map(|cell| cell.trading)
            .collect::<Vec<_>>()
    };
    assert_ne!(told(&before), told(&after));
}

#[test]
fn combinations_that_make_no_sense_are_left_out() {
    let market = Market::new(BARS, 8.0, 3);
    let params = walk_forward(Transform::Level);
    let odd = Grid {
        windows: vec![Window::new(5).unwrap(), Window::new(20).unwrap()],
        // Within five bars |z| stays below 1.79.
        entries: vec![1.0, 2.5],
        exits: vec![0.5, 1.0],
    };
    let all = |_, _| true;
    let found = sweep(
        &market.bars(),
        &params,
        &odd,
        130..BARS,
        0.5,
        &trading(),
        &all,
    );
    let found = found.unwrap().unwrap();
    let left: Vec<(usize, f64, f64)> = found
        .cells
        .iter()
        .map(|cell| (cell.window.get(), cell.entry, cell.exit))
        .collect();
    assert_eq!(
        left,
        [
            (5, 1.0, 0.5),
            (20, 1.0, 0.5),
            (20, 2.5, 0.5),
            (20, 2.5, 1.0)
        ]
    );
}

#[test]
fn it_tells_how_far_it_is_and_ends_when_told_to() {
    let market = Market::new(BARS, 8.0, 4);
    let params = walk_forward(Transform::Level);
    let told = RefCell::new(Vec::new());
    let watch = |done, all| {
        told.borrow_mut().push((done, all));
        done < 3
    };
    let found = sweep(
        &market.bars(),
        &params,
        &grid(),
        130..BARS,
        0.5,
        &trading(),
        &watch,
    );
    assert_eq!(found, Ok(None));
    assert_eq!(told.into_inner(), [(0, 18), (1, 18), (2, 18), (3, 18)]);
    let none = Grid {
        exits: Vec::new(),
        ..grid()
    };
    let refused = sweep(
        &market.bars(),
        &params,
        &none,
        130..BARS,
        0.5,
        &trading(),
        &|_, _| true,
    );
    assert!(matches!(
        refused,
        Err(Error::BadParameter { name: "grid", .. })
    ));
}
