//! What the followers of a session see of it.

use api_types::TooFewBars;
use store::SymbolId;

use super::points::{PairPoint, Points};

/// Whether an analysis is what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// Nothing has been read yet.
    Loading,
    /// The last point lacks figures, for want of bars.
    TooFew(TooFewBars),
    /// The last point has every figure that there is.
    Ready,
    /// The analysis cannot go on, and why.
    Failed(String),
}

/// An analysis at one moment. A clone shares the points.
#[derive(Debug, Clone)]
pub(crate) struct SessionState {
    /// Changes when points that were there are void: late data, or the range begins anew. As long as it is the
    /// same, points of closed bars are only added.
    pub(crate) generation: u64,
    pub(crate) condition: Condition,
    /// Points of closed bars since the range began, those of the warm-up included.
    pub(crate) points: Points,
    /// The provisional point.
    pub(crate) open: Option<PairPoint>,
    /// Bars that end at or before this time are closed.
    pub(crate) closed_until_ms: i64,
    /// Up to which trades of y and of x everything is in it.
    pub(crate) reached: [(SymbolId, i64); 2],
    /// When what it is made of was up to date, by the clock of this server.
    pub(crate) as_of_ms: i64,
    /// Of a Kalman filter: standard deviation of e/√S.
    pub(crate) standardized_sd: Option<f64>,
}

impl SessionState {
    pub(super) fn new(reached: [(SymbolId, i64); 2]) -> Self {
        Self {
            generation: 0,
            condition: Condition::Loading,
            points: Points::default(),
            open: None,
            closed_until_ms: 0,
            reached,
            as_of_ms: 0,
            standardized_sd: None,
        }
    }

    /// Points of closed bars after this time, ascending.
    pub(crate) fn points_after(&self, time_ms: i64) -> impl DoubleEndedIterator<Item = &PairPoint> {
        self.points.after(time_ms)
    }

    /// The newest point: the provisional one if there is one.
    pub(crate) fn newest(&self) -> Option<&PairPoint> {
        self.open.as_ref().or_else(|| self.points.last())
    }
}
