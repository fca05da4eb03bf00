//! Orders of the points along lines of a given slope, and the inversions between two orders.
//!
//! For points sorted by x, the slope of a pair is below s exactly if the later one has the smaller
//! residual y − s·x. So passing from the order of residuals at slope `a` to the order at slope `b`
//! inverts exactly the pairs whose slope is in [a, b), and a merge sort meets each of them.
//! (Pairs with equal x keep their order by y at every slope and are never met; equal residuals keep
//! theirs because the sort is stable.)
//!
//! Which of two points comes first is as good as random, so nothing here branches on it: a branch that is
//! mispredicted every other time costs more than everything else in a merge.

use std::hint::select_unpredictable;

use super::points::{Points, Random, Strata};

/// A point with the leading double of its residual. One double would misplace near points with a
/// common large offset, so the rest is formed anew where the leading ones are equal: about 32
/// significant digits decide.
#[derive(Clone, Copy, Default)]
struct Keyed {
    /// The double's bits in the order of numbers.
    residual: i64,
    id: u32,
}

/// Integers in the order of the numbers, the two zeros one.
fn ordered(number: f64) -> i64 {
    let bits = (number + 0.0).to_bits().cast_signed();
    bits ^ ((bits >> 63) & i64::MAX)
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
            residual: ordered(self.of(id).0),
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

    /// Merges two runs into `out`. The last of `left` comes after all of `right`.
    #[inline(always)]
    fn merge(
        &mut self,
        residuals: Residuals<'_>,
        left: &[Keyed],
        right: &[Keyed],
        out: &mut [Keyed],
    ) {
        let (mut l, mut r) = (0, 0);
        while l < left.len() && r < right.len() {
            let is_right = residuals.precedes(&right[r], &left[l]);
            self.meet(&left[l..], &right[r], is_right);
            out[l + r] = select_unpredictable(is_right, right[r], left[l]);
            l += usize::from(!is_right);
            r += usize::from(is_right);
        }
        out[l + r..].copy_from_slice(&left[l..]);
    }
}

/// Counts.
struct Count(u64);

impl Meet for Count {
    #[inline(always)]
    fn meet(&mut self, left: &[Keyed], _: &Keyed, are_inverted: bool) {
        self.0 += left.len() as u64 * u64::from(are_inverted);
    }

    /// From both ends at once: two chains of loads and comparisons that do not wait for each other. Each
    /// left point is inverted with the right ones before it.
    #[inline(always)]
    fn merge(
        &mut self,
        residuals: Residuals<'_>,
        left: &[Keyed],
        right: &[Keyed],
        out: &mut [Keyed],
    ) {
        let (mut l, mut r) = (0, 0);
        let (mut l_end, mut r_end) = (left.len(), right.len());
        while l + 1 < l_end && r + 1 < r_end {
            let (a, b) = (left[l], right[r]);
            let (c, d) = (left[l_end - 1], right[r_end - 1]);
            let is_right = residuals.precedes(&b, &a);
            let is_left = residuals.precedes(&d, &c);
            out[l + r] = select_unpredictable(is_right, b, a);
            out[l_end + r_end - 1] = select_unpredictable(is_left, c, d);
            self.0 += r as u64 * u64::from(!is_right) + r_end as u64 * u64::from(is_left);
            l += usize::from(!is_right);
            r += usize::from(is_right);
            l_end -= usize::from(is_left);
            r_end -= usize::from(!is_left);
        }
        while l < l_end && r < r_end {
            let is_right = residuals.precedes(&right[r], &left[l]);
            out[l + r] = select_unpredictable(is_right, right[r], left[l]);
            self.0 += r as u64 * u64::from(!is_right);
            l += usize::from(!is_right);
            r += usize::from(is_right);
        }
        self.0 += r as u64 * (l_end - l) as u64;
        out[l + r..l_end + r].copy_from_slice(&left[l..l_end]);
        out[l_end + r..l_end + r_end].copy_from_slice(&right[r..r_end]);
    }
}

/// Counts, and keeps the slopes of those pairs whose number in the order of meeting is drawn.
struct Sample<'a> {
    points: &'a Points,
    random: &'a mut Random,
    strata: Strata,
    /// Number of the pair that is drawn next.
    target: u64,
    seen: u64,
    slopes: Vec<f64>,
    /// More would mean that the estimate of their number was wrong; nothing is kept beyond it.
    limit: usize,
}

impl Meet for Sample<'_> {
    #[inline(always)]
    fn meet(&mut self, left: &[Keyed], right: &Keyed, are_inverted: bool) {
        self.seen += left.len() as u64 * u64::from(are_inverted);
        if self.target < self.seen {
            self.keep(left, right);
        }
    }
}

impl Sample<'_> {
    #[inline(never)]
    fn keep(&mut self, left: &[Keyed], right: &Keyed) {
        let start = self.seen - left.len() as u64;
        while self.target < self.seen {
            if self.slopes.len() < self.limit {
                let partner = left[(self.target - start) as usize].id;
                let slope = self.points.slope(partner as usize, right.id as usize);
                self.slopes.push(slope);
            }
            self.target = self.strata.next(self.random);
        }
    }
}

/// Counts, and keeps all pairs.
struct Gather<'a> {
    /// Pairs of ids, the first `kept` of them. The last place is never kept.
    pairs: &'a mut [(u32, u32)],
    kept: usize,
    seen: u64,
}

