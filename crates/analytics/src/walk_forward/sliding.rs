//! The last bars of two series as slices.

/// Keeps the last `length` bars contiguous: bars that have left are removed in bulk, once there are as
/// many as have stayed.
#[derive(Clone, Debug)]
pub(crate) struct Sliding {
    length: usize,
    start: usize,
    y: Vec<f64>,
    x: Vec<f64>,
}

impl Sliding {
    pub(crate) fn new(length: usize) -> Self {
        Self {
            length,
            start: 0,
            y: Vec::new(),
            x: Vec::new(),
        }
    }

    /// Adds a bar; answers the bar that it drives out.
    pub(crate) fn push(&mut self, y: f64, x: f64) -> Option<(f64, f64)> {
        let mut left = None;
        if self.y.len() - self.start == self.length {
            left = Some((self.y[self.start], self.x[self.start]));
            self.start += 1;
        }
        if self.start > self.length {
            self.y.drain(..self.start);
            self.x.drain(..self.start);
            self.start = 0;
        }
        self.y.push(y);
        self.x.push(x);
        left
    }

    pub(crate) fn series(&self) -> (&[f64], &[f64]) {
        (&self.y[self.start..], &self.x[self.start..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_the_last_bars_in_order() {
        let mut sliding = Sliding::new(3);
        for t in 0..20 {
            let left = sliding.push(f64::from(t), f64::from(-t));
            assert_eq!(left, (t >= 3).then(|| (f64::from(t - 3), f64::from(3 - t))));
            let first = (t - 2).max(0);
            let expected: Vec<f64> = (first..=t).map(f64::from).collect();
            assert_eq!(sliding.series().0, expected);
        }
    }
}
