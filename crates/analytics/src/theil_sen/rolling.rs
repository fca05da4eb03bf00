//! The median slope of a moving window, kept up to date in O(length) a step.
//!
//! A bar that enters or leaves changes length − 1 slopes, of which only those near the median matter
//! one by one. So the slopes around the median are kept sorted, with the number of those below. When
//! the median has wandered to the end of what is kept, a new neighbourhood is found by
//! [`slopes_of_ranks`] and one look at every pair.
//!
//! All slopes are the same roundings of the same differences wherever they are computed, so counts
//! never drift, and an outlier leaves no trace behind.

use super::{
    Intercept, midpoint,
    points::Points,
    select::slopes_of_ranks,
    theil_sen_line,
    vicinity::{Sorted, Vicinity},
};
use crate::{line::Line, theil_sen::median, walk_forward::sliding::Sliding};

#[derive(Clone, Debug)]
pub(crate) struct RollingTheilSen {
    length: usize,
    intercept: Intercept,
    bars: Sliding,
    sorted_y: Sorted,
    sorted_x: Sorted,
    /// Bars in the window whose magnitude could make a difference overflow.
    wild: usize,
    vicinity: Option<Vicinity>,
}

/// Beyond this magnitude differences of prices are not trusted to be finite.
const TAME: f64 = 1e150;

impl RollingTheilSen {
    pub(crate) fn new(length: usize, intercept: Intercept) -> Self {
        Self {
            length,
            intercept,
            bars: Sliding::new(length),
            sorted_y: Sorted::default(),
            sorted_x: Sorted::default(),
            wild: 0,
            vicinity: None,
        }
    }

    /// Takes in a bar; the line of the last `length` bars, if there are so many and x varies.
    pub(crate) fn push(&mut self, y: f64, x: f64) -> Option<Line> {
        let is_wild = |y: f64, x: f64| usize::from(y.abs() > TAME || x.abs() > TAME);
        let left = self.bars.push(y, x);
        self.wild += is_wild(y, x);
        self.sorted_y.insert(y);
        self.sorted_x.insert(x);
        if let Some((y, x)) = left {
            self.wild -= is_wild(y, x);
            self.sorted_y.remove(y);
            self.sorted_x.remove(x);
        }
        let (ys, xs) = self.bars.series();
        if ys.len() < self.length {
            return None;
        }
        if self.wild > 0 {
            self.vicinity = None;
            return theil_sen_line(ys, xs, self.intercept).ok();
        }
        if let (Some(vicinity), Some(left)) = (&mut self.vicinity, left) {
            let last = ys.len() - 1;
            vicinity.exchange((&ys[..last], &xs[..last]), left, (y, x));
        }
        let middle = self.vicinity.as_ref().and_then(Vicinity::middle);
        let (low, high) = match middle {
            Some(middle) => middle,
            None => {
                self.vicinity = find(ys, xs);
                match self.vicinity.as_ref().and_then(Vicinity::middle) {
                    Some(middle) => middle,
                    None => return theil_sen_line(ys, xs, self.intercept).ok(),
                }
            }
        };
        let beta = midpoint(low, high);
        let alpha = match self.intercept {
            Intercept::Separate => self.sorted_y.median() - beta * self.sorted_x.median(),
            Intercept::Joint => median(ys.iter().zip(xs).map(|(y, x)| y - beta * x).collect()),
        };
        Line { alpha, beta }.finite()
    }
}

/// Slopes kept on either side of the median, per bar of the window. More cost more to keep in order, fewer
/// are more often left behind by the median.
const REACH: u64 = 4;

/// The slopes about the median of the points' slopes; `None` if x is constant or they overflow.
fn find(y: &[f64], x: &[f64]) -> Option<Vicinity> {
    let points = Points::new(y, x);
    let count = points.slopes.checked_sub(1)?;
    let reach = REACH * y.len() as u64;
    let ranks = [
        (count / 2).saturating_sub(reach),
        (count / 2 + reach).min(count),
    ];
    let ends = slopes_of_ranks(&points, &ranks);
    let (low, high) = (points.unscale(ends[0]), points.unscale(ends[1]));
    Vicinity::between(low, high, y, x)
}
