//! Orders of the points along lines of a given slope, and the inversions between two orders.
//!
//! For points sorted by x, the slope of a pair is below s exactly if the later one has the smaller
//! residual y − s·x. So passing from the order of residuals at slope `a` to the order at slope `b`
//! inverts exactly the pairs whose slope is in [a, b), and a merge sort meets each of them.
//! (Pairs with equal x keep their order by y at every slope and are never met; equal residuals keep
//! theirs because the sort is stable.)

use super::points::{Points, Random, Strata};

/// A point with the leading double of its residual. One double would misplace near points with a
/// common large offset, so the rest is formed anew where the leading ones are equal: about 32
/// significant digits decide.
#[derive(Clone, Copy)]
struct Keyed {
    residual: f64,
    id: u32,
}

/// Residuals along one slope.
#[derive(Clone, Copy)]
struct Residuals<'a> {
    points: &'a Points,
    slope: f64,
}

impl Residuals<'_> {
    fn keyed(self, id: u32) -> Keyed {
        Keyed {
            residual: self.of(id).0,
            id,
        }
    }

    /// The residual as an unevaluated sum of two doubles, the second less than the rounding of the
    /// first.
    fn of(self, id: u32) -> (f64, f64) {
        let (x, y) = (self.points.x[id as usize], self.points.y[id as usize]);
        if self.slope == f64::INFINITY {
            // Above every slope, points are in descending order of x.
            return (-x, 0.0);
        }
        let product = self.slope * x;
        let product_error = self.slope.mul_add(x, -product);
        let difference = y - product;
        let back = difference - y;
        let difference_error = (y - (difference - back)) + (-product - back);
        let rest = difference_error - product_error;
        let high = difference + rest;
        (high, rest - (high - difference))
    }

    #[inline(always)]
    fn precedes(self, a: &Keyed, b: &Keyed) -> bool {
        if a.residual == b.residual {
            return self.is_less_in_rest(a, b);
        }
        a.residual < b.residual
    }

    #[cold]
    #[inline(never)]
    fn is_less_in_rest(self, a: &Keyed, b: &Keyed) -> bool {
        self.of(a.id).1 < self.of(b.id).1
    }
}

/// What to do with inverted pairs: each of `left` with `right`, if they `are_inverted`. A flag and not
/// a condition of the caller, for that would be a branch that nobody can predict.
trait Meet {
    fn meet(&mut self, left: &[Keyed], right: &Keyed, are_inverted: bool);
}

/// Counts.
struct Count(u64);

impl Meet for Count {
    #[inline(always)]
    fn meet(&mut self, left: &[Keyed], _: &Keyed, are_inverted: bool) {
        self.0 += left.len() as u64 * u64::from(are_inverted);
    }
}

/// Counts, and keeps the slopes of those pairs whose number in the order of meeting is drawn.
struct Sample<'a> {
    points: &'a Points,
    random: &'a mut Random,
    strata: Strata,
    /// Pairs yet to be met before the one that is drawn next.
    ahead: u64,
    seen: u64,
    slopes: Vec<f64>,
    /// More would mean that the estimate of their number was wrong; nothing is kept beyond it.
    limit: usize,
}

impl Meet for Sample<'_> {
    #[inline(always)]
    fn meet(&mut self, left: &[Keyed], right: &Keyed, are_inverted: bool) {
        let count = left.len() as u64 * u64::from(are_inverted);
        self.seen += count;
        if self.ahead < count {
            self.keep(left, right);
        } else {
            self.ahead -= count;
        }
    }
}

impl Sample<'_> {
    #[inline(never)]
    fn keep(&mut self, left: &[Keyed], right: &Keyed) {
        let start = self.seen - left.len() as u64;
        let mut target = start + self.ahead;
        while target < self.seen {
            if self.slopes.len() < self.limit {
                let partner = left[(target - start) as usize].id;
                let slope = self.points.slope(partner as usize, right.id as usize);
                self.slopes.push(slope);
            }
            target = self.strata.next(self.random);
        }
        self.ahead = target - self.seen;
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
        let ahead = strata.next(random);
        let mut sample = Sample {
            points,
            random,
            strata,
            ahead,
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
        let residuals = Residuals { points, slope };
        self.from.clear();
        self.from
            .extend(order.iter().map(|&id| residuals.keyed(id)));
        self.to.clear();
        self.to.extend_from_slice(&self.from);
        const RUN: usize = 8;
        for run in self.from.chunks_mut(RUN) {
            insertion_sort(residuals, run, met);
        }
        let mut width = RUN;
        while width < self.from.len() {
            let sources = self.from.chunks(2 * width);
            for (source, target) in sources.zip(self.to.chunks_mut(2 * width)) {
                merge(residuals, source, target, width, met);
            }
            std::mem::swap(&mut self.from, &mut self.to);
            width *= 2;
        }
        for (id, keyed) in order.iter_mut().zip(&self.from) {
            *id = keyed.id;
        }
    }
}

fn insertion_sort(residuals: Residuals<'_>, run: &mut [Keyed], met: &mut impl Meet) {
    for i in 1..run.len() {
        let keyed = run[i];
        let mut place = i;
        while place > 0 && residuals.precedes(&keyed, &run[place - 1]) {
            place -= 1;
        }
        if place < i {
            met.meet(&run[place..i], &keyed, true);
            let mut moved = i;
            while moved > place {
                run[moved] = run[moved - 1];
                moved -= 1;
            }
            run[place] = keyed;
        }
    }
}

fn merge(
    residuals: Residuals<'_>,
    source: &[Keyed],
    target: &mut [Keyed],
    width: usize,
    met: &mut impl Meet,
) {
    let (left, right) = source.split_at(width.min(source.len()));
    let (Some(last), Some(first)) = (left.last(), right.first()) else {
        target.copy_from_slice(source);
        return;
    };
    // Orders at near slopes are nearly equal: only the ends of two runs that overlap need merging.
    let before = left.partition_point(|l| !residuals.precedes(first, l));
    let after = right.partition_point(|r| residuals.precedes(r, last));
    let end = left.len() + after;
    target[..before].copy_from_slice(&left[..before]);
    target[end..].copy_from_slice(&right[after..]);
    let (left, right) = (&left[before..], &right[..after]);
    let target = &mut target[before..end];
    let (mut l, mut r) = (0, 0);
    while l < left.len() && r < right.len() {
        let is_right = residuals.precedes(&right[r], &left[l]);
        met.meet(&left[l..], &right[r], is_right);
        target[l + r] = *if is_right { &right[r] } else { &left[l] };
        l += usize::from(!is_right);
        r += usize::from(is_right);
    }
    let rest = if l < left.len() {
        &left[l..]
    } else {
        &right[r..]
    };
    target[l + r..].copy_from_slice(rest);
}
