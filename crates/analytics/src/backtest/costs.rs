//! What trading and holding cost.

use super::bars::Quote;
use crate::error::{Error, Result};

const BASIS_POINT: f64 = 1e-4;
const EIGHT_HOURS_MS: f64 = 8.0 * 3_600_000.0;
/// A cost above this share of what is traded is a slip of the keyboard.
const MOST_BPS: f64 = 10_000.0;

/// What each fill costs, in basis points of the notional traded, per leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    fee_bps: f64,
    slippage_bps: f64,
}

impl Costs {
    /// No costs: to see what a signal is worth before them.
    pub const NONE: Self = Self {
        fee_bps: 0.0,
        slippage_bps: 0.0,
    };

    /// Fee of the exchange, and how much worse than the open a fill is.
    ///
    /// # Errors
    /// [`Error::BadParameter`] outside 0 … 10,000 basis points.
    pub fn new(fee_bps: f64, slippage_bps: f64) -> Result<Self> {
        for (name, bps) in [("fee_bps", fee_bps), ("slippage_bps", slippage_bps)] {
            if !(0.0..=MOST_BPS).contains(&bps) {
                return Err(Error::BadParameter {
                    name,
                    allowed: "from 0 to 10,000 basis points",
                });
            }
        }
        Ok(Self {
            fee_bps,
            slippage_bps,
        })
    }

    /// Fee, basis points.
    #[must_use]
    pub const fn fee_bps(self) -> f64 {
        self.fee_bps
    }

    /// Slippage, basis points.
    #[must_use]
    pub const fn slippage_bps(self) -> f64 {
        self.slippage_bps
    }

    /// The fee on `notional` traded.
    pub(super) fn fee(self, notional: f64) -> f64 {
        self.fee_bps * BASIS_POINT * notional
    }

    /// The slippage on `notional` traded.
    pub(super) fn slippage(self, notional: f64) -> f64 {
        self.slippage_bps * BASIS_POINT * notional
    }
}

impl Default for Costs {
    /// A fee of 5 basis points and a slippage of 1.
    fn default() -> Self {
        Self {
            fee_bps: 5.0,
            slippage_bps: 1.0,
        }
    }
}

/// A rate that a perpetual contract's longs paid its shorts at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FundingRate {
    /// When, in the epoch of the bars.
    pub time_ms: i64,
    /// Share of the notional; negative where shorts paid.
    pub rate: f64,
}

/// What holding one unit of notional of one leg costs a long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LegFunding<'a> {
    /// So many basis points in eight hours, accrued by the time that passes.
    Constant {
        /// Negative where shorts pay.
        bps_8h: f64,
    },
    /// At these times, ascending, these rates, of the notional at the close of the bar that they fall into. A
    /// position that is filled at such a time does not pay for it, one that is left then does.
    Rates(&'a [FundingRate]),
}

impl LegFunding<'_> {
    fn check(&self, name: &'static str) -> Result<()> {
        match self {
            Self::Constant { bps_8h } if !(-MOST_BPS..=MOST_BPS).contains(bps_8h) => {
                Err(Error::BadParameter {
                    name,
                    allowed: "from -10,000 to 10,000 basis points",
                })
            }
            Self::Rates(rates) if !rates.is_sorted_by(|a, b| a.time_ms < b.time_ms) => {
                Err(Error::BadParameter {
                    name,
                    allowed: "rates at strictly ascending times",
                })
            }
            Self::Rates(rates) => match rates.iter().position(|rate| !rate.rate.is_finite()) {
                Some(index) => Err(Error::NonFinite {
                    series: name,
                    index,
                }),
                None => Ok(()),
            },
            Self::Constant { .. } => Ok(()),
        }
    }

    /// Share of the notional that a long pays for holding after `from_ms` and up to `to_ms`.
    fn share(&self, from_ms: i64, to_ms: i64) -> f64 {
        if to_ms <= from_ms {
            return 0.0;
        }
        match self {
            Self::Constant { bps_8h } => {
                let elapsed_ms = (i128::from(to_ms) - i128::from(from_ms)) as f64;
                bps_8h * BASIS_POINT * elapsed_ms / EIGHT_HOURS_MS
            }
            Self::Rates(rates) => {
                let until = |time_ms| rates.partition_point(|rate| rate.time_ms <= time_ms);
                let due = &rates[until(from_ms)..until(to_ms)];
                due.iter().map(|rate| rate.rate).sum()
            }
        }
    }
}

/// What holding costs, by leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Funding<'a> {
    y: LegFunding<'a>,
    x: LegFunding<'a>,
}

impl<'a> Funding<'a> {
    /// Holding costs nothing.
    pub const NONE: Self = Self {
        y: LegFunding::Constant { bps_8h: 0.0 },
        x: LegFunding::Constant { bps_8h: 0.0 },
    };

    /// Funding of each leg.
    ///
    /// # Errors
    /// [`Error::BadParameter`] for a constant outside ±10,000 basis points or times that do not ascend,
    /// [`Error::NonFinite`].
    pub fn new(y: LegFunding<'a>, x: LegFunding<'a>) -> Result<Self> {
        y.check("funding of y")?;
        x.check("funding of x")?;
        Ok(Self { y, x })
    }

    /// What quantities `q_y` and `q_x` (negative: short) pay from `from_ms` to the moment of `quote`, at its prices.
    pub(super) fn due(&self, q_y: f64, q_x: f64, from_ms: i64, quote: &Quote) -> f64 {
        q_y * quote.y * self.y.share(from_ms, quote.time_ms)
            + q_x * quote.x * self.x.share(from_ms, quote.time_ms)
    }
}
