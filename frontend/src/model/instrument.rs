//! What is traded where.

use api_types::{SymbolInfo, Venue};

/// A symbol of a venue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Instrument {
    pub(crate) venue: Venue,
    pub(crate) symbol: String,
}

/// Quote currencies, the longer ones before those that they end in.
const QUOTES: [&str; 9] = [
    "FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "BTC", "ETH",
];

impl Instrument {
    /// The name that is never ambiguous, as the API takes it: `simulated:BTCUSDT`.
    pub(crate) fn qualified(&self) -> String {
        format!("{}:{}", self.venue, self.symbol)
    }

    /// `BTCUSDT` as `BTC` and `USDT`; the second part is empty where the quote currency is not known.
    pub(crate) fn parts(&self) -> (&str, &str) {
        let quote = QUOTES
            .into_iter()
            .find(|quote| self.symbol.len() > quote.len() && self.symbol.ends_with(quote));
        self.symbol
            .split_at(self.symbol.len() - quote.map_or(0, str::len))
    }

    /// The shortest name that means this one among `all`.
    pub(crate) fn short_name(&self, all: &[SymbolInfo]) -> String {
        let first = all.iter().find(|info| info.symbol == self.symbol);
        if first.is_none_or(|info| info.venue == self.venue) {
            self.symbol.clone()
        } else {
            self.qualified()
        }
    }

    /// Finds a name as it stands in a link, with or without its venue, in any case.
    pub(crate) fn find(name: &str, all: &[SymbolInfo]) -> Option<Self> {
        let (venue, symbol) = name
            .split_once(':')
            .map_or((None, name), |(venue, symbol)| (Some(venue), symbol));
        let matches = |info: &&SymbolInfo| {
            info.symbol.eq_ignore_ascii_case(symbol)
                && venue.is_none_or(|venue| info.venue.as_str().eq_ignore_ascii_case(venue))
        };
        all.iter().find(matches).map(Self::from)
    }
}

impl From<&SymbolInfo> for Instrument {
    fn from(info: &SymbolInfo) -> Self {
        Self {
            venue: info.venue,
            symbol: info.symbol.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use api_types::SymbolFeedState;

    pub(crate) fn info(venue: Venue, symbol: &str) -> SymbolInfo {
        SymbolInfo {
            venue,
            symbol: symbol.to_owned(),
            last_price: None,
            last_time: None,
            volume_24h: None,
            quote_volume_24h: None,
            feed: SymbolFeedState::Waiting,
            first_bar: None,
            last_bar: None,
        }
    }

    #[test]
    fn a_plain_name_means_the_first_of_that_name_and_a_qualified_one_exactly_one() {
        let all = [
            info(Venue::Simulated, "BTCUSDT"),
            info(Venue::Binance, "BTCUSDT"),
        ];
        let plain = Instrument::find("btcusdt", &all).unwrap();
        assert_eq!(plain.venue, Venue::Simulated);
        let qualified = Instrument::find("binance:BTCUSDT", &all).unwrap();
        assert_eq!(qualified.venue, Venue::Binance);
        assert_eq!(Instrument::find("ETHUSDT", &all), None);
        assert_eq!(plain.short_name(&all), "BTCUSDT");
        assert_eq!(qualified.short_name(&all), "binance:BTCUSDT");
    }

    #[test]
    fn the_quote_currency_is_the_longest_known_ending() {
        let parts = |symbol: &str| {
            let instrument = Instrument::from(&info(Venue::Binance, symbol));
            let (base, quote) = instrument.parts();
            (base.to_owned(), quote.to_owned())
        };
        assert_eq!(parts("BTCUSDT"), ("BTC".into(), "USDT".into()));
        assert_eq!(parts("ETHBTC"), ("ETH".into(), "BTC".into()));
        assert_eq!(parts("BTCFDUSD"), ("BTC".into(), "FDUSD".into()));
        assert_eq!(parts("USDT"), ("USDT".into(), String::new()));
    }
}
