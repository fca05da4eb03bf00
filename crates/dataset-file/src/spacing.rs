//! Order, interval and gaps of one series.

use std::collections::HashMap;

use api_types::BarLength;

use crate::SeriesSummary;

/// Ticks have as many steps as rows; more different ones than this are counted together.
const MAX_STEPS: usize = 10_000;

/// How the rows of a series lie in time, as they come.
#[derive(Debug, Default)]
pub(crate) struct Spacing {
    pub(crate) rows: u64,
    first_ms: i64,
    last_ms: i64,
    min_ms: i64,
    max_ms: i64,
    fell: bool,
    rose: bool,
    steps: Steps,
}

#[derive(Debug, Default)]
struct Steps {
    counts: HashMap<i64, u64>,
    others: u64,
}

impl Steps {
    fn add(&mut self, step: i64) {
        if self.counts.len() < MAX_STEPS || self.counts.contains_key(&step) {
            *self.counts.entry(step).or_default() += 1;
        } else {
            self.others += 1;
        }
    }
}

/// What a row is to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Moves,
    Repeats,
}

impl Spacing {
    pub(crate) fn push(&mut self, time_ms: i64) -> Step {
        self.rows += 1;
        if self.rows == 1 {
            (self.first_ms, self.last_ms) = (time_ms, time_ms);
            (self.min_ms, self.max_ms) = (time_ms, time_ms);
            return Step::Moves;
        }
        let step = time_ms - self.last_ms;
        self.last_ms = time_ms;
        self.min_ms = self.min_ms.min(time_ms);
        self.max_ms = self.max_ms.max(time_ms);
        if step == 0 {
            return Step::Repeats;
        }
        self.fell |= step < 0;
        self.rose |= step > 0;
        if !self.is_mixed() {
            self.steps.add(step.abs());
        }
        Step::Moves
    }

    /// Whether rows go to and fro, so that equal times need not be neighbours.
    pub(crate) const fn is_mixed(&self) -> bool {
        self.fell && self.rose
    }

    /// Whether rows are not in ascending order.
    pub(crate) const fn is_unsorted(&self) -> bool {
        self.fell
    }

    /// The same of times in ascending order, each once.
    pub(crate) fn of_sorted(times: impl Iterator<Item = i64>) -> Self {
        let mut spacing = Self::default();
        for time_ms in times {
            spacing.push(time_ms);
        }
        spacing
    }

    /// The same, known not to have come in order.
    pub(crate) const fn was_unsorted(mut self) -> Self {
        self.fell = true;
        self
    }

    pub(crate) fn summary(&self, symbol: String) -> SeriesSummary {
        // The most frequent step; the shortest of those that are.
        let counts = &self.steps.counts;
        let most = counts
            .iter()
            .max_by_key(|(step, count)| (**count, std::cmp::Reverse(**step)));
        let interval = most.and_then(|(step, _)| BarLength::from_ms(*step));
        let (mut gaps, mut missing, mut irregular) = (0, 0, self.steps.others);
        if let Some(interval) = interval {
            for (step, count) in counts {
                if step % interval.ms() != 0 {
                    irregular += count;
                } else if *step > interval.ms() {
                    gaps += count;
                    missing += count * (step / interval.ms() - 1).unsigned_abs();
                }
            }
        }
        SeriesSummary {
            symbol,
            rows: self.rows,
            interval,
            first_ms: self.min_ms,
            last_ms: self.max_ms,
            gaps,
            missing,
            irregular,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn the_most_frequent_step_is_the_interval_and_longer_ones_are_gaps() {
        // Three weeks of working days, one Wednesday missing.
        let days = [0, 1, 2, 3, 4, 7, 8, 10, 11, 14, 15, 16, 17, 18];
        let summary = Spacing::of_sorted(days.iter().map(|day| day * DAY)).summary("A".to_owned());
        assert_eq!(summary.interval.unwrap().to_string(), "1d");
        assert_eq!((summary.gaps, summary.missing), (3, 2 + 1 + 2));
        assert_eq!(summary.irregular, 0);
        let backwards = Spacing::of_sorted(days.iter().rev().map(|day| day * DAY));
        assert!(backwards.is_unsorted() && !backwards.is_mixed());
        assert_eq!(backwards.summary("A".to_owned()), summary);
    }

    #[test]
    fn steps_that_are_no_multiple_are_irregular() {
        let summary =
            Spacing::of_sorted([0, 60, 120, 150, 210].into_iter()).summary("A".to_owned());
        assert_eq!(summary.interval.unwrap().ms(), 60);
        assert_eq!((summary.gaps, summary.irregular), (0, 1));
        let single = Spacing::of_sorted([5].into_iter()).summary("A".to_owned());
        assert_eq!((single.interval, single.first_ms), (None, 5));
    }
}
