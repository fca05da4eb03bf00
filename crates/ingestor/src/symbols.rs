//! Whether the exchange knows the symbols that are to be followed. It would acknowledge a wrong one
//! and never send anything.

use std::{collections::HashMap, time::Duration};

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
