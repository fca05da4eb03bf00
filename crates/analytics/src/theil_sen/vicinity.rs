//! Slopes about a median, and how many lie below them.

/// The distinct slopes in an interval with their multiplicities.
#[derive(Clone, Debug)]
pub(super) struct Vicinity {
    low: f64,
    high: f64,
    /// Number of slopes below `low`.
    below: u64,
    /// Number of all slopes.
    total: u64,
    slopes: Vec<f64>,
    counts: Vec<u32>,
    /// Whether every slope was found where it was left. If not, the whole is not to be used.
    is_sound: bool,
}

impl Vicinity {
    /// The slopes of all pairs of points that are within `low` and `high`. O(n²) time, memory for the
    /// distinct ones; `None` if an end is not finite.
    pub(super) fn between(low: f64, high: f64, y: &[f64], x: &[f64]) -> Option<Self> {
        if !low.is_finite() || !high.is_finite() {
            return None;
        }
        let mut vicinity = Self {
            low,
            high,
            below: 0,
            total: 0,
            slopes: Vec::new(),
            counts: Vec::new(),
            is_sound: true,
        };
        let mut found = Vec::new();
        for i in 1..y.len() {
            let (below, total) =
                classify((&y[..i], &x[..i]), (y[i], x[i]), (low, high), &mut found);
            vicinity.below += below;
            vicinity.total += total;
            if found.len() > 1 << 16 {
                vicinity.merge(&mut found);
            }
        }
        vicinity.merge(&mut found);
        Some(vicinity)
    }

    /// Replaces the slopes from `left` to `others` by those from `entered` to them.
    pub(super) fn exchange(
        &mut self,
        others: (&[f64], &[f64]),
        left: (f64, f64),
        entered: (f64, f64),
    ) {
        let mut found = Vec::new();
        let ends = (self.low, self.high);
        let (below, total) = classify(others, left, ends, &mut found);
        self.below = self.below.wrapping_sub(below);
        self.total = self.total.wrapping_sub(total);
        for slope in found.drain(..) {
            self.forget(slope);
        }
        let (below, total) = classify(others, entered, ends, &mut found);
        self.below = self.below.wrapping_add(below);
        self.total = self.total.wrapping_add(total);
        for slope in found {
            self.keep(slope, 1);
        }
    }

    /// The two middle slopes, equal if the number of slopes is odd; `None` if they are not among
    /// those kept.
    pub(super) fn middle(&self) -> Option<(f64, f64)> {
        if !self.is_sound || self.total == 0 {
            return None;
        }
        let first = ((self.total - 1) / 2).checked_sub(self.below)?;
        let second = (self.total / 2).checked_sub(self.below)?;
        let (mut seen, mut lower) = (0, None);
        for (slope, count) in self.slopes.iter().zip(&self.counts) {
            seen += u64::from(*count);
            if lower.is_none() && first < seen {
                lower = Some(*slope);
            }
            if second < seen {
                return lower.map(|lower| (lower, *slope));
            }
        }
        None
    }

    fn place(&self, slope: f64) -> Result<usize, usize> {
        let place = self.slopes.partition_point(|s| *s < slope);
        if self.slopes.get(place) == Some(&slope) {
            Ok(place)
        } else {
            Err(place)
        }
    }

    fn keep(&mut self, slope: f64, times: u32) {
        match self.place(slope) {
            Ok(place) => self.counts[place] += times,
            Err(place) => {
                self.slopes.insert(place, slope);
                self.counts.insert(place, times);
            }
        }
    }

    fn forget(&mut self, slope: f64) {
        match self.place(slope) {
            Ok(place) if self.counts[place] > 1 => self.counts[place] -= 1,
            Ok(place) => {
                self.slopes.remove(place);
                self.counts.remove(place);
            }
            Err(_) => self.is_sound = false,
        }
    }

    /// Adds many slopes at once.
    fn merge(&mut self, found: &mut Vec<f64>) {
        found.sort_unstable_by(f64::total_cmp);
        if self.slopes.is_empty() {
            for group in found.chunk_by(|a, b| a == b) {
                self.slopes.push(group[0]);
                self.counts.push(group.len() as u32);
            }
        } else {
            for group in found.chunk_by(|a, b| a == b) {
                self.keep(group[0], group.len() as u32);
            }
        }
        found.clear();
    }
}

/// Appends to `found` the slopes from one point to others that are within `low` and `high`; answers how
/// many are below, and how many there are at all. Free of branches, for this is where the time goes.
fn classify(
    (y, x): (&[f64], &[f64]),
    from: (f64, f64),
    (low, high): (f64, f64),
    found: &mut Vec<f64>,
) -> (u64, u64) {
    let first = found.len();
    found.extend(y.iter().zip(x).map(|(y, x)| {
        let dx = x - from.1;
        // Adding zero makes a slope of −0 one of 0. No slope, and in no interval, is NaN.
        let slope = (y - from.0) / dx + 0.0;
        if dx == 0.0 { f64::NAN } else { slope }
    }));
    let slopes = &mut found[first..];
    let total = slopes.iter().filter(|s| !s.is_nan()).count();
    let below = slopes.iter().filter(|s| **s < low).count();
    let mut kept = 0;
    for place in 0..slopes.len() {
        let slope = slopes[place];
        slopes[kept] = slope;
        kept += usize::from((slope >= low) & (slope <= high));
    }
    found.truncate(first + kept);
    (below as u64, total as u64)
}

/// Values in ascending order, for their median.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorted(Vec<f64>);

impl Sorted {
    pub(super) fn insert(&mut self, v: f64) {
        let place = self.0.partition_point(|s| *s < v);
        self.0.insert(place, v);
    }

    /// Removes one value equal to `v`, which was inserted before.
    pub(super) fn remove(&mut self, v: f64) {
        let place = self.0.partition_point(|s| *s < v);
        if place < self.0.len() {
            self.0.remove(place);
        }
    }

    pub(super) fn median(&self) -> f64 {
        let n = self.0.len();
        match (self.0.get(n.saturating_sub(1) / 2), self.0.get(n / 2)) {
            (Some(&low), Some(&high)) => super::midpoint(low, high),
            _ => f64::NAN,
        }
    }
}
