//! What trading a pair's z-score would have brought: orders from the past alone, filled at the next bar.
//!
//! | question | where |
//! | --- | --- |
//! | which prices are traded? | [`Bars`]: opens to fill at, closes to mark and to judge by |
//! | what is known when a bar closes? | [`Signals`]: z-score and hedge ratio, walk-forward or Kalman only |
//! | when is a position taken and left? | [`Rules`] |
//! | of what size, at which cost? | [`Sizing`], [`Costs`], [`Funding`] |
//! | what came of it? | [`Backtest`]: equity, drawdown, [`Trade`]s, [`Performance`] |
//! | out of sample? | [`backtest_split`]: a formation part, and the trading part that counts |
//! | by which parameters? | [`sweep`](fn@sweep): a grid of them, chosen by the formation part |
//!
//! An order given at the close of bar t is filled at the open of bar t + 1, both legs at once and whole. Its size
//! is a notional, so quantities follow from the prices that it is filled at. Nothing compounds: each position
//! has the gross of the capital at the start, so that the first and the last trade weigh the same.

mod bars;
mod costs;
mod performance;
mod position;
mod rules;
mod run;
mod signals;
mod sizing;
mod split;
mod sweep;
mod trade;

pub use bars::{Bars, LegPrices};
pub use costs::{Costs, Funding, FundingRate, LegFunding};
pub use performance::Performance;
pub use rules::Rules;
pub use run::{Backtest, Strategy, backtest};
pub use signals::Signals;
pub use sizing::Sizing;
pub use split::{SplitBacktest, backtest_split};
pub use sweep::{Cell, Grid, Sweep, sweep};
pub use trade::{Exit, Side, Trade};

#[cfg(test)]
mod tests;
