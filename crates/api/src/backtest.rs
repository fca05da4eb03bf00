//! Backtests of pairs: what may be asked, the prices that orders are filled at, and the answer.

mod answer;
mod fills;
mod payments;
pub(crate) mod spec;

pub(crate) use answer::{answer, bars, nothing};
pub(crate) use fills::{Fills, fills, no_opens};
pub(crate) use payments::{Payments, payments};
pub(crate) use spec::BacktestSpec;
