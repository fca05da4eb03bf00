//! Which trades, ids and sums a given block has.

use super::{
    EPOCH_MS,
    path::{Path, PathWalker},
    template::{BLOCK_MS, PATTERNS, Recipe, Template, Templates, Weights},
};
use crate::{
    Aggregate, SimTrade,
    hash::{key, mix, unit as uniform},
    symbols::Listing,
    trade::extend,
};

/// Quantities of a block are those of its pattern times one of these.
const SCALES: [i64; 8] = [1, 1, 1, 2, 2, 3, 4, 7];
/// One block in this many has a trade far from the rest: one in about three hours.
const OUTLIER_EVERY: u64 = 1_024;

/// The blocks of one symbol.
#[derive(Debug)]
pub(super) struct Market {
    key: u64,
    path: Path,
    templates: Templates,
    steps: i64,
    /// Mantissa of one tick.
    tick: i64,
}

/// One block: a pattern, where it is moved to, and where its ids start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'m> {
    pub(super) start_ms: i64,
    pub(super) first_id: u64,
    first_fill: u64,
    template: &'m Template,
    base: i64,
    step: i64,
    scale: i64,
    tick: i64,
    /// A trade and by how many ticks it is off.
    outlier: Option<(usize, i64)>,
}

/// Where the last block was read.
#[derive(Debug, Default)]
pub(super) struct BlockWalker {
    path: PathWalker,
    /// The last edge that was priced and its ticks: the end of a block is the start of the next.
    edge: Option<(u64, i64)>,
    group: Option<Group>,
}

/// The order of the patterns in a group of blocks, and how many ids come before each.
#[derive(Debug)]
struct Group {
    number: u64,
    order: [u8; PATTERNS],
    ids: [u64; PATTERNS],
    fills: [u64; PATTERNS],
}

impl Market {
    pub(super) fn new(seed: u64, listing: &Listing, rate: f64) -> Self {
        let wander_ticks = Path::typical_move_ticks(listing);
        // The widest quantum that is lost in the usual movement.
        let steps = [16, 8, 4, 2]
            .into_iter()
            .find(|steps| f64::from(*steps) * 2.0 <= wander_ticks)
            .unwrap_or(1);
        let key = key(seed, &format!("trades of {}", listing.spec.name));
        let templates = Templates::new(Recipe {
            key,
            block_trades: rate * BLOCK_MS as f64 / 1_000.0,
            steps,
            wander_ticks: wander_ticks * 0.7,
            typical_qty: listing.typical_qty,
        });
        let path = Path::new(seed, listing, steps);
        Self {
            key,
            path,
            templates,
            steps: i64::from(steps),
            tick: listing.spec.tick,
        }
    }

    /// Block and index of the trade `id` (from 1).
    pub(super) fn locate(&self, walker: &mut BlockWalker, id: u64) -> (u64, usize) {
        let (number, rest) = (
            (id - 1) / self.templates.group_trades,
            (id - 1) % self.templates.group_trades,
        );
        let group = self.group(walker, number);
        let place = group.ids.partition_point(|before| *before <= rest) - 1;
        (
            number * PATTERNS as u64 + place as u64,
            (rest - group.ids[place]) as usize,
        )
    }

