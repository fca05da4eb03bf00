//! Whether a value has crossed a threshold, with hysteresis: the one rule by which the server's alerts and the
//! dashboard's own notices judge.

/// Where a value lies beyond a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// At or above the threshold.
    Above,
    /// At or below minus the threshold.
    Below,
}

impl Side {
    /// 1 above, -1 below.
    #[must_use]
    pub const fn sign(self) -> i8 {
        match self {
            Self::Above => 1,
            Self::Below => -1,
        }
    }

    /// The side of a sign; `None` for 0.
    #[must_use]
    pub const fn of_sign(sign: i8) -> Option<Self> {
        match sign {
            1.. => Some(Self::Above),
            0 => None,
            ..0 => Some(Self::Below),
        }
    }
}

/// A threshold that is breached at or beyond `threshold` and left only at or within `exit`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hysteresis {
    /// A value at or beyond it is a breach; greater than 0.
    pub threshold: f64,
    /// A breach is over at or within it; at most `threshold`. Below 0 it takes a value beyond zero.
    pub exit: f64,
    /// Whether values at or below minus the threshold are a breach too.
    pub both_sides: bool,
}

impl Hysteresis {
    /// The side on which `value` is a breach.
    #[must_use]
    pub fn breach(&self, value: f64) -> Option<Side> {
        if value >= self.threshold {
            Some(Side::Above)
        } else if self.both_sides && value <= -self.threshold {
            Some(Side::Below)
        } else {
            None
        }
    }

    /// Whether a breach on `side` is over at `value`; never at a value that is a breach on that side itself.
    #[must_use]
    pub fn is_over(&self, side: Side, value: f64) -> bool {
        let value = value * f64::from(side.sign());
        value <= self.exit && value < self.threshold
    }
}

/// Tells one breach from the next: each is told once, and the next only after the value was back within
/// `exit` or has changed sides.
///
/// ```
/// use api_types::{CrossingDetector, Side};
/// let mut detector = CrossingDetector::new(2.0, 0.5);
/// let told = [1.9, 2.0, 2.5, 1.8, 2.1, 0.4, -2.2, -2.3].map(|z| detector.push(Some(z)));
/// let (above, below) = (Some(Side::Above), Some(Side::Below));
/// assert_eq!(told, [None, above, None, None, None, None, below, None]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossingDetector {
    levels: Hysteresis,
    side: Option<Side>,
}

impl CrossingDetector {
    /// Watches both sides of 0.
    #[must_use]
    pub const fn new(threshold: f64, exit: f64) -> Self {
        Self {
            levels: Hysteresis {
                threshold,
                exit,
                both_sides: true,
            },
            side: None,
        }
    }

    /// Takes in the next value; the side if a breach begins with it. A value that does not exist, or is no
    /// number, changes nothing.
    pub fn push(&mut self, value: Option<f64>) -> Option<Side> {
        let value = value.filter(|value| !value.is_nan())?;
        if self
            .side
            .is_some_and(|side| self.levels.is_over(side, value))
        {
            self.side = None;
        }
        if self.side.is_some() {
            return None;
        }
        self.side = self.levels.breach(value);
        self.side
    }

    /// The side of the breach that lasts.
    #[must_use]
    pub const fn side(&self) -> Option<Side> {
        self.side
    }

    /// The levels it judges by.
    #[must_use]
    pub const fn levels(&self) -> Hysteresis {
        self.levels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_crossing_is_told_once_however_often_the_value_moves_around_the_threshold() {
        let mut detector = CrossingDetector::new(2.0, 0.5);
        let told = [1.99, 2.01, 1.99, 2.01, f64::NAN, 0.51, 2.5]
            .iter()
            .filter(|&&z| detector.push(Some(z)).is_some())
            .count();
        assert_eq!(told, 1);
        assert_eq!(detector.push(None), None);
        assert_eq!(detector.side(), Some(Side::Above));
        assert_eq!(detector.push(Some(0.5)), None);
        assert_eq!(detector.side(), None);
        assert_eq!(detector.push(Some(2.0)), Some(Side::Above));
    }

    #[test]
    fn a_jump_to_the_other_side_is_a_breach_of_its_own() {
        let mut detector = CrossingDetector::new(2.0, 2.0);
        assert_eq!(detector.push(Some(3.0)), Some(Side::Above));
        assert_eq!(detector.push(Some(2.0)), None);
        assert_eq!(detector.push(Some(-3.0)), Some(Side::Below));
        assert_eq!(detector.push(Some(-3.0)), None);
    }

    #[test]
    fn a_threshold_of_one_side_ignores_the_other() {
        let levels = Hysteresis {
            threshold: 0.1,
            exit: 0.05,
            both_sides: false,
        };
        assert_eq!(levels.breach(-5.0), None);
        assert_eq!(levels.breach(0.1), Some(Side::Above));
        assert!(levels.is_over(Side::Above, 0.05) && !levels.is_over(Side::Above, 0.06));
    }
}
