//! From the name that a client gives to a symbol.

use market::Instrument;
use store::{Store, StoreError, feed_status, symbols, symbols::SymbolInfo};

use crate::problem::ApiError;

/// The symbol that an instrument names. Where several venues carry it and none is named, that of the feed
/// that reported last is meant: it is the one that the user is looking at.
pub(crate) async fn symbol(store: &Store, instrument: &Instrument) -> Result<SymbolInfo, ApiError> {
    match symbols::resolve(store, instrument).await {
        Err(StoreError::UnknownSymbol(_)) => Err(ApiError::UnknownSymbol(instrument.to_string())),
        Err(StoreError::AmbiguousSymbol { venues, .. }) => {
            let feeds = feed_status::read(store).await?;
            let active = feeds.iter().max_by_key(|feed| feed.updated_at_ms);
            let Some(active) = active else {
                let detail = format!(
                    "is traded at {venues}; name one, as in {}",
                    example(&venues, instrument)
                );
                return Err(ApiError::bad_parameter("symbol", detail));
            };
            let venue = Some(active.status.venue);
            let named = Instrument {
                venue,
                symbol: instrument.symbol.clone(),
            };
            Ok(symbols::resolve(store, &named).await?)
        }
        found => Ok(found?),
    }
}

fn example(venues: &str, instrument: &Instrument) -> String {
    let first = venues.split(',').next().unwrap_or(venues).trim();
    format!("{first}:{}", instrument.symbol)
}
