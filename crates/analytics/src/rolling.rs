//! Sums over a moving window in O(1) a step that survive outliers.

mod peak;
mod sums;

use std::collections::VecDeque;

pub(crate) use peak::Peak;
pub(crate) use sums::Sums;

/// The last values of two series with their moments.
///
/// A value that enters or leaves changes the sums by its own terms. What rounding that leaves behind is
/// bounded as it accrues; once the bound matters, the sums are formed anew, which is also what
/// happens after an outlier of 10¹² has left the window.
#[derive(Clone, Debug)]
pub(crate) struct Rolling {
    length: usize,
    pairs: VecDeque<(f64, f64)>,
    sums: Sums,
    is_precise: fn(&Sums) -> bool,
}

impl Rolling {
    /// A window of `length` pairs. `is_precise` decides whether the sums are still good enough.
    pub(crate) fn new(length: usize, is_precise: fn(&Sums) -> bool) -> Self {
        Self {
            length,
            pairs: VecDeque::new(),
            sums: Sums::default(),
            is_precise,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.pairs.clear();
        self.sums = Sums::default();
    }

    pub(crate) fn push(&mut self, y: f64, x: f64) {
        if self.pairs.len() == self.length
            && let Some((y, x)) = self.pairs.pop_front()
        {
            self.sums.remove(y, x);
        }
        self.pairs.push_back((y, x));
        self.sums.add(y, x);
        if !(self.is_precise)(&self.sums) {
            self.sums = Sums::of(self.pairs.iter().copied());
        }
    }

    /// The sums if the window is full.
    pub(crate) fn full(&self) -> Option<&Sums> {
        (self.pairs.len() == self.length).then_some(&self.sums)
    }

    /// The sums that a push would lead to, if the window would be full. O(1) but when sums must be
    /// formed anew.
    pub(crate) fn peek(&self, y: f64, x: f64) -> Option<Sums> {
        let dropped = match self.length.checked_sub(self.pairs.len())? {
            0 => 1,
            1 => 0,
            _ => return None,
        };
        let mut sums = self.sums;
        for &(y, x) in self.pairs.iter().take(dropped) {
            sums.remove(y, x);
        }
        sums.add(y, x);
        if (self.is_precise)(&sums) {
            return Some(sums);
        }
        let kept = self.pairs.iter().copied().skip(dropped);
        Some(Sums::of(kept.chain([(y, x)])))
    }
}
