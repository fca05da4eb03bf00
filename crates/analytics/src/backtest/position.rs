//! A position that is held.

use super::{
    bars::Quote,
    costs::{Costs, Funding},
    trade::{Exit, Side, Trade},
};

/// Quantities are fixed until it is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub(super) side: Side,
    pub(super) beta: f64,
    pub(super) entry_z: f64,
    pub(super) entry: Quote,
    pub(super) q_y: f64,
    pub(super) q_x: f64,
    pub(super) bars_held: usize,
    /// Paid up to `funded_until_ms`.
    funding: f64,
    funded_until_ms: i64,
}

impl Position {
    pub(super) const fn new(
        side: Side,
        beta: f64,
        entry_z: f64,
        entry: Quote,
        (q_y, q_x): (f64, f64),
    ) -> Self {
        Self {
            side,
            beta,
            entry_z,
            q_y,
            q_x,
            bars_held: 0,
            funding: 0.0,
            funded_until_ms: entry.time_ms,
            entry,
        }
    }

    /// Pays the funding up to the moment of `quote`.
    pub(super) fn fund(&mut self, funding: &Funding<'_>, quote: &Quote) {
        self.funding += funding.due(self.q_y, self.q_x, self.funded_until_ms, quote);
        self.funded_until_ms = self.funded_until_ms.max(quote.time_ms);
    }

    fn notional(&self, quote: &Quote) -> f64 {
        self.q_y.abs() * quote.y + self.q_x.abs() * quote.x
    }

    fn gross(&self, quote: &Quote) -> f64 {
        self.q_y * (quote.y - self.entry.y) + self.q_x * (quote.x - self.entry.x)
    }

    /// What it has brought so far at the prices of `quote`, the costs of its entry and its funding paid.
    pub(super) fn net(&self, costs: Costs, quote: &Quote) -> f64 {
        let entered = self.notional(&self.entry);
        self.gross(quote) - costs.fee(entered) - costs.slippage(entered) - self.funding
    }

    /// The trade that it is once left at the prices of `quote`.
    pub(super) fn left(self, costs: Costs, quote: &Quote, exit: Exit) -> Trade {
        let (entered, left) = (self.notional(&self.entry), self.notional(quote));
        Trade {
            side: self.side,
            beta: self.beta,
            entry_z: self.entry_z,
            entry_bar: self.entry.bar,
            entry_time_ms: self.entry.time_ms,
            entry_prices: (self.entry.y, self.entry.x),
            quantity_y: self.q_y,
            quantity_x: self.q_x,
            exit_bar: quote.bar,
            exit_time_ms: quote.time_ms,
            exit_prices: (quote.y, quote.x),
            exit,
            bars_held: self.bars_held,
            gross: self.gross(quote),
            fees: costs.fee(entered) + costs.fee(left),
            slippage: costs.slippage(entered) + costs.slippage(left),
            funding: self.funding,
            traded: entered + left,
        }
    }
}
