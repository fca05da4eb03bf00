//! The largest magnitude in a moving window.

use std::collections::VecDeque;

/// Keeps the maximum of |v| over the last `length` values, O(1) a step on average: values that a later
/// and larger one outlives are forgotten.
#[derive(Clone, Debug)]
pub(crate) struct Peak {
    length: usize,
    seen: usize,
    /// Positions and magnitudes, magnitudes descending.
    candidates: VecDeque<(usize, f64)>,
}

impl Peak {
    pub(crate) fn new(length: usize) -> Self {
        Self {
            length,
            seen: 0,
            candidates: VecDeque::new(),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.candidates.clear();
    }

    pub(crate) fn push(&mut self, v: f64) {
        let magnitude = v.abs();
        while self.candidates.back().is_some_and(|c| c.1 <= magnitude) {
            self.candidates.pop_back();
        }
        self.candidates.push_back((self.seen, magnitude));
        self.seen += 1;
        while self
            .candidates
            .front()
            .is_some_and(|c| c.0 + self.length < self.seen)
        {
            self.candidates.pop_front();
        }
    }

    pub(crate) fn get(&self) -> f64 {
        self.candidates.front().map_or(0.0, |c| c.1)
    }

    /// The maximum after a push of `v`.
    pub(crate) fn peek(&self, v: f64) -> f64 {
        let mut kept = self.candidates.iter();
        let kept = kept.find(|c| c.0 + self.length > self.seen);
        kept.map_or(0.0, |c| c.1).max(v.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_largest_magnitude_of_the_last_values() {
        let values: Vec<f64> = (0..50).map(|i| f64::from(i * 7919 % 101) - 50.0).collect();
        let mut peak = Peak::new(4);
        for (t, v) in values.iter().enumerate() {
            let window = &values[t.saturating_sub(3)..=t];
            let expected = window.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
            assert_eq!(peak.peek(*v), expected);
            peak.push(*v);
            assert_eq!(peak.get(), expected);
        }
    }
}
