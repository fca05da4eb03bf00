//! Slopes of given ranks among all pairs, without forming all pairs.
//!
//! Randomised interval contraction: slopes drawn evenly from an interval tell between which two
//! values a rank lies but for a few in a thousand cases; two sorts count how many slopes are below
//! and between these values, which settles it; and the second sort draws the next sample from what
//! remains. Two rounds usually leave a few slopes per point, which are then looked at one by one.

use std::collections::VecDeque;

use super::{
    interval::{Interval, grain},
    order::Sorter,
    points::{Points, Random},
};

/// Up to this number of slopes, or four per point, they are looked at one by one.
const FEW: u64 = 16_384;
/// Fewer drawn slopes than this do not narrow an interval well.
const LEAST_SAMPLE: usize = 256;

/// The slopes with the given ranks (ascending, from 0, below the number of slopes), scaled as
/// `points` are.
pub(super) fn slopes_of_ranks(points: &Points, ranks: &[u64]) -> Vec<f64> {
    Selection::new(points).run(ranks)
}

/// A bound that is never met: each round divides an interval by twenty or more.
const MOST_ROUNDS: u32 = 400;

struct Selection<'a> {
    points: &'a Points,
    sorter: Sorter,
    random: Random,
    few: u64,
    sample: u64,
}

impl<'a> Selection<'a> {
    fn new(points: &'a Points) -> Self {
        let n = points.len() as u64;
        Self {
            points,
            sorter: Sorter::new(points),
            random: Random::new(),
            few: FEW.max(4 * n),
            sample: (2 * n).max(2_048),
        }
    }

    fn run(&mut self, ranks: &[u64]) -> Vec<f64> {
        let points = self.points;
        let wanted = if points.slopes <= self.few {
            points.slopes
        } else {
            self.sample
        };
        let slopes = points.sample(wanted, &mut self.random);
        let mut open = VecDeque::from([Interval {
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
            below: 0,
            count: points.slopes,
            order: (0..points.len() as u32).collect(),
            complete: slopes.len() as u64 == points.slopes,
            slopes,
            ranks: ranks.to_vec(),
        }]);
        let mut found = Vec::with_capacity(ranks.len());
        let mut rounds = 0..MOST_ROUNDS;
        while let Some(interval) = open.pop_front() {
            let is_grain = interval.high - interval.low <= 4.0 * grain(interval.low);
            if (is_grain && !interval.complete) || rounds.next().is_none() {
                found.extend(interval.ranks.iter().map(|_| interval.any_slope()));
            } else if interval.complete {
                interval.pick(&mut found);
            } else if interval.count <= self.few || interval.slopes.len() < LEAST_SAMPLE {
                open.push_back(self.sample_again(interval));
            } else {
                self.narrow(interval, &mut open);
            }
        }
        found.sort_unstable_by(f64::total_cmp);
        found
    }

    /// Draws anew from the interval, or takes all of it.
    fn sample_again(&mut self, interval: Interval) -> Interval {
        let wanted = if interval.count <= self.few {
            interval.count
        } else {
            self.sample
        };
        let met = self.sorter.sample(
            self.points,
            &mut interval.order.clone(),
            interval.high,
            (wanted, interval.count),
            &mut self.random,
        );
        Interval {
            // A rank that rounding moved across an end of the interval finds the nearest slope.
            complete: met.complete || met.slopes.len() < LEAST_SAMPLE,
            slopes: met.slopes,
            ..interval
        }
    }

    /// Cuts the interval around its ranks and keeps the pieces in which they turn out to lie.
    fn narrow(&mut self, mut interval: Interval, open: &mut VecDeque<Interval>) {
        let cuts = interval.cuts();
        let share = interval.count as f64 / interval.slopes.len() as f64;
        let mut order = interval.order;
        let mut ranks = interval.ranks.into_iter().peekable();
        let mut below = interval.below;
        let end = interval.below + interval.count;
        let mut low = interval.low;
        for (place, &(high, near_rank)) in cuts.iter().enumerate() {
            let drawn = |s: &&f64| (low..high).contains(*s);
            let start = order.clone();
            let is_last = place + 1 == cuts.len();
            let (count, slopes, complete) = if is_last {
                (end.saturating_sub(below), Vec::new(), false)
            } else if near_rank {
                let within = interval.slopes.iter().filter(drawn).count();
                let expected = (within as f64 * share) as u64 + 1;
                let wanted = if expected <= self.few {
                    expected
                } else {
                    self.sample
                };
                let (points, random) = (self.points, &mut self.random);
                let amount = (wanted, expected);
                let met = self.sorter.sample(points, &mut order, high, amount, random);
                (met.count, met.slopes, met.complete)
            } else {
                let count = self.sorter.count(self.points, &mut order, high);
                (count, Vec::new(), false)
            };
            let next = below + count;
            let mut within = Vec::new();
            while let Some(rank) = ranks.next_if(|&rank| rank < next || is_last) {
                within.push(rank);
            }
            if !within.is_empty() {
                let slopes = if slopes.is_empty() {
                    interval.slopes.iter().filter(drawn).copied().collect()
                } else {
                    slopes
                };
                open.push_back(Interval {
                    low,
                    high,
                    below,
                    count,
                    order: start,
                    slopes,
                    complete,
                    ranks: within,
                });
            }
            below = next;
            low = high;
        }
    }
}
