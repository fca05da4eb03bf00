//! A backtest in a few figures.

use super::{
    run::Strategy,
    trade::{Side, Trade},
};
use crate::error::{Degeneracy, Result};

/// Figures of a range of bars. Amounts are in the currency of the prices, over all trades; ratios are of the capital
/// at the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Performance {
    /// What the change of prices brought.
    pub gross: f64,
    /// Fees paid.
    pub fees: f64,
    /// Slippage suffered.
    pub slippage: f64,
    /// Funding paid; negative where received.
    pub funding: f64,
    /// Gross less fees, slippage and funding.
    pub net: f64,
    /// Net over capital.
    pub total_return: f64,
    /// Mean over standard deviation (n − 1) of the returns of equity bar by bar, flat bars included, times the root of the
    /// bars a year. `None` below two returns, where they do not vary, and where equity was used up.
    pub sharpe: Option<f64>,
    /// The greatest share of equity that was lost since a high.
    pub max_drawdown: f64,
    /// Share of trades with a positive net; `None` without trades.
    pub win_rate: Option<f64>,
    /// Notional traded over capital.
    pub turnover: f64,
    /// Share of closes at which a position was held.
    pub exposure: f64,
}

impl Performance {
    /// Fees and slippage.
    #[must_use]
    pub fn costs(&self) -> f64 {
        self.fees + self.slippage
    }

    pub(super) fn of(
        strategy: &Strategy<'_>,
        equity: &[f64],
        drawdown: &[f64],
        sides: &[Option<Side>],
        trades: &[Trade],
    ) -> Result<Self> {
        let sum = |figure: fn(&Trade) -> f64| trades.iter().map(figure).sum::<f64>();
        let net = sum(Trade::net);
        let won = trades.iter().filter(|trade| trade.net() > 0.0).count();
        let held = sides.iter().flatten().count();
        let found = Self {
            gross: sum(|trade| trade.gross),
            fees: sum(|trade| trade.fees),
            slippage: sum(|trade| trade.slippage),
            funding: sum(|trade| trade.funding),
            net,
            total_return: net / strategy.capital,
            sharpe: sharpe(equity, strategy.bars_per_year),
            max_drawdown: drawdown.iter().copied().fold(0.0, f64::max),
            win_rate: (!trades.is_empty()).then(|| won as f64 / trades.len() as f64),
            turnover: sum(|trade| trade.traded) / strategy.capital,
            exposure: held as f64 / equity.len() as f64,
        };
        let Self {
            gross,
            fees,
            slippage,
            funding,
            total_return,
            max_drawdown,
            turnover,
            ..
        } = found;
        let figures = [
            gross,
            fees,
            slippage,
            funding,
            net,
            total_return,
            max_drawdown,
            turnover,
        ];
        if figures.into_iter().all(f64::is_finite) {
            Ok(found)
        } else {
            Err(Degeneracy::OutOfRange("equity").into())
        }
    }
}

fn sharpe(equity: &[f64], bars_per_year: f64) -> Option<f64> {
    if equity.iter().any(|value| *value <= 0.0) {
        return None;
    }
    let returns: Vec<f64> = equity.windows(2).map(|w| w[1] / w[0] - 1.0).collect();
    let n = returns.len() as f64;
    if n < 2.0 {
        return None;
    }
    let mean = returns.iter().sum::<f64>() / n;
    let squares: f64 = returns.iter().map(|r| (r - mean) * (r - mean)).sum();
    let sharpe = mean / (squares / (n - 1.0)).sqrt() * bars_per_year.sqrt();
    (squares > 0.0 && sharpe.is_finite()).then_some(sharpe)
}
