//! Slopes of given ranks among all pairs, without forming all pairs.
//!
//! Randomised interval contraction: slopes drawn evenly from an interval tell between which two
//! values a rank lies but for a few in a thousand cases; two sorts count how many slopes are below
//! and between these values, which settles it; and the second sort draws the next sample from what
//! remains. Two rounds usually leave a few slopes per point, which are then looked at one by one.

use std::collections::VecDeque;

use super::{
    order::Sorter,
    points::{Points, Random},
};

/// An interval of slopes, low ≤ slope < high, in which some of the wanted ranks lie.
struct Interval {
    low: f64,
    high: f64,
    /// Number of slopes below `low`.
    below: u64,
    /// Number of slopes within.
    count: u64,
    /// The points in the order of their residuals at slope `low`.
    order: Vec<u32>,
    /// Slopes within: evenly drawn ones, or all.
    slopes: Vec<f64>,
    complete: bool,
    /// The wanted ranks that lie within, ascending.
    ranks: Vec<u64>,
}

impl Interval {
    /// A slope from within, if one was drawn.
    fn any_slope(&self) -> f64 {
        self.slopes.first().copied().unwrap_or(self.low)
    }
}

/// Slopes nearer to each other than this are taken as one: 16 units in the last place. Residuals
/// have about 106 significant bits, of numbers below 1, and do not always tell slopes apart that
/// differ by one unit, for points a unit apart.
///
/// The floor is where scaled values lose digits and no higher: one outlier of 10³⁰ scales all others, and
/// with them the slopes that matter, down to 2⁻¹⁰⁰.
fn grain(slope: f64) -> f64 {
    const RELATIVE: f64 = f64::from_bits((1023 - 48) << 52);
    const ABSOLUTE: f64 = f64::from_bits((1023 - 900) << 52);
    if slope.is_finite() {
        (slope.abs() * RELATIVE).max(ABSOLUTE)
    } else {
        0.0
    }
}

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
                pick(interval, &mut found);
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
        let cuts = cuts(&mut interval);
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

/// Ends of the pieces that an interval is cut into, ascending, the last being its own end; each with
/// whether a rank is expected in that piece. Reorders the drawn slopes.
fn cuts(interval: &mut Interval) -> Vec<(f64, bool)> {
    let slopes = &mut interval.slopes;
    let drawn = slopes.len() as f64;
    let mut drawn_at = |place: usize| *slopes.select_nth_unstable_by(place, f64::total_cmp).1;
    let mut near: Vec<(f64, f64)> = Vec::new();
    for &rank in &interval.ranks {
        let share = rank.saturating_sub(interval.below) as f64 / interval.count.max(1) as f64;
        let share = share.clamp(0.0, 1.0);
        let margin = 3.0 * (drawn * share * (1.0 - share)).sqrt() + 2.0;
        let (first, last) = (share * drawn - margin, share * drawn + margin);
        let low = if first < 0.0 {
            interval.low
        } else {
            drawn_at(first as usize).clamp(f64::MIN, f64::MAX)
        };
        let high = if last < drawn {
            drawn_at(last as usize)
        } else {
            interval.high
        };
        // A value that many slopes share must lie within, not at an end.
        let (low, high) = if high - low <= grain(low) {
            (low - grain(low), high + grain(high))
        } else {
            (low, high)
        };
        let (low, high) = (low.max(interval.low), high.min(interval.high));
        match near.last_mut() {
            Some((_, end)) if low <= *end => *end = end.max(high),
            _ => near.push((low, high)),
        }
    }
    if near == [(interval.low, interval.high)] {
        // Nothing learnt: most slopes are one value, the lowest or the highest.
        let (low, high) = (interval.low, interval.high);
        let middle = if low.is_finite() && high.is_finite() {
            low.midpoint(high)
        } else {
            drawn_at(drawn as usize / 2).clamp(f64::MIN, f64::MAX)
        };
        near = vec![(low, middle)];
    }
    let mut cuts = Vec::with_capacity(2 * near.len() + 1);
    let mut end = interval.low;
    for (low, high) in near {
        if low > end {
            cuts.push((low, false));
        }
        cuts.push((high, true));
        end = high;
    }
    if end < interval.high {
        cuts.push((interval.high, false));
    }
    cuts
}

/// Finds the ranks in an interval of which all slopes are at hand.
fn pick(mut interval: Interval, found: &mut Vec<f64>) {
    let slopes = &mut interval.slopes;
    if slopes.is_empty() {
        found.extend(interval.ranks.iter().map(|_| interval.low));
        return;
    }
    for rank in interval.ranks {
        let place = usize::try_from(rank.saturating_sub(interval.below)).unwrap_or(usize::MAX);
        let place = place.min(slopes.len() - 1);
        found.push(*slopes.select_nth_unstable_by(place, f64::total_cmp).1);
    }
}
