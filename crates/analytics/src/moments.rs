//! Centred first and second moments of two series.

use crate::line::Line;

/// Means and centred sums of squares and products.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    pub(crate) mean_y: f64,
    pub(crate) mean_x: f64,
    pub(crate) xx: f64,
    pub(crate) xy: f64,
    pub(crate) yy: f64,
}

impl Moments {
    /// Two passes, the second correcting what rounding of the means left: accurate whatever the
    /// offset of the series.
    pub(crate) fn of(y: &[f64], x: &[f64]) -> Self {
        let n = y.len() as f64;
        let (mean_y, mean_x) = (mean(y.iter().copied()), mean(x.iter().copied()));
        let (mut sum_x, mut sum_y) = (0.0, 0.0);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (y, x) in y.iter().zip(x) {
            let (dy, dx) = (y - mean_y, x - mean_x);
            sum_x += dx;
            sum_y += dy;
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
        }
        Self {
            mean_y: mean_y + sum_y / n,
            mean_x: mean_x + sum_x / n,
            xx: xx - sum_x * sum_x / n,
            xy: xy - sum_x * sum_y / n,
            yy: yy - sum_y * sum_y / n,
        }
    }

    /// The least squares line, if its coefficients can be computed.
    pub(crate) fn line(&self) -> Option<Line> {
        let beta = self.xy / self.xx;
        Line {
            alpha: self.mean_y - beta * self.mean_x,
            beta,
        }
        .finite()
    }
}

/// Arithmetic mean about the first value; 0 of nothing. About the first value so that equal values
/// have exactly themselves as their mean.
pub(crate) fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let Some(first) = values.clone().next() else {
        return 0.0;
    };
    let (mut sum, mut n) = (0.0, 0.0);
    for value in values {
        sum += value - first;
        n += 1.0;
    }
    first + sum / n
}
