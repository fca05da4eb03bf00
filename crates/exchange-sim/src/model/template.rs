//! What happens inside ten seconds: the patterns of trades that blocks are made of.
//!
//! A block takes one of its symbol's patterns and moves it: `price = base + step · s + offset`,
//! with `base` and `step` of the block and `s` and `offset` of the trade in the pattern. All are
//! whole ticks, so the sums over a block follow from sums over the pattern without any rounding,
//! and a kline of a day costs 8,640 blocks instead of a million trades.

use crate::hash::{exp, gauss, key, mix, unit as uniform};

/// Length of a block.
pub(super) const BLOCK_MS: i64 = 10_000;
/// Patterns a symbol has, and blocks in a group: each pattern is used once in a group, in an order
/// of the group's own. So every group has as many trades as any other, and ids follow from time.
pub(super) const PATTERNS: usize = 16;
/// How busy each pattern is, relative to the rate: from lulls to bursts. The mean is 1.
const ACTIVITY: [f64; PATTERNS] = [
    0.15, 0.2, 0.3, 0.35, 0.4, 0.5, 0.55, 0.65, 0.75, 0.85, 1.0, 1.15, 1.35, 1.7, 2.3, 3.8,
];
/// Fill ids skipped after each block: the real ones have holes as well.
const FILL_HOLE: u64 = 3;

/// One trade of a pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// Fills before this trade in the pattern.
    pub(super) fills_before: u32,
    /// Quantity in units of the block's scale.
    pub(super) qty: u32,
    pub(super) after_ms: u16,
    /// Ticks.
    pub(super) offset: i16,
    pub(super) step: u8,
    pub(super) fills: u8,
    pub(super) buyer_is_maker: bool,
}

/// Sums of `qty`, `qty · offset` and `qty · step` over trades.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weights {
    pub(super) qty: i64,
    pub(super) offset: i64,
    pub(super) step: i64,
}

impl Weights {
    fn add(&mut self, slot: &Slot) {
        let qty = i64::from(slot.qty);
        self.qty += qty;
        self.offset += qty * i64::from(slot.offset);
        self.step += qty * i64::from(slot.step);
    }
}

/// A pattern and its sums.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) slots: Vec<Slot>,
    /// `(step, offset)` of the trades that can be the lowest of a block, whichever way it moves.
    pub(super) lowest: Vec<(i64, i64)>,
    /// The same of the highest.
    pub(super) highest: Vec<(i64, i64)>,
    pub(super) all: Weights,
    pub(super) bought: Weights,
    pub(super) fills: u64,
    /// Fill ids a block of this pattern uses up.
    pub(super) fill_ids: u64,
}

/// The patterns of a symbol and what follows from them.
#[derive(Debug)]
pub(super) struct Templates {
    pub(super) all: Vec<Template>,
    /// Trades in a group of [`PATTERNS`] blocks.
    pub(super) group_trades: u64,
    /// Fill ids in a group.
    pub(super) group_fill_ids: u64,
}

/// What the patterns of a symbol are made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipe {
    pub(super) key: u64,
    /// Trades in an average block.
    pub(super) block_trades: f64,
    /// Equal steps in which a block moves from its base to the next.
    pub(super) steps: u8,
    /// Standard deviation, in ticks, of the path within a block.
    pub(super) wander_ticks: f64,
    pub(super) typical_qty: f64,
}

impl Templates {
    pub(super) fn new(recipe: Recipe) -> Self {
        let total: f64 = ACTIVITY.iter().sum();
        let all: Vec<Template> = (0..PATTERNS)
            .map(|pattern| {
                let share = ACTIVITY[pattern] / total * PATTERNS as f64;
                let trades = (recipe.block_trades * share).round().max(1.0) as usize;
                Template::new(recipe, key(recipe.key, &pattern.to_string()), trades)
            })
            .collect();
        let group_trades = all.iter().map(|template| template.slots.len() as u64).sum();
        let group_fill_ids = all.iter().map(|template| template.fill_ids).sum();
        Self {
            all,
            group_trades,
            group_fill_ids,
        }
    }
}

