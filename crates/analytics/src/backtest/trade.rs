//! One position from its entry to its exit.

/// Which way the spread is traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Long `y`, short `x`: the spread is low.
    LongSpread,
    /// Short `y`, long `x`: the spread is high.
    ShortSpread,
}

impl Side {
    /// Against a spread of this z-score.
    #[must_use]
    pub fn against(z: f64) -> Self {
        if z < 0.0 {
            Self::LongSpread
        } else {
            Self::ShortSpread
        }
    }

    /// +1 for long, −1 for short.
    #[must_use]
    pub const fn sign(self) -> f64 {
        match self {
            Self::LongSpread => 1.0,
            Self::ShortSpread => -1.0,
        }
    }
}

/// Why a position was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// |z| fell to the exit, or z changed sign.
    Reverted,
    /// |z| rose to the stop.
    Stopped,
    /// It was held for as long as allowed.
    TimedOut,
    /// The bars ended: closed at the last close, as no order could be given.
    End,
}

/// A position that was taken and left. Amounts are in the currency of the prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trade {
    /// Which way.
    pub side: Side,
    /// Hedge ratio at the signal.
    pub beta: f64,
    /// z-score at the close that gave the signal to enter.
    pub entry_z: f64,
    /// The bar at whose open it was taken, an index of the bars.
    pub entry_bar: usize,
    /// When that was.
    pub entry_time_ms: i64,
    /// Prices of `y` and `x` then.
    pub entry_prices: (f64, f64),
    /// Units of `y`, negative for short.
    pub quantity_y: f64,
    /// Units of `x`, negative for short.
    pub quantity_x: f64,
    /// The bar at whose open it was left; with [`Exit::End`] the one at whose close.
    pub exit_bar: usize,
    /// When that was.
    pub exit_time_ms: i64,
    /// Prices of `y` and `x` then.
    pub exit_prices: (f64, f64),
    /// Why.
    pub exit: Exit,
    /// Closes at which it was held.
    pub bars_held: usize,
    /// What the change of prices brought.
    pub gross: f64,
    /// Fees of its four fills.
    pub fees: f64,
    /// Slippage of its four fills.
    pub slippage: f64,
    /// Funding paid; negative where received.
    pub funding: f64,
    /// Notional that its four fills traded.
    pub traded: f64,
}

impl Trade {
    /// Fees and slippage.
    #[must_use]
    pub fn costs(&self) -> f64 {
        self.fees + self.slippage
    }

    /// Gross less costs and funding.
    #[must_use]
    pub fn net(&self) -> f64 {
        self.gross - self.costs() - self.funding
    }

    /// Whether it was still open when the bars ended.
    #[must_use]
    pub fn was_open_at_the_end(&self) -> bool {
        self.exit == Exit::End
    }
}
