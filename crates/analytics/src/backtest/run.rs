//! Bar by bar: fill at the open, mark at the close, decide.

use std::ops::Range;

use super::{
    bars::Bars,
    costs::{Costs, Funding},
    performance::Performance,
    position::Position,
    rules::Rules,
    signals::Signals,
    sizing::Sizing,
    trade::{Exit, Side, Trade},
};
use crate::error::{Degeneracy, Error, Result};

/// Everything about a backtest but prices and signals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strategy<'a> {
    /// When to trade.
    pub rules: Rules,
    /// How much of each leg.
    pub sizing: Sizing,
    /// What fills cost.
    pub costs: Costs,
    /// What holding costs.
    pub funding: Funding<'a>,
    /// Equity at the start and gross of every position, in the currency of the prices.
    pub capital: f64,
    /// Bars in a year, for the Sharpe ratio.
    pub bars_per_year: f64,
}

impl Strategy<'_> {
    /// The capital unless another is wanted.
    pub const CAPITAL: f64 = 100_000.0;

    fn check(&self) -> Result<()> {
        for (name, value) in [
            ("capital", self.capital),
            ("bars_per_year", self.bars_per_year),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::BadParameter {
                    name,
                    allowed: "finite and positive",
                });
            }
        }
        Ok(())
    }
}

/// What came of a strategy over a range of bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Backtest {
    /// The bars that were traded; columns have an entry for each of them.
    pub range: Range<usize>,
    /// Capital and everything won and lost, at each close. The first is the capital: no order can have been
    /// filled yet.
    pub equity: Vec<f64>,
    /// Share of the highest equity so far that is lost at each close: 0 at a new high.
    pub drawdown: Vec<f64>,
    /// Which way the position of each close was, if there was one.
    pub position: Vec<Option<Side>>,
    /// In the order in which they were entered, which is that in which they were left.
    pub trades: Vec<Trade>,
    /// Figures of the whole range.
    pub performance: Performance,
}

/// Trades `signals` over `range` of `bars`, starting flat and ending flat. O(length of `range`).
///
/// At each close: a position is left or kept by [`Rules`], or, where there is none, one may be taken; not both at
/// the same close, so a position is never reversed at once. The order is filled at the next bar's open. At the
/// last close there is no next bar: no order is given, and what is still held is closed there. After
/// [`Exit::Stopped`] and [`Exit::TimedOut`] nothing is entered until |z| has been below the exit; nor where β is
/// not positive, nor once equity is used up.
///
/// ```
/// use analytics::backtest::{Bars, Costs, Funding, LegPrices, Rules, Signals, Sizing, Strategy, backtest};
/// use analytics::{Estimator, Hedge, Lookback, PairParams, Threshold, Transform, ZScore};
///
/// let wave = |t: usize, period: f64| (t as f64 / period).sin();
/// let x: Vec<f64> = (0..400).map(|t| 100.0 + 5.0 * wave(t, 40.0)).collect();
/// let y: Vec<f64> = x.iter().enumerate().map(|(t, x)| 2.0 * x + wave(t, 7.0)).collect();
/// let times: Vec<i64> = (0..400).map(|t| t * 60_000).collect();
/// let leg = |closes| LegPrices { open: closes, close: closes };
/// let bars = Bars::new(&times, 60_000, leg(&y), leg(&x))?;
///
/// let hedge = Hedge::WalkForward { estimator: Estimator::Ols, lookback: Lookback::new(200)? };
/// let signals = Signals::of(&bars, &PairParams::new(Transform::Level, hedge, ZScore::default())?)?;
/// let z = ZScore::default();
/// let strategy = Strategy {
///     rules: Rules::new(Threshold::new(1.0, z)?, Threshold::new(0.2, z)?, None, None)?,
///     sizing: Sizing::BetaNeutral,
///     costs: Costs::default(),
///     funding: Funding::NONE,
///     capital: Strategy::CAPITAL,
///     bars_per_year: 365.0 * 1_440.0,
/// };
/// let result = backtest(&bars, &signals, 260..400, &strategy)?;
/// let net: f64 = result.trades.iter().map(|trade| trade.net()).sum();
/// let equity = result.equity.last().expect("140 bars");
/// assert!((equity - 100_000.0 - net).abs() < 1e-9 * 100_000.0);
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] unless `range` holds two bars of `bars`; [`Error::LengthMismatch`] if `signals` are of other
/// bars; [`Error::BadParameter`]; [`Error::Degenerate`] if equity leaves the range of `f64`.
pub fn backtest(
    bars: &Bars<'_>,
    signals: &Signals,
    range: Range<usize>,
    strategy: &Strategy<'_>,
) -> Result<Backtest> {
    strategy.check()?;
    if signals.z.len() != bars.len() {
        return Err(Error::LengthMismatch {
            left: bars.len(),
            right: signals.z.len(),
        });
    }
    let within = range.start.min(bars.len())..range.end.min(bars.len());
    Error::check_enough(2, within.len())?;
    let mut run = Run {
        strategy,
        signals,
        realised: 0.0,
        position: None,
        order: None,
        armed: true,
        trades: Vec::new(),
    };
    let mut equity = Vec::with_capacity(within.len());
    let mut sides = Vec::with_capacity(within.len());
    for t in within.clone() {
        run.fill(bars, t);
        let value = run.mark(bars, t);
        sides.push(run.position.map(|position| position.side));
        if t + 1 < within.end {
            equity.push(value);
            run.decide(t, value);
        } else {
            run.end(bars, t);
            equity.push(strategy.capital + run.realised);
        }
        // What is not finite never becomes so again.
        if !equity.last().is_some_and(|value| value.is_finite()) {
            return Err(Degeneracy::OutOfRange("equity").into());
        }
    }
    let drawdown = drawdown(&equity);
    let performance = Performance::of(strategy, &equity, &drawdown, &sides, &run.trades)?;
    Ok(Backtest {
        range: within,
        equity,
        drawdown,
        position: sides,
        trades: run.trades,
        performance,
    })
}

