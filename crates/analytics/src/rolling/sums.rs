//! Shifted sums of squares and products with a bound on their rounding errors.

use crate::moments::{Moments, mean};

/// Sums over pairs (y, x), each less a shift that was their mean when the sums were formed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    n: f64,
    shift_y: f64,
    shift_x: f64,
    y: f64,
    x: f64,
    yy: f64,
    xy: f64,
    xx: f64,
    /// Changes since the sums were formed, and the greatest sums of squares since then: their product
    /// with the rounding unit bounds the accrued error.
    changes: f64,
    peak_yy: f64,
    peak_xx: f64,
}

impl Sums {
    pub(crate) fn of(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Self {
        let mut sums = Self {
            shift_y: mean(pairs.clone().map(|p| p.0)),
            shift_x: mean(pairs.clone().map(|p| p.1)),
            ..Self::default()
        };
        for (y, x) in pairs {
            sums.add(y, x);
        }
        sums.changes = 0.0;
        sums
    }

    pub(crate) fn add(&mut self, y: f64, x: f64) {
        self.change(y, x, 1.0);
    }

    pub(crate) fn remove(&mut self, y: f64, x: f64) {
        self.change(y, x, -1.0);
    }

    fn change(&mut self, y: f64, x: f64, sign: f64) {
        let (dy, dx) = (y - self.shift_y, x - self.shift_x);
        self.n += sign;
        self.y += sign * dy;
        self.x += sign * dx;
        self.yy += sign * dy * dy;
        self.xy += sign * dx * dy;
        self.xx += sign * dx * dx;
        self.changes += 1.0;
        // Not `max`, which would hide a NaN: sums that overflowed must not look precise.
        let peak = |old: f64, new: f64| if new <= old { old } else { new };
        self.peak_yy = peak(self.peak_yy, self.yy);
        self.peak_xx = peak(self.peak_xx, self.xx);
    }

    pub(crate) fn n(&self) -> f64 {
        self.n
    }

    pub(crate) fn mean_y(&self) -> f64 {
        self.shift_y + self.y / self.n
    }

    pub(crate) fn moments(&self) -> Moments {
        Moments {
            mean_y: self.mean_y(),
            mean_x: self.shift_x + self.x / self.n,
            xx: self.xx - self.x * self.x / self.n,
            xy: self.xy - self.x * self.y / self.n,
            yy: self.yy - self.y * self.y / self.n,
        }
    }

    /// Centred sum of squares of y.
    pub(crate) fn centred_yy(&self) -> f64 {
        self.yy - self.y * self.y / self.n
    }

    /// Bounds of the errors of the centred yy, xy and xx.
    pub(crate) fn errors(&self) -> (f64, f64, f64) {
        let unit = 4.0 * f64::EPSILON * self.changes;
        (
            unit * self.peak_yy,
            unit * (self.peak_yy.sqrt() * self.peak_xx.sqrt()),
            unit * self.peak_xx,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_equal_values_have_no_deviation_at_all() {
        let sums = Sums::of([(0.1, 0.3); 7].into_iter());
        let moments = sums.moments();
        assert_eq!((moments.xx, moments.xy, moments.yy), (0.0, 0.0, 0.0));
        assert_eq!(moments.mean_y, 0.1);
    }

    #[test]
    fn an_overflow_shows_in_the_bound_even_after_it_has_left() {
        let mut sums = Sums::of([(1.0, 2.0), (2.0, 1.0)].into_iter());
        sums.add(1e300, 1.0);
        sums.remove(1e300, 1.0);
        let (error, _, _) = sums.errors();
        let is_precise = error <= 1e-9 * sums.centred_yy();
        assert!(!is_precise);
    }
}
