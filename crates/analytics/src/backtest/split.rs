//! A part to choose parameters on, and a part that counts.

use std::ops::Range;

use super::{
    bars::Bars,
    run::{Backtest, Strategy, backtest},
    signals::Signals,
};
use crate::error::{Error, Result};

/// A backtest of two parts that know nothing of each other's positions: each begins and ends flat, with all of the
/// capital. Signals go on from one to the other, as they depend on the past alone.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitBacktest {
    /// What parameters may be chosen by.
    pub formation: Backtest,
    /// Out of sample: the headline.
    pub trading: Backtest,
}

/// Backtests the first `formation_share` of `range`, and the rest.
///
/// # Errors
/// [`Error::BadParameter`] unless 0 < `formation_share` < 1; those of [`backtest`] for each part.
pub fn backtest_split(
    bars: &Bars<'_>,
    signals: &Signals,
    range: Range<usize>,
    formation_share: f64,
    strategy: &Strategy<'_>,
) -> Result<SplitBacktest> {
    let (formation, trading) = parts(range, formation_share)?;
    Ok(SplitBacktest {
        formation: backtest(bars, signals, formation, strategy)?,
        trading: backtest(bars, signals, trading, strategy)?,
    })
}

/// The first `share` of `range`, and the rest.
pub(super) fn parts(range: Range<usize>, share: f64) -> Result<(Range<usize>, Range<usize>)> {
    if !(share > 0.0 && share < 1.0) {
        return Err(Error::BadParameter {
            name: "split",
            allowed: "between 0 and 1, both excluded",
        });
    }
    let end = range.end.max(range.start);
    let first = ((end - range.start) as f64 * share).round() as usize;
    let border = range.start.saturating_add(first).min(end);
    Ok((range.start..border, border..end))
}
