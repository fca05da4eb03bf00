//! Which symbols are to be followed, and whether the exchange knows them: it would acknowledge a wrong one
//! and never send anything.

use std::{collections::HashMap, io::ErrorKind, path::PathBuf, time::Duration};

use market::Symbol;
use service::Backoff;
use store::SymbolSpec;
use tokio_util::sync::CancellationToken;

use crate::{
    rest::RestError,
    venue::{MarketInfo, Venue},
};

/// Calls before the feed starts without an answer; the question is then asked again beside it.
const ATTEMPTS_AT_START: u32 = 3;

/// How often the file of the symbols is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Symbols as they are written down that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum BadSymbols {
    /// The file is there, and cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// Which file (SYMBOLS_FILE).
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It holds something else.
    #[error("{}: {error}", path.display())]
    NoSymbol {
        /// Which file (SYMBOLS_FILE).
        path: PathBuf,
        /// What.
        error: market::BadSymbol,
    },
    /// It holds nothing.
    #[error("SYMBOLS (--symbols, or the file SYMBOLS_FILE) names no symbol")]
    None,
}

/// The symbols to follow: those in a file, or, as long as it is not there, those of the settings.
#[derive(Debug)]
pub(crate) struct SymbolsFile {
    path: Option<PathBuf>,
    otherwise: Vec<Symbol>,
    /// What was read last.
    text: Option<String>,
    /// Whether that has been said already.
    is_unreadable: bool,
}

impl SymbolsFile {
    pub(crate) fn new(path: Option<PathBuf>, otherwise: Vec<Symbol>) -> Self {
        Self {
            path,
            otherwise,
            text: None,
            is_unreadable: false,
        }
    }

    /// What is to be followed now.
    pub(crate) async fn read(&mut self) -> Result<Vec<Symbol>, BadSymbols> {
        self.text = self.look().await?;
        self.symbols()
    }

    /// Waits until something else is to be followed than was said last. Nothing is lost when it is cut
    /// short.
    pub(crate) async fn changed(&mut self) -> Result<Vec<Symbol>, BadSymbols> {
        if self.path.is_none() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.look().await {
                Ok(text) if text != self.text => {
                    (self.text, self.is_unreadable) = (text, false);
                    return self.symbols();
                }
                Ok(_) => self.is_unreadable = false,
                Err(error) if !self.is_unreadable => {
                    self.is_unreadable = true;
                    return Err(error);
                }
                Err(_) => {}
            }
        }
    }

    async fn look(&self) -> Result<Option<String>, BadSymbols> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        match tokio::fs::read_to_string(path).await {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(BadSymbols::Unreadable {
                path: path.clone(),
                error,
            }),
        }
    }

    fn symbols(&self) -> Result<Vec<Symbol>, BadSymbols> {
        let mut symbols = match (&self.text, &self.path) {
            (Some(text), Some(path)) => parse(text).map_err(|error| BadSymbols::NoSymbol {
                path: path.clone(),
                error,
            })?,
            _ => self.otherwise.clone(),
        };
        let mut seen = std::collections::HashSet::new();
        symbols.retain(|symbol| seen.insert(symbol.clone()));
        if symbols.is_empty() {
            return Err(BadSymbols::None);
        }
        Ok(symbols)
    }
}

/// Names separated by commas, spaces or lines; `#` begins a comment.
fn parse(text: &str) -> Result<Vec<Symbol>, market::BadSymbol> {
    text.lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(|line| line.split([',', ' ', '\t', '\r']))
        .filter(|name| !name.is_empty())
        .map(str::parse)
        .collect()
}

/// Symbols that the exchange does not have.
#[derive(Debug, thiserror::Error)]
#[error("the exchange has no market {}: correct SYMBOLS (--symbols)", names(.0))]
pub struct UnknownSymbols(pub Vec<Symbol>);