impl Meet for Gather<'_> {
    #[inline(always)]
    fn meet(&mut self, left: &[Keyed], right: &Keyed, are_inverted: bool) {
        self.seen += left.len() as u64 * u64::from(are_inverted);
        if let [left] = left {
            // Written in any case, and kept if it counts.
            self.pairs[self.kept] = (left.id, right.id);
            let room = self.kept + 1 < self.pairs.len();
            self.kept += usize::from(are_inverted & room);
        } else if are_inverted {
            let room = &mut self.pairs[self.kept..];
            let many = left.len().min(room.len() - 1);
            for (pair, left) in room[..many].iter_mut().zip(left) {
                *pair = (left.id, right.id);
            }
            self.kept += many;
        }
    }
}

/// Room for the merge sort, kept between passes.
pub(super) struct Sorter {
    keyed: Vec<Keyed>,
    spare: Vec<Keyed>,
    pairs: Vec<(u32, u32)>,
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
            keyed: Vec::with_capacity(room),
            spare: vec![Keyed::default(); room],
            pairs: Vec::new(),
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
        let limit = usize::try_from(wanted.saturating_mul(2)).unwrap_or(usize::MAX - 1);
        if strata.is_everything() {
            return self.gather(points, order, slope, limit);
        }
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
            complete: false,
            slopes: sample.slopes,
        }
    }

    /// As [`Sorter::count`], with all of the slopes, unless they are more than `limit`.
    fn gather(&mut self, points: &Points, order: &mut [u32], slope: f64, limit: usize) -> Met {
        let mut pairs = std::mem::take(&mut self.pairs);
        pairs.resize(pairs.len().max(limit + 1), (0, 0));
        let mut gather = Gather {
            pairs: &mut pairs[..=limit],
            kept: 0,
            seen: 0,
        };
        self.sort(points, order, slope, &mut gather);
        let (count, kept) = (gather.seen, gather.kept);
        let slope = |&(i, j): &(u32, u32)| points.slope(i as usize, j as usize);
        let slopes = pairs[..kept].iter().map(slope).collect();
        self.pairs = pairs;
        Met {
            count,
            complete: kept as u64 == count,
            slopes,
        }
    }

    fn sort(&mut self, points: &Points, order: &mut [u32], slope: f64, met: &mut impl Meet) {
        let residuals = Residuals { points, slope };
        self.keyed.clear();
        self.keyed
            .extend(order.iter().map(|&id| residuals.keyed(id)));
        let (runs, rest) = self.keyed.as_chunks_mut::<RUN>();
        for run in runs {
            sort_run(residuals, run, met);
        }
        insertion_sort(residuals, rest, met);
        let mut width = RUN;
        while width < self.keyed.len() {
            for both in self.keyed.chunks_mut(2 * width) {
                if width < both.len() {
                    merge(residuals, both, width, &mut self.spare, met);
                }
            }
            width *= 2;
        }
        for (id, keyed) in order.iter_mut().zip(&self.keyed) {
            *id = keyed.id;
        }
    }
}

const RUN: usize = 8;

/// Each point's place is the number of those before it, by comparing all with all.
#[inline(always)]
fn sort_run(residuals: Residuals<'_>, run: &mut [Keyed; RUN], met: &mut impl Meet) {
    let from = *run;
    let mut places = [0_usize; RUN];
    for right in 1..RUN {
        for left in 0..right {
            let is_right = residuals.precedes(&from[right], &from[left]);
            met.meet(&from[left..=left], &from[right], is_right);
            places[left] += usize::from(is_right);
            places[right] += usize::from(!is_right);
        }
    }
    for (keyed, place) in from.iter().zip(places) {
        run[place % RUN] = *keyed;
    }
}

fn insertion_sort(residuals: Residuals<'_>, run: &mut [Keyed], met: &mut impl Meet) {
    for i in 1..run.len() {
        let keyed = run[i];
        let place = run[..i].partition_point(|before| !residuals.precedes(&keyed, before));
        met.meet(&run[place..i], &keyed, place < i);
        run[place..=i].rotate_right(1);
    }
}

/// Merges two runs, the second of which starts at `middle`. Orders at near slopes are nearly equal: only
/// the ends that overlap are touched.
fn merge(
    residuals: Residuals<'_>,
    both: &mut [Keyed],
    middle: usize,
    spare: &mut [Keyed],
    met: &mut impl Meet,
) {
    let (left, right) = both.split_at(middle);
    let (last, first) = (left[left.len() - 1], right[0]);
    if !residuals.precedes(&first, &last) {
        return;
    }
    let overlap = reach(left.len(), |back| {
        residuals.precedes(&first, &left[left.len() - 1 - back])
    });
    let end = middle
        + reach(right.len(), |ahead| {
            residuals.precedes(&right[ahead], &last)
        });
    let out = &mut both[middle - overlap..end];
    let spare = &mut spare[..out.len()];
    spare.copy_from_slice(out);
    let (left, right) = spare.split_at(overlap);
    met.merge(residuals, left, right, out);
}

/// How many of the first of `len` places satisfy `is_within`, which holds for the first of all, and for
/// none after one that does not. O(log of the answer).
#[inline(always)]
fn reach(len: usize, is_within: impl Fn(usize) -> bool) -> usize {
    let (mut known, mut step) = (1, 1);
    while known + step <= len && is_within(known + step - 1) {
        known += step;
        step *= 2;
    }
    while step > 1 {
        step /= 2;
        if known + step <= len && is_within(known + step - 1) {
            known += step;
        }
    }
    known
}
