//! Which bars are analysed.

use crate::model::TimeRange;

/// The last bars, or those between two moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// So many joined bars up to the latest.
    Last(u32),
    /// Both ends included, ms since the epoch.
    Between(TimeRange),
}

impl Default for Span {
    fn default() -> Self {
        Self::Last(1_000)
    }
}

impl Span {
    /// Numbers of bars that the server takes.
    pub(crate) const FEWEST: u32 = 30;
    pub(crate) const MOST: u32 = 100_000;
    /// Bars that can be followed at most.
    pub(crate) const MOST_LIVE: u32 = 10_000;
    /// Numbers of bars to choose from.
    pub(crate) const CHOICES: [u32; 7] = [300, 500, 1_000, 2_000, 5_000, 10_000, 20_000];

    /// Whether it moves along with the market.
    pub(crate) const fn follows(self) -> bool {
        matches!(self, Self::Last(_))
    }
}
