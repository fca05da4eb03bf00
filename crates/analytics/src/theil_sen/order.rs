//! Orders of the points along lines of a given slope, and the inversions between two orders.
//!
//! For points sorted by x, the slope of a pair is below s exactly if the later one has the smaller
//! residual y − s·x. So passing from the order of residuals at slope `a` to the order at slope `b`
//! inverts exactly the pairs whose slope is in [a, b), and a merge sort meets each of them.
//! (Pairs with equal x keep their order by y at every slope and are never met; equal residuals keep
//! theirs because the sort is stable.)

use super::points::{Points, Random, Strata};

/// A point with its residual as an unevaluated sum of two doubles, about 32 significant digits.
/// One double would misplace pairs of near points with a common large offset.
#[derive(Clone, Copy)]
struct Keyed {
    high: f64,
    low: f64,
    id: u32,
}

impl Keyed {
    fn new(points: &Points, id: u32, slope: f64) -> Self {
        let (x, y) = (points.x[id as usize], points.y[id as usize]);
        if slope == f64::INFINITY {
            // Above every slope, points are in descending order of x.
            return Self {
                high: -x,
                low: 0.0,
                id,
            };
        }
        let product = slope * x;
        let product_error = slope.mul_add(x, -product);
        let difference = y - product;
        let back = difference - y;
        let difference_error = (y - (difference - back)) + (-product - back);
        let rest = difference_error - product_error;
        let high = difference + rest;
        Self {
            high,
            low: rest - (high - difference),
            id,
        }
    }

    fn precedes(&self, other: &Self) -> bool {
        self.high < other.high || (self.high == other.high && self.low < other.low)
    }
}

/// What to do with inverted pairs: each of `left` with `right`.
trait Meet {
    fn meet(&mut self, left: &[Keyed], right: &Keyed);
}

/// Counts.
struct Count(u64);

impl Meet for Count {
    fn meet(&mut self, left: &[Keyed], _: &Keyed) {
        self.0 += left.len() as u64;
    }
}

/// Counts, and keeps the slopes of those pairs whose number in the order of meeting is drawn.
struct Sample<'a> {
    points: &'a Points,
    random: &'a mut Random,
    strata: Strata,
    target: u64,
    seen: u64,
    slopes: Vec<f64>,
    /// More would mean that the estimate of their number was wrong; nothing is kept beyond it.
    limit: usize,
}

impl Meet for Sample<'_> {
    fn meet(&mut self, left: &[Keyed], right: &Keyed) {
        let end = self.seen + left.len() as u64;
        while self.target < end {
            if self.slopes.len() < self.limit {
                let partner = left[(self.target - self.seen) as usize].id;
                let slope = self.points.slope(partner as usize, right.id as usize);
                self.slopes.push(slope);
            }
            self.target = self.strata.next(self.random);
        }
        self.seen = end;
    }
}

/// Room for the merge sort, kept between passes.
pub(super) struct Sorter {
    from: Vec<Keyed>,
    to: Vec<Keyed>,
}

/// Slopes met on the way from one order to the next.
pub(super) struct Met {
    /// How many there are.
    pub(super) count: u64,
    /// Some of them, or all.
    pub(super) slopes: Vec<f64>,
    /// Whether `slopes` is all of them.
    pub(super) complete: bool,
}

impl Sorter {
    pub(super) fn new(points: &Points) -> Self {
        let room = points.len();
        Self {
            from: Vec::with_capacity(room),
            to: Vec::with_capacity(room),
        }
    }

    /// Brings `order` (the order at some slope) to the order at `slope`, which is not below that,
    /// and counts the slopes between them.
    pub(super) fn count(&mut self, points: &Points, order: &mut [u32], slope: f64) -> u64 {
        let mut count = Count(0);
        self.sort(points, order, slope, &mut count);
        count.0
    }

    /// As [`Sorter::count`], and draws about `wanted` of an estimated `expected` slopes, evenly; all
    /// of them if as many are wanted.
    pub(super) fn sample(
        &mut self,
        points: &Points,
        order: &mut [u32],
        slope: f64,
        (wanted, expected): (u64, u64),
        random: &mut Random,
    ) -> Met {
        let mut strata = Strata::new(expected, wanted);
        let complete = strata.is_everything();
        let limit = usize::try_from(wanted.saturating_mul(4)).unwrap_or(usize::MAX);
        let target = strata.next(random);
        let mut sample = Sample {
            points,
            random,
            strata,
            target,
            seen: 0,
            slopes: Vec::new(),
            limit,
        };
        self.sort(points, order, slope, &mut sample);
        Met {
            count: sample.seen,
            complete: complete && sample.slopes.len() as u64 == sample.seen,
            slopes: sample.slopes,
        }
    }

    fn sort(&mut self, points: &Points, order: &mut [u32], slope: f64, met: &mut impl Meet) {
        self.from.clear();
        self.from
            .extend(order.iter().map(|&id| Keyed::new(points, id, slope)));
        self.to.clear();
        self.to.extend_from_slice(&self.from);
        const RUN: usize = 12;
        for run in self.from.chunks_mut(RUN) {
            insertion_sort(run, met);
        }
        let mut width = RUN;
        while width < self.from.len() {
            let sources = self.from.chunks(2 * width);
            for (source, target) in sources.zip(self.to.chunks_mut(2 * width)) {
                merge(source, target, width, met);
            }
            std::mem::swap(&mut self.from, &mut self.to);
            width *= 2;
        }
        for (id, keyed) in order.iter_mut().zip(&self.from) {
            *id = keyed.id;
        }
    }
}

fn insertion_sort(run: &mut [Keyed], met: &mut impl Meet) {
    for i in 1..run.len() {
        let keyed = run[i];
        let place = run[..i]
            .iter()
            .rposition(|other| !keyed.precedes(other))
            .map_or(0, |before| before + 1);
        if place < i {
            met.meet(&run[place..i], &keyed);
            run.copy_within(place..i, place + 1);
            run[place] = keyed;
        }
    }
}

fn merge(source: &[Keyed], target: &mut [Keyed], width: usize, met: &mut impl Meet) {
    let (mut left, mut right) = source.split_at(width.min(source.len()));
    // Orders at near slopes are nearly equal: most merges have nothing to do.
    let apart = match (left.last(), right.first()) {
        (Some(last), Some(first)) => !first.precedes(last),
        _ => true,
    };
    if apart {
        target.copy_from_slice(source);
        return;
    }
    for place in target {
        match (left.split_first(), right.split_first()) {
            (Some((_, _)), Some((r, rest))) if r.precedes(&left[0]) => {
                met.meet(left, r);
                *place = *r;
                right = rest;
            }
            (Some((l, rest)), _) => {
                *place = *l;
                left = rest;
            }
            (None, Some((r, rest))) => {
                *place = *r;
                right = rest;
            }
            (None, None) => return,
        }
    }
}
