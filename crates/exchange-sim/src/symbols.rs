//! What is traded: names, decimals and where each symbol stands in the market model.

use crate::hash;

/// Format of a symbol's prices and quantities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolSpec {
    /// `BTCUSDT`.
    pub name: String,
    /// Digits after the point of a price.
    pub price_scale: u32,
    /// Digits after the point of a quantity.
    pub qty_scale: u32,
    /// Smallest price step, in 10^-`price_scale`.
    pub tick: i64,
}

impl SymbolSpec {
    /// Base and quote asset; the quote is taken to be the last four letters where it is unknown.
    #[must_use]
    pub fn assets(&self) -> (&str, &str) {
        let quote = ["USDT", "USDC", "FDUSD", "BUSD", "BTC"]
            .iter()
            .find(|quote| self.name.len() > quote.len() && self.name.ends_with(**quote))
            .map_or(self.name.len().min(4), |quote| quote.len());
        self.name.split_at(self.name.len() - quote)
    }
}

/// How a symbol moves against the trend of its group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Tie {
    /// Mean-reverting around the trend: cointegrated with all others of the group.
    Reverting { sd_bp: f64, half_life_s: f64 },
    /// A random walk of its own: cointegrated with nothing.
    Loose,
}

/// A symbol of the market model.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) spec: SymbolSpec,
    /// Price around the reference date, in the quote asset.
    pub(crate) price: f64,
    /// Typical quantity of a trade, in 10^-`qty_scale`.
    pub(crate) typical_qty: f64,
    pub(crate) group: u64,
    /// Loading on the trend of the group.
    pub(crate) beta: f64,
    pub(crate) tie: Tie,
    /// Height in basis points of a short, regular excursion of the spread, so that whoever starts
    /// the demo sees a breach within two minutes.
    pub(crate) excursion_bp: f64,
}

/// The symbols of the simulator when none are named.
pub const DEFAULT_SYMBOLS: [&str; 10] = [
    "BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "AVAXUSDT", "ADAUSDT", "DOGEUSDT",
    "LINKUSDT", "LTCUSDT",
];

const fn reverting(sd_bp: f64, half_life_s: f64) -> Tie {
    Tie::Reverting { sd_bp, half_life_s }
}

/// Name, price, price scale, tick, quantity scale, typical quantity, group, beta, tie, excursion.
type Row = (&'static str, f64, u32, i64, u32, f64, u64, f64, Tie, f64);

const TABLE: [Row; 10] = [
    (
        "BTCUSDT",
        64_000.0,
        2,
        10,
        3,
        25.0,
        0,
        1.0,
        reverting(1.0, 60.0),
        0.0,
    ),
    (
        "ETHUSDT",
        3_400.0,
        2,
        1,
        3,
        300.0,
        0,
        1.15,
        reverting(5.0, 180.0),
        24.0,
    ),
    (
        "BNBUSDT",
        580.0,
        3,
        10,
        2,
        40.0,
        0,
        0.85,
        reverting(7.0, 300.0),
        0.0,
    ),
    (
        "SOLUSDT",
        150.0,
        4,
        100,
        2,
        500.0,
        1,
        1.0,
        reverting(3.0, 120.0),
        0.0,
    ),
    (
        "AVAXUSDT",
        32.0,
        4,
        10,
        0,
        8.0,
        1,
        1.1,
        reverting(8.0, 240.0),
        0.0,
    ),
    (
        "XRPUSDT",
        2.4,
        4,
        1,
        1,
        2_500.0,
        2,
        1.0,
        reverting(3.0, 120.0),
        0.0,
    ),
    (
        "ADAUSDT",
        0.75,
        5,
        1,
        0,
        400.0,
        2,
        1.05,
        reverting(9.0, 420.0),
        0.0,
    ),
    ("DOGEUSDT", 0.18, 6, 10, 0, 1_500.0, 3, 0.9, Tie::Loose, 0.0),
    ("LINKUSDT", 17.0, 3, 1, 2, 1_200.0, 4, 1.0, Tie::Loose, 0.0),
    ("LTCUSDT", 84.0, 2, 1, 3, 2_000.0, 5, 0.9, Tie::Loose, 0.0),
];

impl Listing {
    /// The listing of `name`: from the table, or made up from the name alone, half of them tied to
    /// one of sixteen further groups.
    pub(crate) fn of(name: &str) -> Self {
        if let Some(row) = TABLE.iter().find(|row| row.0 == name) {
            let &(
                _,
                price,
                price_scale,
                tick,
                qty_scale,
                typical_qty,
                group,
                beta,
                tie,
                excursion_bp,
            ) = row;
            let spec = SymbolSpec {
                name: name.to_owned(),
                price_scale,
                qty_scale,
                tick,
            };
            return Self {
                spec,
                price,
                typical_qty,
                group,
                beta,
                tie,
                excursion_bp,
            };
        }
        let draws = hash::key(0, name);
        let draw = |index| hash::unit(hash::mix(draws, index));
        let tied = draw(0) < 0.5;
        Self {
            spec: SymbolSpec {
                name: name.to_owned(),
                price_scale: 4,
                qty_scale: 1,
                tick: 1,
            },
            price: hash::exp(draw(1) * 6.0 + 0.5),
            typical_qty: 10.0 + draw(2) * 500.0,
            group: if tied {
                100 + (draw(3) * 16.0) as u64
            } else {
                draws
            },
            beta: 0.8 + 0.4 * draw(4),
            tie: if tied {
                reverting(3.0 + 6.0 * draw(5), 60.0 + 360.0 * draw(6))
            } else {
                Tie::Loose
            },
            excursion_bp: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quote_asset_is_found() {
        assert_eq!(Listing::of("BTCUSDT").spec.assets(), ("BTC", "USDT"));
        assert_eq!(
            Listing::of("1000PEPEUSDC").spec.assets(),
            ("1000PEPE", "USDC")
        );
    }

    #[test]
    fn every_default_symbol_has_a_listing_of_its_own_and_fine_ticks() {
        for name in DEFAULT_SYMBOLS.iter().chain(&["SYM007USDT", "FOOUSDT"]) {
            let listing = Listing::of(name);
            let ticks = listing.price * 10_f64.powi(listing.spec.price_scale as i32)
                / listing.spec.tick as f64;
            assert!(ticks > 8_000.0, "{name}: {ticks}");
        }
    }
}
