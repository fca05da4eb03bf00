//! A random walk that can be entered anywhere.

use crate::hash::{gauss, mix};

/// Halvings from the widest cell to one unit.
const DEPTH: u32 = 25;
/// Cells of up to 2^22 units (1.3 years) move as a Brownian motion does; wider ones move no more
/// than those, which keeps prices within sight of where they started.
const WIDEST_FREE: u32 = 22;
/// A regime lasts 2^10 units (2.8 hours) and scales all movement within it.
const REGIME: u32 = 10;
const REGIME_VOLATILITY: [f64; 8] = [0.6, 0.8, 1.0, 1.0, 1.0, 1.2, 1.6, 2.4];

/// A Brownian motion over whole units of time, built by midpoint displacement: the value at the
/// middle of a cell is the mean of its ends plus noise of its own, so that any value costs
/// 25 steps and the next one about one.
#[derive(Debug, Clone)]
pub(super) struct Bridge {
    key: u64,
    sd: [f64; DEPTH as usize + 1],
}

/// Where the last value was read: the ends of the cell at each depth.
#[derive(Debug, Clone)]
pub(super) struct BridgeWalker {
    at: Option<u64>,
    ends: [(f64, f64); DEPTH as usize + 1],
    /// Middle of the cell above each depth.
    middles: [f64; DEPTH as usize + 1],
    volatility: f64,
}

impl Default for BridgeWalker {
    fn default() -> Self {
        Self {
            at: None,
            ends: [(0.0, 0.0); DEPTH as usize + 1],
            middles: [0.0; DEPTH as usize + 1],
            volatility: 1.0,
        }
    }
}

impl Bridge {
    /// `sd` is the standard deviation of the change over one unit, in quiet times.
    pub(super) fn new(key: u64, sd: f64) -> Self {
        let at_depth = |depth: u32| {
            let span = (DEPTH + 1 - depth).min(WIDEST_FREE);
            sd * f64::from(1u32 << span).sqrt() / 2.0
        };
        Self {
            key,
            sd: std::array::from_fn(|depth| at_depth(depth as u32)),
        }
    }

    /// The value at `unit`. The same whatever was read before.
    pub(super) fn at(&self, walker: &mut BridgeWalker, unit: u64) -> f64 {
        let from = match walker.at {
            Some(at) if at == unit => return walker.ends[DEPTH as usize].0,
            Some(at) => DEPTH.saturating_sub(63 - (at ^ unit).leading_zeros()),
            None => 0,
        };
        for depth in from..=DEPTH {
            let cell = unit >> (DEPTH - depth);
            let ends = if depth == 0 {
                (self.edge(cell), self.edge(cell + 1))
            } else {
                let (left, right) = walker.ends[depth as usize - 1];
                if depth > from || walker.at.is_none() {
                    // The parent's number, marked with the depth, so that no two middles share noise.
                    let noise = gauss(mix(self.key, (cell >> 1) | u64::from(depth) << 48));
                    let scale = if depth > DEPTH - REGIME {
                        walker.volatility
                    } else {
                        1.0
                    };
                    walker.middles[depth as usize] =
                        (left + right) * 0.5 + self.sd[depth as usize] * scale * noise;
                }
                let middle = walker.middles[depth as usize];
                if cell & 1 == 0 {
                    (left, middle)
                } else {
                    (middle, right)
                }
            };
            walker.ends[depth as usize] = ends;
            if depth == DEPTH - REGIME {
                let draw = mix(self.key ^ 0x9e91, cell) as usize;
                walker.volatility = REGIME_VOLATILITY[draw % REGIME_VOLATILITY.len()];
            }
        }
        walker.at = Some(unit);
        walker.ends[DEPTH as usize].0
    }

    fn edge(&self, cell: u64) -> f64 {
        self.sd[0] * gauss(mix(self.key, cell | 63 << 48))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steps_have_the_spread_asked_for_at_every_scale() {
        let bridge = Bridge::new(3, 0.001);
        for span in [1, 64, 4096_u64] {
            let mut walker = BridgeWalker::default();
            let values: Vec<f64> = (0..4000)
                .map(|i| bridge.at(&mut walker, 1_000_000 + i * span))
                .collect();
            let variance = values
                .windows(2)
                .map(|w| (w[1] - w[0]).powi(2))
                .sum::<f64>()
                / 3999.0;
            let sd = (variance / span as f64).sqrt();
            assert!((0.0007..0.0016).contains(&sd), "{span}: {sd}");
        }
    }

    proptest! {
        #[test]
        fn a_value_does_not_depend_on_the_way_there(units in prop::collection::vec(0..1_u64 << 27, 1..20)) {
            let bridge = Bridge::new(11, 0.001);
            let mut walker = BridgeWalker::default();
            for unit in units {
                let walked = bridge.at(&mut walker, unit);
                prop_assert_eq!(walked, bridge.at(&mut BridgeWalker::default(), unit));
            }
        }
    }
}