    pub(super) fn block(&self, walker: &mut BlockWalker, number: u64) -> Block<'_> {
        let place = (number % PATTERNS as u64) as usize;
        let group = self.group(walker, number / PATTERNS as u64);
        let template = &self.templates.all[group.order[place] as usize];
        let first_id = 1 + group.number * self.templates.group_trades + group.ids[place];
        let first_fill = 1 + group.number * self.templates.group_fill_ids + group.fills[place];
        let base = match walker.edge {
            Some((edge, ticks)) if edge == number => ticks,
            _ => self.path.ticks_at(&mut walker.path, number),
        };
        let end = self.path.ticks_at(&mut walker.path, number + 1);
        walker.edge = Some((number + 1, end));
        let draw = mix(self.key, number);
        let outlier = draw.is_multiple_of(OUTLIER_EVERY).then(|| {
            let share = 0.003 + 0.009 * uniform(mix(draw, 1));
            let side = if draw & 1 << 40 == 0 { 1.0 } else { -1.0 };
            (
                (draw >> 16) as usize % template.slots.len(),
                (side * share * base as f64) as i64,
            )
        });
        Block {
            start_ms: EPOCH_MS + number as i64 * BLOCK_MS,
            first_id,
            first_fill,
            template,
            base,
            step: (end - base) / self.steps,
            scale: SCALES[(draw >> 32) as usize % SCALES.len()],
            tick: self.tick,
            outlier,
        }
    }

    fn group<'w>(&self, walker: &'w mut BlockWalker, number: u64) -> &'w Group {
        if walker
            .group
            .as_ref()
            .is_some_and(|group| group.number != number)
        {
            walker.group = None;
        }
        walker.group.get_or_insert_with(|| self.new_group(number))
    }

    fn new_group(&self, number: u64) -> Group {
        let mut order: [u8; PATTERNS] = std::array::from_fn(|place| place as u8);
        for place in (1..PATTERNS).rev() {
            let draw = mix(self.key ^ 0x0bde5, number << 4 | place as u64);
            order.swap(place, (draw % (place as u64 + 1)) as usize);
        }
        let (mut ids, mut fills) = ([0; PATTERNS], [0; PATTERNS]);
        for place in 1..PATTERNS {
            let before = &self.templates.all[order[place - 1] as usize];
            ids[place] = ids[place - 1] + before.slots.len() as u64;
            fills[place] = fills[place - 1] + before.fill_ids;
        }
        Group {
            number,
            order,
            ids,
            fills,
        }
    }
}

impl Block<'_> {
    pub(super) fn trades(&self) -> usize {
        self.template.slots.len()
    }

    pub(super) fn trade(&self, index: usize) -> SimTrade {
        let slot = &self.template.slots[index];
        let off = self
            .outlier
            .filter(|(at, _)| *at == index)
            .map_or(0, |(_, ticks)| ticks);
        let ticks = self.base + self.step * i64::from(slot.step) + i64::from(slot.offset) + off;
        let first_id = self.first_fill + u64::from(slot.fills_before);
        SimTrade {
            id: self.first_id + index as u64,
            price: ticks * self.tick,
            qty: i64::from(slot.qty) * self.scale,
            first_id,
            last_id: first_id + u64::from(slot.fills) - 1,
            time_ms: self.start_ms + i64::from(slot.after_ms),
            buyer_is_maker: slot.buyer_is_maker,
        }
    }

    /// Index of the first trade at or after `time_ms`; [`trades`](Self::trades) where there is none.
    pub(super) fn index_at(&self, time_ms: i64) -> usize {
        let after_ms = time_ms - self.start_ms;
        self.template
            .slots
            .partition_point(|slot| i64::from(slot.after_ms) < after_ms)
    }

    /// The aggregate of all trades of the block, without looking at them.
    pub(super) fn aggregate(&self) -> Aggregate {
        if self.outlier.is_some() {
            return self.counted();
        }
        let template = self.template;
        let (first, last) = (self.trade(0), self.trade(self.trades() - 1));
        let moved = |(step, offset): &(i64, i64)| self.step * step + offset;
        let low = template.lowest.iter().map(moved).min().unwrap_or(0);
        let high = template.highest.iter().map(moved).max().unwrap_or(0);
        Aggregate {
            open: first.price,
            high: (self.base + high) * self.tick,
            low: (self.base + low) * self.tick,
            close: last.price,
            volume: i128::from(template.all.qty * self.scale),
            quote_volume: self.quote(&template.all),
            buy_volume: i128::from(template.bought.qty * self.scale),
            buy_quote_volume: self.quote(&template.bought),
            fills: template.fills,
            trades: template.slots.len() as u64,
        }
    }

    fn quote(&self, weights: &Weights) -> i128 {
        let ticks = i128::from(self.base) * i128::from(weights.qty)
            + i128::from(self.step) * i128::from(weights.step)
            + i128::from(weights.offset);
        ticks * i128::from(self.scale * self.tick)
    }

    fn counted(&self) -> Aggregate {
        let mut sum = None;
        for index in 0..self.trades() {
            extend(&mut sum, &Aggregate::of(&self.trade(index)));
        }
        sum.expect("every pattern has a trade")
    }
}
