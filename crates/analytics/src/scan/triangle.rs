//! The unordered pairs of n symbols, handed out a row at a time.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Row y holds the pairs of y with every symbol behind it, so first rows are the longest: threads that take the next
/// one when they are done end at about the same time.
#[derive(Debug)]
pub(super) struct Triangle {
    symbols: usize,
    next: AtomicUsize,
}

impl Triangle {
    pub(super) const fn of(symbols: usize) -> Self {
        Self {
            symbols,
            next: AtomicUsize::new(0),
        }
    }

    pub(super) const fn pairs(&self) -> usize {
        self.symbols * self.symbols.saturating_sub(1) / 2
    }

    /// A symbol and those that it is to be paired with; each row once, whoever asks.
    pub(super) fn next_row(&self) -> Option<(usize, Range<usize>)> {
        let y = self.next.fetch_add(1, Ordering::Relaxed);
        (y + 1 < self.symbols).then(|| (y, y + 1..self.symbols))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_comes_once() {
        for symbols in 0..7 {
            let triangle = Triangle::of(symbols);
            let mut seen = Vec::new();
            while let Some((y, others)) = triangle.next_row() {
                seen.extend(others.map(|x| (y, x)));
            }
            assert_eq!(seen.len(), triangle.pairs());
            assert!(seen.is_sorted_by(|a, b| a < b));
            assert!(seen.iter().all(|&(y, x)| y < x && x < symbols));
        }
    }
}
