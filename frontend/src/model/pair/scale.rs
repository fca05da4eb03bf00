//! How far an axis reaches.

/// Lowest and highest of what is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extent {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Extent {
    /// `None` where nothing is known.
    pub(crate) fn of(values: impl IntoIterator<Item = Option<f64>>) -> Option<Self> {
        values
            .into_iter()
            .flatten()
            .filter(|value| value.is_finite())
            .fold(None, |extent, value| {
                Some(match extent {
                    None => Self {
                        low: value,
                        high: value,
                    },
                    Some(Self { low, high }) => Self {
                        low: low.min(value),
                        high: high.max(value),
                    },
                })
            })
    }

    /// So that `value` is in sight too.
    pub(crate) fn with(self, value: f64) -> Self {
        Self {
            low: self.low.min(value),
            high: self.high.max(value),
        }
    }

    /// Both ends of an axis, with a little room.
    pub(crate) fn axis(self) -> [f64; 2] {
        let span = self.high - self.low;
        let room = if span > 0.0 {
            span * 0.06
        } else {
            self.high.abs() * 0.001 + 1e-9
        };
        [self.low - room, self.high + room]
    }
}

/// Decimals at which `value` shows `digits` significant digits, 0 … 12.
pub(crate) fn decimals_for(value: f64, digits: i32) -> usize {
    if value == 0.0 || !value.is_finite() {
        return 2;
    }
    let magnitude = value.abs().log10().floor() as i32;
    usize::try_from((digits - 1 - magnitude).clamp(0, 12)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extent_skips_what_is_unknown_and_an_axis_is_never_flat() {
        let extent = Extent::of([None, Some(3.0), Some(f64::NAN), Some(1.0)]).unwrap();
        assert_eq!(
            extent,
            Extent {
                low: 1.0,
                high: 3.0
            }
        );
        assert_eq!(extent.with(5.0).high, 5.0);
        assert_eq!(Extent::of([None]), None);
        let [low, high] = Extent {
            low: 2.0,
            high: 2.0,
        }
        .axis();
        assert!(low < 2.0 && 2.0 < high);
    }

    #[test]
    fn decimals_follow_the_size_of_the_number() {
        assert_eq!(decimals_for(64_000.0, 6), 1);
        assert_eq!(decimals_for(0.05321, 4), 5);
        assert_eq!(decimals_for(0.0, 4), 2);
        assert_eq!(decimals_for(1e-30, 4), 12);
    }
}