impl Template {
    fn new(recipe: Recipe, key: u64, trades: usize) -> Self {
        let draw = |index: usize, what: u64| mix(key, (index as u64) << 3 | what);
        let mut times: Vec<u16> = (0..trades)
            .map(|i| (uniform(draw(i, 0)) * BLOCK_MS as f64) as u16)
            .collect();
        times.sort_unstable();
        for i in 1..trades {
            // A third of the trades follow one another at once, often in the same millisecond.
            let at_once = uniform(draw(i, 1)) < 0.33;
            times[i] = if at_once {
                times[i - 1] + (draw(i, 1) & 1) as u16
            } else {
                times[i].max(times[i - 1])
            };
            times[i] = times[i].min(BLOCK_MS as u16 - 1);
        }
        // A random walk that comes back to where it started, so that the next block can take over.
        let mut walk = 0.0;
        let walk: Vec<f64> = (0..trades)
            .map(|i| {
                walk += gauss(draw(i, 2));
                walk
            })
            .collect();
        let (end, scale) = (
            walk[trades - 1],
            recipe.wander_ticks / (trades as f64).sqrt(),
        );
        let mut fills_before = 0;
        let slots: Vec<Slot> = (0..trades)
            .map(|i| {
                let bridge = (walk[i] - end * (i + 1) as f64 / trades as f64) * scale;
                let buyer_is_maker = draw(i, 3) & 1 == 0;
                let fills = 1 + (draw(i, 4).trailing_zeros() as u8).min(9);
                let slot = Slot {
                    fills_before,
                    qty: (recipe.typical_qty * exp(1.3 * gauss(draw(i, 5)) - 0.8))
                        .ceil()
                        .max(1.0) as u32,
                    after_ms: times[i],
                    // Buyers pay the ask, one tick above the bid.
                    offset: bridge.round() as i16 + i16::from(!buyer_is_maker),
                    step: (u32::from(times[i]) * u32::from(recipe.steps) / BLOCK_MS as u32) as u8,
                    fills,
                    buyer_is_maker,
                };
                fills_before += u32::from(fills);
                slot
            })
            .collect();
        Self::summed(slots, u64::from(fills_before))
    }

    fn summed(slots: Vec<Slot>, fills: u64) -> Self {
        let (mut all, mut bought) = (Weights::default(), Weights::default());
        for slot in &slots {
            all.add(slot);
            if !slot.buyer_is_maker {
                bought.add(slot);
            }
        }
        let (highest, mut lowest) = (upper_hull(&slots, 1), upper_hull(&slots, -1));
        for (_, offset) in &mut lowest {
            *offset = -*offset;
        }
        Self {
            slots,
            lowest,
            highest,
            all,
            bought,
            fills,
            fill_ids: fills + FILL_HOLE,
        }
    }
}

/// The trades whose `sign · offset` no line between two others reaches: `slope · step + sign ·
/// offset` is greatest at one of them whatever the slope.
fn upper_hull(slots: &[Slot], sign: i64) -> Vec<(i64, i64)> {
    let mut hull: Vec<(i64, i64)> = Vec::new();
    for slot in slots {
        // Steps ascend with time.
        let point = (i64::from(slot.step), sign * i64::from(slot.offset));
        if hull
            .last()
            .is_some_and(|last| last.0 == point.0 && last.1 >= point.1)
        {
            continue;
        }
        while let [.., a, b] = hull[..] {
            let turn = (b.0 - a.0) * (point.1 - a.1) - (b.1 - a.1) * (point.0 - a.0);
            if turn < 0 {
                break;
            }
            hull.pop();
        }
        if hull.len() == 1 && hull[0].0 == point.0 {
            hull.pop();
        }
        hull.push(point);
    }
    hull
}