/// What is to be done at the next open.
#[derive(Clone, Copy)]
enum Order {
    Enter { side: Side, beta: f64, z: f64 },
    Leave(Exit),
}

struct Run<'a> {
    strategy: &'a Strategy<'a>,
    signals: &'a Signals,
    /// Sum of what the trades have brought.
    realised: f64,
    position: Option<Position>,
    order: Option<Order>,
    /// Whether a position may be taken: not between a stop and the return of |z|.
    armed: bool,
    trades: Vec<Trade>,
}

impl Run<'_> {
    /// Carries out what was decided at the close before bar `t`.
    fn fill(&mut self, bars: &Bars<'_>, t: usize) {
        let quote = bars.open(t);
        match self.order.take() {
            Some(Order::Enter { side, beta, z }) => {
                let Strategy {
                    sizing, capital, ..
                } = *self.strategy;
                let transform = self.signals.transform;
                let sized = sizing.quantities(side, capital, beta, transform, quote.y, quote.x);
                self.position = sized.map(|sized| Position::new(side, beta, z, quote, sized));
            }
            Some(Order::Leave(exit)) => {
                if let Some(mut position) = self.position.take() {
                    position.fund(&self.strategy.funding, &quote);
                    self.book(position.left(self.strategy.costs, &quote, exit));
                }
            }
            None => {}
        }
    }

    /// Equity at the close of bar `t`.
    fn mark(&mut self, bars: &Bars<'_>, t: usize) -> f64 {
        let quote = bars.close(t);
        let open = match &mut self.position {
            Some(position) => {
                position.bars_held += 1;
                position.fund(&self.strategy.funding, &quote);
                position.net(self.strategy.costs, &quote)
            }
            None => 0.0,
        };
        self.strategy.capital + self.realised + open
    }

    /// Gives the order of the close of bar `t`, at which equity is `equity`.
    fn decide(&mut self, t: usize, equity: f64) {
        let z = self.signals.z[t];
        let rules = &self.strategy.rules;
        if let Some(position) = &self.position {
            let exit = rules.leaves(position.side, z, position.bars_held);
            self.order = exit.map(Order::Leave);
            if matches!(exit, Some(Exit::Stopped | Exit::TimedOut)) {
                self.armed = false;
            }
            return;
        }
        let Some(z) = z else { return };
        self.armed |= rules.rearms(z);
        if let (true, Some(beta)) = (self.armed && equity > 0.0, self.signals.beta[t])
            && beta > 0.0
        {
            let enter = |side| Order::Enter { side, beta, z };
            self.order = rules.enters(z).map(enter);
        }
    }

    /// Closes what is held at the close of the last bar, `t`.
    fn end(&mut self, bars: &Bars<'_>, t: usize) {
        if let Some(position) = self.position.take() {
            self.book(position.left(self.strategy.costs, &bars.close(t), Exit::End));
        }
    }

    fn book(&mut self, trade: Trade) {
        self.realised += trade.net();
        self.trades.push(trade);
    }
}

fn drawdown(equity: &[f64]) -> Vec<f64> {
    let mut peak = f64::MIN;
    let lost = |&value: &f64| {
        peak = peak.max(value);
        1.0 - value / peak
    };
    equity.iter().map(lost).collect()
}
