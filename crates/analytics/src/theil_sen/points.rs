//! Points in the order that slopes are counted in.

use std::ops::Range;

/// Points sorted by x, equal x by y, both scaled by powers of two so that the greatest magnitude is
/// in [½, 1). Scaling is exact (values 2⁻⁹⁰⁰ times the greatest may lose digits) and keeps every
/// product of a slope and an x within range.
pub(super) struct Points {
    pub(super) x: Vec<f64>,
    pub(super) y: Vec<f64>,
    /// A slope of the scaled points times two to this power is a slope of the original points.
    exponent: i32,
    /// Number of pairs with different x.
    pub(super) slopes: u64,
}

impl Points {
    /// `y` and `x` are finite and of equal length.
    pub(super) fn new(y: &[f64], x: &[f64]) -> Self {
        let (ey, ex) = (exponent(y), exponent(x));
        let mut points: Vec<(f64, f64)> = x
            .iter()
            .zip(y)
            // Adding zero makes −0 and 0, which are one abscissa, the same bits for the sort.
            .map(|(&x, &y)| (scale(x, -ex) + 0.0, scale(y, -ey) + 0.0))
            .collect();
        points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        let slopes = smaller(&x).map(|s| s as u64).sum();
        Self {
            x,
            y,
            exponent: ey - ex,
            slopes,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.x.len()
    }

    /// Slope of the line through two points, as anyone computes it.
    pub(super) fn slope(&self, i: usize, j: usize) -> f64 {
        (self.y[j] - self.y[i]) / (self.x[j] - self.x[i])
    }

    /// A slope of the scaled points in units of the original ones.
    pub(super) fn unscale(&self, slope: f64) -> f64 {
        scale(slope, self.exponent)
    }

    /// The points that have a smaller x, for each point in turn: the first so many.
    pub(super) fn smaller(&self) -> impl Iterator<Item = usize> + '_ {
        smaller(&self.x)
    }

    /// Slopes of `wanted` pairs, one at random from each of as many equal parts of all pairs.
    pub(super) fn sample(&self, wanted: u64, random: &mut Random) -> Vec<f64> {
        let mut strata = Strata::new(self.slopes, wanted);
        let mut slopes = Vec::with_capacity(strata.expected());
        let mut seen = 0;
        let mut target = strata.next(random);
        for (j, smaller) in self.smaller().enumerate() {
            let end = seen + smaller as u64;
            while target < end {
                slopes.push(self.slope((target - seen) as usize, j));
                target = strata.next(random);
            }
            seen = end;
        }
        slopes
    }
}

fn smaller(x: &[f64]) -> impl Iterator<Item = usize> + '_ {
    let mut start = 0;
    (0..x.len()).map(move |j| {
        if x[j] != x[start] {
            start = j;
        }
        start
    })
}

/// Positions to look at: one, at random, in each stretch of equal length.
pub(super) struct Strata {
    total: u64,
    length: u64,
    start: u64,
}

impl Strata {
    pub(super) fn new(total: u64, wanted: u64) -> Self {
        Self {
            total,
            length: (total / wanted.max(1)).max(1),
            start: 0,
        }
    }

    /// How many positions there will be.
    pub(super) fn expected(&self) -> usize {
        usize::try_from(self.total / self.length + 1).unwrap_or(0)
    }

    /// Whether every position is looked at.
    pub(super) fn is_everything(&self) -> bool {
        self.length == 1
    }

    pub(super) fn next(&mut self, random: &mut Random) -> u64 {
        let position = if self.length == 1 {
            self.start
        } else {
            self.start + random.below(self.length)
        };
        self.start = self.start.saturating_add(self.length);
        position
    }
}

/// `SplitMix64` from a fixed seed. It only decides how fast an answer is found, never which.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new() -> Self {
        Self(0x5EED)
    }

    /// A number below `n`, biased by no more than n/2⁶⁴.
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(z ^ (z >> 31)) * u128::from(n)) >> 64) as u64
    }
}

/// e with max|v| in [2^(e−1), 2^e); 0 if every value is zero.
fn exponent(values: &[f64]) -> i32 {
    let greatest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    if greatest == 0.0 {
        return 0;
    }
    let lift = if greatest.is_normal() { 0 } else { 64 };
    let bits = scale(greatest, lift).to_bits();
    ((bits >> 52) & 0x7FF) as i32 - 1022 - lift
}

/// v·2^e, in steps that each stay within the range of an `f64` exponent.
fn scale(v: f64, e: i32) -> f64 {
    const STEP: Range<i32> = -1022..1024;
    let mut v = v;
    let mut e = e;
    while e != 0 && v != 0.0 && v.is_finite() {
        let step = e.clamp(STEP.start, STEP.end - 1);
        v *= f64::from_bits(((step + 1023) as u64) << 52);
        e -= step;
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_is_exact_over_the_whole_range() {
        for v in [5e-324, 1e-310, 1.0, 1.5e300, f64::MAX, -3.0] {
            let e = exponent(&[v]);
            let scaled = scale(v, -e);
            assert!((0.5..1.0).contains(&scaled.abs()), "{v} gives {scaled}");
            assert_eq!(scale(scaled, e), v);
        }
        assert_eq!(exponent(&[0.0, -0.0]), 0);
    }

    #[test]
    fn pairs_with_equal_x_are_not_counted() {
        let points = Points::new(&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 2.0, 2.0]);
        assert_eq!(points.slopes, 4);
        assert_eq!(points.smaller().collect::<Vec<_>>(), [0, 0, 2, 2]);
    }

    #[test]
    fn the_two_zeros_are_one_abscissa() {
        let points = Points::new(&[2.0, 1.0, 5.0], &[-0.0, 0.0, 1.0]);
        assert_eq!(points.slopes, 2);
        assert!(points.y[0] < points.y[1]);
    }

    #[test]
    fn a_sample_of_everything_is_every_slope_once() {
        let y: Vec<f64> = (0..20).map(|i| f64::from(i * i % 7)).collect();
        let x: Vec<f64> = (0..20).map(|i| f64::from(i % 6)).collect();
        let points = Points::new(&y, &x);
        let sample = points.sample(points.slopes, &mut Random::new());
        assert_eq!(sample.len() as u64, points.slopes);
    }
}
