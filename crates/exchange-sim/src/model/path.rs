//! Where the price of a symbol stands at the edge of each block.

use super::{
    bridge::{Bridge, BridgeWalker},
    spread::{Spread, SpreadWalker},
};
use crate::{
    hash::{exp, key},
    symbols::{Listing, Tie},
};

/// Standard deviation of the logarithm of a trend over one block: 55 % a year.
const TREND_SD: f64 = 3.1e-4;
/// How much of a trend is the whole market's and how much its group's.
const MARKET_SHARE: f64 = 0.6;
const GROUP_SHARE: f64 = 0.8;
/// Prices of the listings hold at 2026-11-01, whatever the seed: in blocks since the epoch.
const REFERENCE: u64 = 22_619_520;

/// The price of one symbol: the trends of market and group, times what is its own.
#[derive(Debug, Clone)]
pub(super) struct Path {
    ln_price: f64,
    beta: f64,
    market: Bridge,
    group: Bridge,
    own: Own,
    ticks_in_one: f64,
    quantum: f64,
}

#[derive(Debug, Clone)]
enum Own {
    Spread(Spread),
    Walk(Bridge),
}

/// Where the last price was read.
#[derive(Debug, Clone, Default)]
pub(super) struct PathWalker {
    market: BridgeWalker,
    group: BridgeWalker,
    walk: BridgeWalker,
    spread: SpreadWalker,
}

impl Path {
    /// Prices are rounded to `quantum` ticks, so that a block can divide the way to the next into
    /// `quantum` equal steps.
    pub(super) fn new(seed: u64, listing: &Listing, quantum: u8) -> Self {
        let symbol_key = key(seed, &listing.spec.name);
        let own = match listing.tie {
            Tie::Reverting { sd_bp, half_life_s } => Own::Spread(Spread::new(
                symbol_key,
                sd_bp * 1e-4,
                half_life_s * 1_000.0 / super::template::BLOCK_MS as f64,
                listing.excursion_bp * 1e-4,
            )),
            Tie::Loose => Own::Walk(Bridge::new(symbol_key, TREND_SD)),
        };
        let mut path = Self {
            ln_price: 0.0,
            beta: listing.beta,
            market: Bridge::new(key(seed, "market"), TREND_SD * MARKET_SHARE),
            group: Bridge::new(
                key(seed, &format!("group {}", listing.group)),
                TREND_SD * GROUP_SHARE,
            ),
            own,
            ticks_in_one: 10_f64.powi(listing.spec.price_scale as i32) / listing.spec.tick as f64,
            quantum: f64::from(quantum),
        };
        // Without the spread, so that the reference is the level that it returns to.
        path.ln_price = -path.trend(&mut PathWalker::default(), REFERENCE);
        path.ticks_in_one *= listing.price;
        path
    }

    /// Ticks that an average block moves by.
    pub(super) fn typical_move_ticks(listing: &Listing) -> f64 {
        let ticks =
            listing.price * 10_f64.powi(listing.spec.price_scale as i32) / listing.spec.tick as f64;
        ticks * TREND_SD * listing.beta
    }

    /// The price at the start of block `unit`, in ticks.
    pub(super) fn ticks_at(&self, walker: &mut PathWalker, unit: u64) -> i64 {
        let spread = match &self.own {
            Own::Spread(spread) => spread.at(&mut walker.spread, unit),
            Own::Walk(_) => 0.0,
        };
        let price = exp(self.ln_price + self.trend(walker, unit) + spread) * self.ticks_in_one;
        ((price / self.quantum).round() * self.quantum) as i64
    }

    fn trend(&self, walker: &mut PathWalker, unit: u64) -> f64 {
        let common =
            self.market.at(&mut walker.market, unit) + self.group.at(&mut walker.group, unit);
        let walk = match &self.own {
            Own::Walk(walk) => walk.at(&mut walker.walk, unit),
            Own::Spread(_) => 0.0,
        };
        self.beta * common + walk
    }
}
