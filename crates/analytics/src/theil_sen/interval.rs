//! A stretch of slopes, narrowed around the ranks that lie in it.

/// An interval of slopes, low ≤ slope < high, in which some of the wanted ranks lie.
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Number of slopes below `low`.
    pub(super) below: u64,
    /// Number of slopes within.
    pub(super) count: u64,
    /// The points in the order of their residuals at slope `low`.
    pub(super) order: Vec<u32>,
    /// Slopes within: evenly drawn ones, or all.
    pub(super) slopes: Vec<f64>,
    pub(super) complete: bool,
    /// The wanted ranks that lie within, ascending.
    pub(super) ranks: Vec<u64>,
}

impl Interval {
    /// A slope from within, if one was drawn.
    pub(super) fn any_slope(&self) -> f64 {
        self.slopes.first().copied().unwrap_or(self.low)
    }

    /// Ends of the pieces that the interval is to be cut into, ascending, the last being its own end;
    /// each with whether a rank is expected in that piece. Reorders the drawn slopes.
    pub(super) fn cuts(&mut self) -> Vec<(f64, bool)> {
        let mut near = self.surroundings();
        if near == [(self.low, self.high)] {
            // Nothing learnt: most slopes are one value, the lowest or the highest.
            near = vec![(self.low, self.middle())];
        }
        let mut cuts = Vec::with_capacity(2 * near.len() + 1);
        let mut end = self.low;
        for (low, high) in near {
            if low > end {
                cuts.push((low, false));
            }
            cuts.push((high, true));
            end = high;
        }
        if end < self.high {
            cuts.push((self.high, false));
        }
        cuts
    }

    /// Stretches in which the ranks lie but for a few in a thousand cases, ascending and apart.
    fn surroundings(&mut self) -> Vec<(f64, f64)> {
        let drawn = self.slopes.len() as f64;
        // Places among the drawn slopes; none where the interval ends first.
        let bracket = |&rank: &u64| {
            let share = rank.saturating_sub(self.below) as f64 / self.count.max(1) as f64;
            let share = share.clamp(0.0, 1.0);
            let margin = 3.0 * (drawn * share * (1.0 - share)).sqrt() + 2.0;
            let (first, last) = (share * drawn - margin, share * drawn + margin);
            let first = (first >= 0.0).then_some(first as usize);
            (first, (last < drawn).then_some(last as usize))
        };
        let brackets: Vec<_> = self.ranks.iter().map(bracket).collect();
        let places = brackets.iter().flat_map(|&(first, last)| [first, last]);
        put_in_place(&mut self.slopes, places.flatten().collect());
        let mut near: Vec<(f64, f64)> = Vec::new();
        for (first, last) in brackets {
            let low = first.map_or(self.low, |place| {
                self.slopes[place].clamp(f64::MIN, f64::MAX)
            });
            let high = last.map_or(self.high, |place| self.slopes[place]);
            // A value that many slopes share must lie within, not at an end.
            let (low, high) = if high - low <= grain(low) {
                (low - grain(low), high + grain(high))
            } else {
                (low, high)
            };
            let (low, high) = (low.max(self.low), high.min(self.high));
            match near.last_mut() {
                Some((_, end)) if low <= *end => *end = end.max(high),
                _ => near.push((low, high)),
            }
        }
        near
    }

    fn middle(&mut self) -> f64 {
        if self.low.is_finite() && self.high.is_finite() {
            return self.low.midpoint(self.high);
        }
        let place = self.slopes.len() / 2;
        put_in_place(&mut self.slopes, vec![place]);
        self.slopes[place].clamp(f64::MIN, f64::MAX)
    }

    /// Finds the ranks if all slopes are at hand.
    pub(super) fn pick(mut self, found: &mut Vec<f64>) {
        let Some(last) = self.slopes.len().checked_sub(1) else {
            found.extend(self.ranks.iter().map(|_| self.low));
            return;
        };
        let place = |&rank: &u64| {
            let place = usize::try_from(rank.saturating_sub(self.below)).unwrap_or(last);
            place.min(last)
        };
        let places: Vec<usize> = self.ranks.iter().map(place).collect();
        put_in_place(&mut self.slopes, places.clone());
        found.extend(places.into_iter().map(|place| self.slopes[place]));
    }
}

/// Puts the values that belong to these places there, as a sort would. O(n log k) for k places.
fn put_in_place(values: &mut [f64], mut places: Vec<usize>) {
    places.sort_unstable();
    places.dedup();
    select(values, 0, &places);
}

/// `values` start at place `start`; `places` ascend.
fn select(values: &mut [f64], start: usize, places: &[usize]) {
    let (before, rest) = places.split_at(places.len() / 2);
    let Some((&place, after)) = rest.split_first() else {
        return;
    };
    let (below, _, above) = values.select_nth_unstable_by(place - start, f64::total_cmp);
    select(below, start, before);
    select(above, place + 1, after);
}

/// Slopes nearer to each other than this are taken as one: 16 units in the last place. Residuals
/// have about 106 significant bits, of numbers below 1, and do not always tell slopes apart that
/// differ by one unit, for points a unit apart.
///
/// The floor is where scaled values lose digits and no higher: one outlier of 10³⁰ scales all others, and
/// with them the slopes that matter, down to 2⁻¹⁰⁰.
pub(super) fn grain(slope: f64) -> f64 {
    const RELATIVE: f64 = f64::from_bits((1023 - 48) << 52);
    const ABSOLUTE: f64 = f64::from_bits((1023 - 900) << 52);
    if slope.is_finite() {
        (slope.abs() * RELATIVE).max(ABSOLUTE)
    } else {
        0.0
    }
}
