//! What a tied symbol does around the trend of its group: mean reversion, changes of its level,
//! and regular excursions.

use crate::hash::{gauss, mix, unit as uniform};

/// Units whose noise makes up the value at the start of a chunk; what came before has faded.
const CHUNK: u64 = 256;
/// The level may change every 2^10 units (2.8 hours).
const REGIME: u32 = 10;
/// A change of level takes this many units.
const BLEND: u64 = 30;
/// One excursion in nine units (90 s).
const PERIOD: u64 = 9;
/// Shape of an excursion at the edges of its units.
const SHAPE: [f64; 2] = [1.0, 0.35];

/// An autoregressive process of order one with changes of level and excursions.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    key: u64,
    /// What is left of a deviation after one unit.
    keep: f64,
    noise_sd: f64,
    sd: f64,
    excursion: f64,
}

/// Where the last value was read.
#[derive(Debug, Clone, Default)]
pub(super) struct SpreadWalker {
    at: Option<u64>,
    value: f64,
    /// What the noise since the start of this chunk adds up to: the start of the next one.
    fresh: f64,
    /// The last regime that was looked at, its level and the one before.
    regime: Option<(u64, f64, f64)>,
}

impl Spread {
    /// `sd` of the stationary process, `half_life` in units, `excursion` height; in logarithms.
    pub(super) fn new(key: u64, sd: f64, half_life: f64, excursion: f64) -> Self {
        let keep = crate::hash::exp(-std::f64::consts::LN_2 / half_life);
        Self {
            key,
            keep,
            noise_sd: sd * (1.0 - keep * keep).sqrt(),
            sd,
            excursion,
        }
    }

    /// The value at `unit`. The same whatever was read before.
    pub(super) fn at(&self, walker: &mut SpreadWalker, unit: u64) -> f64 {
        self.reverting(walker, unit) + self.level(walker, unit) + self.excursion(unit)
    }

    fn reverting(&self, walker: &mut SpreadWalker, unit: u64) -> f64 {
        let chunk = unit - unit % CHUNK;
        // Every chunk starts from the noise of the one before alone, so that the walk adds up the
        // same numbers in the same order wherever it was entered.
        let resumed = walker.at.filter(|at| *at <= unit && at + CHUNK >= chunk);
        let mut at = resumed.unwrap_or_else(|| {
            let from = chunk.saturating_sub(CHUNK);
            walker.fresh = self.noise(from);
            walker.value = walker.fresh;
            from
        });
        while at < unit {
            at += 1;
            let noise = self.noise(at);
            walker.value = walker.value * self.keep + noise;
            walker.fresh = walker.fresh * self.keep + noise;
            if at.is_multiple_of(CHUNK) {
                (walker.value, walker.fresh) = (walker.fresh, noise);
            }
        }
        walker.at = Some(unit);
        walker.value
    }

    fn noise(&self, unit: u64) -> f64 {
        self.noise_sd * gauss(mix(self.key, unit))
    }

    /// Most of the time the level is the usual one; in one regime of five it is another.
    fn level(&self, walker: &mut SpreadWalker, unit: u64) -> f64 {
        let of = |regime: u64| {
            let draw = mix(self.key ^ 0x1e7e1, regime);
            let side = if draw & 1 == 0 { 1.0 } else { -1.0 };
            if (draw >> 8).is_multiple_of(5) {
                side * self.sd * (1.5 + 2.0 * uniform(draw))
            } else {
                0.0
            }
        };
        let (regime, age) = (unit >> REGIME, unit & ((1 << REGIME) - 1));
        let (_, level, before) = match walker.regime {
            Some(known) if known.0 == regime => known,
            _ => (regime, of(regime), of(regime.saturating_sub(1))),
        };
        walker.regime = Some((regime, level, before));
        let share = if age < BLEND {
            age as f64 / BLEND as f64
        } else {
            1.0
        };
        before + (level - before) * share
    }

    fn excursion(&self, unit: u64) -> f64 {
        if self.excursion == 0.0 {
            return 0.0;
        }
        let draw = mix(self.key ^ 0xe8c, unit / PERIOD);
        let start = 3 + (draw >> 8) % 3;
        let side = if draw & 1 == 0 { 1.0 } else { -1.0 };
        let phase = (unit % PERIOD)
            .checked_sub(start)
            .map_or(usize::MAX, |phase| phase as usize);
        SHAPE
            .get(phase)
            .map_or(0.0, |height| side * self.excursion * height)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_deviation_halves_within_the_half_life() {
        let spread = Spread::new(5, 1.0, 12.0, 0.0);
        let mut walker = SpreadWalker::default();
        let values: Vec<f64> = (0..50_000)
            .map(|i| spread.reverting(&mut walker, 90_000 + i))
            .collect();
        let moment = |lag: usize| {
            values
                .iter()
                .zip(&values[lag..])
                .map(|(a, b)| a * b)
                .sum::<f64>()
                / (values.len() - lag) as f64
        };
        assert!((moment(0) - 1.0).abs() < 0.15, "{}", moment(0));
        assert!(
            (moment(12) / moment(0) - 0.5).abs() < 0.08,
            "{}",
            moment(12)
        );
    }

    #[test]
    fn every_two_minutes_hold_the_peak_of_an_excursion() {
        let spread = Spread::new(5, 1.0, 12.0, 4.0);
        for from in 0..5_000 {
            assert!(
                (from..from + 12).any(|unit| spread.excursion(unit).abs() == 4.0),
                "{from}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_value_does_not_depend_on_the_way_there(units in prop::collection::vec(0..5_000_u64, 1..20)) {
            let spread = Spread::new(9, 1.0, 20.0, 3.0);
            let mut walker = SpreadWalker::default();
            for unit in units {
                let walked = spread.at(&mut walker, unit);
                prop_assert_eq!(walked, spread.at(&mut SpreadWalker::default(), unit));
            }
        }
    }
}
