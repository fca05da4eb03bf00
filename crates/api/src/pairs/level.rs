//! A number that can be part of a key.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

/// A finite number that is not negative, so that equal values have equal bits.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct Level(f64);

impl Level {
    /// `None` unless the value is finite and not negative.
    pub(crate) fn new(value: f64) -> Option<Self> {
        // Adding 0 turns −0 into 0.
        (value.is_finite() && value >= 0.0).then_some(Self(value + 0.0))
    }

    pub(crate) const fn get(self) -> f64 {
        self.0
    }
}

impl Eq for Level {}

impl Hash for Level {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// The shortest text that reads back as the same number.
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_levels_have_equal_bits_and_what_is_no_level_is_refused() {
        let bits = |value| Level::new(value).unwrap().get().to_bits();
        assert_eq!(bits(-0.0), bits(0.0));
        for value in [-1e-300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Level::new(value), None);
        }
    }
}
