//! What is traded, and where.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// Name of a market at its exchange, upper case: `BTCUSDT`, `BTCUSDT_261225`.
///
/// At most [`Symbol::MAX_BYTES`] bytes of letters, digits and `_ - .`; not only ASCII, as
/// exchanges list markets with Chinese names. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(Arc<str>);

impl Symbol {
    /// Longest name that is accepted.
    pub const MAX_BYTES: usize = 64;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Symbol {
    type Err = BadSymbol;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let name = text.trim().to_uppercase();
        if name.is_empty() || name.len() > Self::MAX_BYTES || !name.chars().all(allowed) {
            return Err(BadSymbol(text.chars().take(Self::MAX_BYTES).collect()));
        }
        Ok(Self(name.into()))
    }
}

impl TryFrom<String> for Symbol {
    type Error = BadSymbol;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> Self {
        symbol.as_str().to_owned()
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// No symbol: empty, too long, or with a character that no market's name has.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no symbol: 1 to 64 bytes of letters, digits and `_ - .`")]
pub struct BadSymbol(String);

/// Where a symbol is traded. Real and simulated trades of one name never share a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Venue {
    /// Binance USD-M Futures.
    Binance,
    /// The simulated exchange, its own market or a replay.
    Simulated,
}

impl Venue {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Binance, Self::Simulated];

    /// The name used in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Binance => "binance",
            Self::Simulated => "simulated",
        }
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Venue {
    type Err = UnknownVenue;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|venue| venue.as_str() == name)
            .ok_or_else(|| UnknownVenue(name.to_owned()))
    }
}

/// Not one of the venues that are known.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no venue: it is one of binance, simulated")]
pub struct UnknownVenue(String);

/// A symbol, at a venue if one is named: `BTCUSDT` or `binance:BTCUSDT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Instrument {
    /// `None` leaves the choice to whoever knows which venues carry the symbol.
    pub venue: Option<Venue>,
    /// The market's name.
    pub symbol: Symbol,
}

impl FromStr for Instrument {
    type Err = BadInstrument;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once(':') {
            Some((venue, symbol)) => Self {
                venue: Some(venue.parse()?),
                symbol: symbol.parse()?,
            },
            None => Self {
                venue: None,
                symbol: text.parse()?,
            },
        })
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.venue {
            Some(venue) => write!(f, "{venue}:{}", self.symbol),
            None => self.symbol.fmt(f),
        }
    }
}

/// Neither `SYMBOL` nor `venue:SYMBOL`.
#[derive(Debug, thiserror::Error)]
pub enum BadInstrument {
    /// The part before the colon.
    #[error(transparent)]
    Venue(#[from] UnknownVenue),
    /// The part after it, or all of it.
    #[error(transparent)]
    Symbol(#[from] BadSymbol),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_upper_case_and_free_of_separators() {
        assert_eq!("btcusdt".parse::<Symbol>().unwrap().as_str(), "BTCUSDT");
        assert_eq!(
            "币安人生usdt".parse::<Symbol>().unwrap().as_str(),
            "币安人生USDT"
        );
        for bad in [
            "",
            " ",
            "BTC USDT",
            "BTC:USDT",
            "a,b",
            "x@y",
            "a/b",
            &"x".repeat(65),
        ] {
            assert!(bad.parse::<Symbol>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn instruments_name_a_venue_or_leave_it_open() {
        let open: Instrument = "BTCUSDT".parse().unwrap();
        assert_eq!(open.venue, None);
        let named: Instrument = "simulated:BTCUSDT".parse().unwrap();
        assert_eq!(named.venue, Some(Venue::Simulated));
        assert_eq!(named.to_string(), "simulated:BTCUSDT");
        assert!("nasdaq:AAPL".parse::<Instrument>().is_err());
    }
}
