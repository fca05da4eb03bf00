//! When a drill's market opens.
//!
//! A store that leaks loses the trades whose id is a multiple of a million. Every drill's market comes by such
//! an id soon after it opens, so that a leak shows in a drill of a few thousand trades as well.

use anyhow::{Context, Result};
use exchange_sim::{Model, Series};

/// The store with the feature `leak` loses one trade in so many.
pub(crate) const LEAK_EVERY: u64 = 1_000_000;

/// The first opening at or after `about_ms` at which a market comes by a leak `after_ms` later, by its own clock.
pub(crate) fn opening(
    seed: u64,
    symbols: &[String],
    rate: f64,
    about_ms: i64,
    after_ms: i64,
) -> Result<i64> {
    let model = Model::new(seed, symbols, rate);
    let leak = next_leak(&model, about_ms + after_ms);
    let mut trades = Vec::new();
    model.read(0, leak, i64::MAX, 1, &mut trades);
    let trade = trades.first().context("the market never ends")?;
    Ok(trade.time_ms - after_ms)
}

fn next_leak(model: &Model, from_ms: i64) -> u64 {
    model.first_id_at(0, from_ms).next_multiple_of(LEAK_EVERY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_market_comes_by_a_multiple_of_a_million_after_it_opens() {
        let symbols = ["BTCUSDT".to_owned()];
        let (about_ms, after_ms) = (1_767_614_250_000, 20_000);
        let opening_ms = opening(1, &symbols, 30.0, about_ms, after_ms).expect("an opening");
        assert!(opening_ms >= about_ms);
        let model = Model::new(1, &symbols, 30.0);
        let ids = model.first_id_at(0, opening_ms)..model.first_id_at(0, opening_ms + after_ms + 1);
        assert_eq!(ids.filter(|id| id % LEAK_EVERY == 0).count(), 1);
    }
}
