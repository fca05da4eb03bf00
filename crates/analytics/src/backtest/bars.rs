//! The prices that a backtest trades at.

use crate::error::{Error, Result};

/// Prices of one leg: an open and a close a bar, untransformed.
#[derive(Clone, Copy, Debug)]
pub struct LegPrices<'a> {
    /// First price of each bar, at which orders of the bar before are filled.
    pub open: &'a [f64],
    /// Last price of each bar, at which positions are marked.
    pub close: &'a [f64],
}

/// Bars of both legs over the same buckets: n times, ascending, and prices that are finite and positive.
#[derive(Clone, Copy, Debug)]
pub struct Bars<'a> {
    times_ms: &'a [i64],
    bar_ms: i64,
    y: LegPrices<'a>,
    x: LegPrices<'a>,
}

impl<'a> Bars<'a> {
    /// Bars that start at `times_ms` (milliseconds since any epoch) and last `bar_ms` each. Buckets may be
    /// missing; their time counts for funding. O(n).
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless all columns have one length; [`Error::BadParameter`] if `bar_ms` is not
    /// positive or times do not ascend; [`Error::NonFinite`] or [`Error::NotPositive`] for a price that is no
    /// price.
    pub fn new(
        times_ms: &'a [i64],
        bar_ms: i64,
        y: LegPrices<'a>,
        x: LegPrices<'a>,
    ) -> Result<Self> {
        if bar_ms <= 0 {
            return Err(Error::BadParameter {
                name: "bar_ms",
                allowed: "positive",
            });
        }
        if !times_ms.is_sorted_by(|a, b| a < b) {
            return Err(Error::BadParameter {
                name: "times_ms",
                allowed: "strictly ascending",
            });
        }
        let columns = [
            ("open of y", y.open),
            ("y", y.close),
            ("open of x", x.open),
            ("x", x.close),
        ];
        for (series, prices) in columns {
            if prices.len() != times_ms.len() {
                return Err(Error::LengthMismatch {
                    left: times_ms.len(),
                    right: prices.len(),
                });
            }
            Error::check_finite(series, prices)?;
            if let Some(index) = prices.iter().position(|price| *price <= 0.0) {
                return Err(Error::NotPositive { series, index });
            }
        }
        Ok(Self {
            times_ms,
            bar_ms,
            y,
            x,
        })
    }

    /// Number of bars.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.times_ms.len()
    }

    /// Whether there are no bars.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.times_ms.is_empty()
    }

    /// Closes of the dependent leg.
    pub(super) const fn y_closes(&self) -> &'a [f64] {
        self.y.close
    }

    /// Closes of the hedge leg.
    pub(super) const fn x_closes(&self) -> &'a [f64] {
        self.x.close
    }

    /// The beginning of bar `t`.
    pub(super) fn open(&self, t: usize) -> Quote {
        Quote {
            bar: t,
            time_ms: self.times_ms[t],
            y: self.y.open[t],
            x: self.x.open[t],
        }
    }

    /// The end of bar `t`.
    pub(super) fn close(&self, t: usize) -> Quote {
        Quote {
            bar: t,
            time_ms: self.times_ms[t].saturating_add(self.bar_ms),
            y: self.y.close[t],
            x: self.x.close[t],
        }
    }
}

/// Prices of both legs at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quote {
    pub(super) bar: usize,
    pub(super) time_ms: i64,
    pub(super) y: f64,
    pub(super) x: f64,
}
