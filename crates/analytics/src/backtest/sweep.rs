//! Many backtests over a grid of parameters: chosen by the formation part, told of the trading part.

use std::ops::Range;

use super::{
    bars::Bars,
    performance::Performance,
    rules::Rules,
    run::{Backtest, Strategy, backtest},
    signals::Signals,
    split::parts,
};
use crate::{
    error::{Error, Result},
    pair::PairParams,
    parameters::{Baseline, Threshold, Window, ZScore},
};

/// More combinations than anybody looks through.
const MOST_CELLS: usize = 2_000;

/// The combinations of these are tried; those that make no sense, as an exit above the entry or an entry that no z within
/// the window reaches, are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Bars of the z-score's window.
    pub windows: Vec<Window>,
    /// |z| at which a position is taken.
    pub entries: Vec<f64>,
    /// |z| at which it is left.
    pub exits: Vec<f64>,
}

impl Grid {
    /// Number of combinations, those that make no sense among them.
    #[must_use]
    pub fn len(&self) -> usize {
        let of_windows = self.windows.len().saturating_mul(self.entries.len());
        of_windows.saturating_mul(self.exits.len())
    }

    /// Whether there is nothing to try.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One combination.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Bars of the z-score's window.
    pub window: Window,
    /// |z| at which a position was taken.
    pub entry: f64,
    /// |z| at which it was left.
    pub exit: f64,
    /// What there is to choose by.
    pub formation: Performance,
    /// Trades of the formation part.
    pub formation_trades: usize,
    /// What came of it out of sample. To be told of the chosen one; of the others only to see whether the choice stands alone.
    pub trading: Performance,
    /// Trades of the trading part.
    pub trading_trades: usize,
}

/// What came of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// In the order of the grid: by window, then entry, then exit.
    pub cells: Vec<Cell>,
    /// The one with the greatest Sharpe ratio of the formation part, the first of equals; `None` if none traded.
    pub chosen: Option<usize>,
    /// The formation part.
    pub formation: Range<usize>,
    /// The trading part.
    pub trading: Range<usize>,
}

/// Backtests every combination of `grid` over both parts of `range`; pair and strategy are otherwise as given, the window
/// and the rules' levels but for the stop aside. `watch` is told how many combinations are done and how many there are,
/// and ends the sweep by `false`: then the answer is `None`.
///
/// The hedge is fitted once, whatever the grid. O(grid · n) beside that.
///
/// # Errors
/// [`Error::BadParameter`] for an empty or too large grid, for a z-score without a window, and for a split that is none;
/// those of [`Signals::of`] and [`backtest`].
pub fn sweep(
    bars: &Bars<'_>,
    params: &PairParams,
    grid: &Grid,
    range: Range<usize>,
    formation_share: f64,
    strategy: &Strategy<'_>,
    watch: &dyn Fn(usize, usize) -> bool,
) -> Result<Option<Sweep>> {
    if grid.is_empty() || grid.len() > MOST_CELLS {
        return Err(Error::BadParameter {
            name: "grid",
            allowed: "of 1 to 2,000 combinations",
        });
    }
    let ZScore::Rolling { baseline, .. } = params.zscore() else {
        return Err(Error::BadParameter {
            name: "z",
            allowed: "rolling in a sweep, which is one over windows",
        });
    };
    let (formation, trading) = parts(range, formation_share)?;
    let mut signals = Signals::of(bars, params)?;
    let mut cells = Vec::new();
    let mut done = 0;
    for &window in &grid.windows {
        signals.rescore(window, baseline)?;
        for &entry in &grid.entries {
            for &exit in &grid.exits {
                if !watch(done, grid.len()) {
                    return Ok(None);
                }
                done += 1;
                let Ok(rules) = rules(window, baseline, entry, exit, &strategy.rules) else {
                    continue;
                };
                let strategy = Strategy { rules, ..*strategy };
                let part =
                    |range: &Range<usize>| backtest(bars, &signals, range.clone(), &strategy);
                let figures = |found: Backtest| (found.performance, found.trades.len());
                let (formation, formation_trades) = part(&formation).map(figures)?;
                let (trading, trading_trades) = part(&trading).map(figures)?;
                cells.push(Cell {
                    window,
                    entry,
                    exit,
                    formation,
                    formation_trades,
                    trading,
                    trading_trades,
                });
            }
        }
    }
    watch(done, grid.len());
    Ok(Some(Sweep {
        chosen: chosen(&cells),
        cells,
        formation,
        trading,
    }))
}

/// The levels as rules for z-scores of that window, stop and time stop as given.
fn rules(
    window: Window,
    baseline: Baseline,
    entry: f64,
    exit: f64,
    given: &Rules,
) -> Result<Rules> {
    let zscore = ZScore::Rolling { window, baseline };
    let level = |level| Threshold::new(level, zscore);
    let stop = given.stop().map(|stop| level(stop.get())).transpose()?;
    Rules::new(level(entry)?, level(exit)?, stop, given.time_stop_bars())
}

fn chosen(cells: &[Cell]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (index, cell) in cells.iter().enumerate() {
        if let Some(sharpe) = cell.formation.sharpe
            && best.is_none_or(|(_, most)| sharpe > most)
        {
            best = Some((index, sharpe));
        }
    }
    best.map(|(index, _)| index)
}
