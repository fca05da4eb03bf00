//! From the name that a client gives to a symbol.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use market::{Instrument, Venue};
use store::{Result, Store, SymbolId, feed_status, symbols, symbols::SymbolInfo};
use tokio::sync::Mutex;

use crate::problem::ApiError;

/// The symbols that are known, as they were last read: names and ids do not change, so only one that is
/// not among them is a reason to read again. A thousand clients that come at once cost one query.
/// Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Directory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    known: RwLock<Arc<Known>>,
    reading: Mutex<()>,
}

type Known = HashMap<SymbolId, SymbolInfo>;

impl Directory {
    pub(crate) fn new(store: Store) -> Self {
        Self(Arc::new(Inner {
            store,
            known: RwLock::default(),
            reading: Mutex::default(),
        }))
    }

    /// The symbol that an instrument names. Where several venues carry it and none is named, that of the
    /// feed that reported last is meant: it is the one that the user is looking at.
    pub(crate) async fn resolve(&self, instrument: &Instrument) -> Result<SymbolInfo, ApiError> {
        let known = self.known();
        let mut found = matching(&known, instrument);
        if found.is_empty() {
            let known = self.read_again(&known).await?;
            found = matching(&known, instrument);
        }
        match &found[..] {
            [] => Err(ApiError::UnknownSymbol(instrument.to_string())),
            [one] => Ok(one.clone()),
            several => self.most_active(several).await,
        }
    }

    async fn most_active(&self, several: &[SymbolInfo]) -> Result<SymbolInfo, ApiError> {
        let mut feeds = feed_status::read(&self.0.store).await?;
        feeds.sort_by_key(|feed| std::cmp::Reverse(feed.updated_at_ms));
        let of = |venue| several.iter().find(|info| info.venue == venue);
        if let Some(active) = feeds.iter().find_map(|feed| of(feed.status.venue)) {
            return Ok(active.clone());
        }
        let names: Vec<_> = several
            .iter()
            .map(|info| format!("{}:{}", info.venue, info.spec.symbol))
            .collect();
        let detail = format!(
            "is traded at several venues; name one: {}",
            names.join(", ")
        );
        Err(ApiError::bad_parameter("symbol", detail))
    }

    /// Where each of these is traded; those that the database does not know are left out.
    pub(crate) async fn venues(
        &self,
        ids: impl Iterator<Item = SymbolId> + Clone,
    ) -> Result<HashMap<SymbolId, Venue>> {
        let mut known = self.known();
        if ids.clone().any(|id| !known.contains_key(&id)) {
            known = self.read_again(&known).await?;
        }
        Ok(ids
            .filter_map(|id| Some((id, known.get(&id)?.venue)))
            .collect())
    }

    fn known(&self) -> Arc<Known> {
        self.0
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads the list, unless somebody else has done so since `seen` was known.
    async fn read_again(&self, seen: &Arc<Known>) -> Result<Arc<Known>> {
        let _one_at_a_time = self.0.reading.lock().await;
        let known = self.known();
        if !Arc::ptr_eq(&known, seen) {
            return Ok(known);
        }
        let list = symbols::list(&self.0.store).await?;
        let read: Known = list
            .into_iter()
            .map(|info| (info.symbol_id, info))
            .collect();
        let read = Arc::new(read);
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = read.clone();
        Ok(read)
    }
}

fn matching(known: &Known, instrument: &Instrument) -> Vec<SymbolInfo> {
    let at = |venue| instrument.venue.is_none_or(|wanted| wanted == venue);
    let mut found: Vec<SymbolInfo> = known
        .values()
        .filter(|info| info.spec.symbol == instrument.symbol && at(info.venue))
        .cloned()
        .collect();
    found.sort_by_key(|info| info.venue);
    found
}