fn names(symbols: &[Symbol]) -> String {
    symbols
        .iter()
        .map(Symbol::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// What the exchange's list of markets says about the symbols.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// For the store.
    pub(crate) specs: Vec<SymbolSpec>,
    /// Listed, but not trading now.
    pub(crate) suspended: Vec<Symbol>,
}

/// Looks the symbols up.
pub(crate) fn check(
    symbols: &[Symbol],
    markets: Vec<MarketInfo>,
) -> Result<Checked, UnknownSymbols> {
    let mut by_name: HashMap<Symbol, MarketInfo> = markets
        .into_iter()
        .map(|market| (market.symbol.clone(), market))
        .collect();
    let mut checked = Checked::default();
    let mut unknown = Vec::new();
    for symbol in symbols {
        let Some(market) = by_name.remove(symbol) else {
            unknown.push(symbol.clone());
            continue;
        };
        if !market.is_trading {
            checked.suspended.push(symbol.clone());
        }
        checked.specs.push(SymbolSpec {
            symbol: market.symbol,
            base_asset: market.base_asset,
            quote_asset: market.quote_asset,
            price_tick: market.price_tick,
            qty_step: market.qty_step,
        });
    }
    if unknown.is_empty() {
        Ok(checked)
    } else {
        Err(UnknownSymbols(unknown))
    }
}

/// Asks for the list of markets; `None` when it is not to be had in a few tries.
pub(crate) async fn markets_at_start<V: Venue>(
    venue: &V,
    shutdown: &CancellationToken,
) -> Result<Vec<MarketInfo>, Option<RestError>> {
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(2));
    for attempt in 1.. {
        let answer = tokio::select! {
            () = shutdown.cancelled() => return Err(None),
            answer = venue.markets() => answer,
        };
        match answer {
            Ok(markets) => return Ok(markets),
            Err(error) => {
                let hopeless = matches!(
                    error,
                    RestError::Restricted { .. } | RestError::Limited { .. }
                );
                tracing::warn!(event = "markets_unknown", %error);
                if hopeless || !error.is_transient() || attempt == ATTEMPTS_AT_START {
                    return Err(Some(error));
                }
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return Err(None),
            () = tokio::time::sleep(backoff.next_delay()) => {}
        }
    }
    unreachable!("the loop ends by returning")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_is_what_counts_while_it_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("symbols");
        let names = |symbols: Vec<Symbol>| {
            let names: Vec<_> = symbols.iter().map(ToString::to_string).collect();
            names.join(" ")
        };
        let set = ["BTCUSDT".parse().unwrap(), "BTCUSDT".parse().unwrap()];
        let mut file = SymbolsFile::new(Some(path.clone()), set.to_vec());
        assert_eq!(names(file.read().await.unwrap()), "BTCUSDT");
        std::fs::write(&path, "ethusdt, SOLUSDT # and more\n\nXRPUSDT\nETHUSDT\n").unwrap();
        assert_eq!(
            names(file.changed().await.unwrap()),
            "ETHUSDT SOLUSDT XRPUSDT"
        );
        std::fs::write(&path, "#\n").unwrap();
        assert!(matches!(file.changed().await, Err(BadSymbols::None)));
        std::fs::write(&path, "BTC/USDT").unwrap();
        let error = file.changed().await.unwrap_err().to_string();
        assert!(
            error.contains("BTC/USDT") && error.contains("symbols"),
            "{error}"
        );
        std::fs::remove_file(&path).unwrap();
        assert_eq!(names(file.changed().await.unwrap()), "BTCUSDT");
    }

    fn market(name: &str, is_trading: bool) -> MarketInfo {
        MarketInfo {
            symbol: name.parse().unwrap(),
            is_trading,
            base_asset: Some("X".into()),
            quote_asset: None,
            price_tick: Some(0.1),
            qty_step: None,
        }
    }

    #[test]
    fn symbols_that_the_exchange_lacks_are_named_all_at_once() {
        let symbols = ["BTCUSDT", "NOPE", "ETHUSDT", "NADA"].map(|name| name.parse().unwrap());
        let markets = vec![market("ETHUSDT", true), market("BTCUSDT", false)];
        let error = check(&symbols, markets.clone()).unwrap_err().to_string();
        assert!(
            error.contains("NOPE, NADA") && error.contains("--symbols"),
            "{error}"
        );

        let known = ["BTCUSDT", "ETHUSDT"].map(|name| name.parse().unwrap());
        let checked = check(&known, markets).unwrap();
        assert_eq!(checked.specs.len(), 2);
        assert_eq!(checked.specs[0].price_tick, Some(0.1));
        assert_eq!(checked.suspended, [known[0].clone()]);
    }
}
