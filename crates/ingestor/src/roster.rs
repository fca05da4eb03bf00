//! The markets that this run knows, and which of them are followed now.
//!
//! A market keeps its slot for as long as the process lives, so what was heard can be told from what is
//! followed: connections and batches name slots, and only what talks to the database needs its ids.

use std::sync::{
    Arc, OnceLock, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use market::Symbol;
use store::{SymbolId, SymbolSpec};

/// No time yet.
const NEVER: i64 = i64::MIN;

/// Number of a market in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(u32);

impl Slot {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A market of this run.
#[derive(Debug)]
pub(crate) struct Market {
    slot: Slot,
    spec: SymbolSpec,
    /// Known once the database was there.
    id: OnceLock<SymbolId>,
    followed: AtomicBool,
    /// Exchange time of its last message.
    heard_ms: AtomicI64,
}

impl Market {
    pub(crate) const fn slot(&self) -> Slot {
        self.slot
    }

    pub(crate) const fn symbol(&self) -> &Symbol {
        &self.spec.symbol
    }

    pub(crate) const fn spec(&self) -> &SymbolSpec {
        &self.spec
    }

    pub(crate) fn id(&self) -> Option<SymbolId> {
        self.id.get().copied()
    }

    /// Takes note of its id in the database, which never changes.
    pub(crate) fn enrolled(&self, id: SymbolId) {
        let _ = self.id.set(id);
    }

    pub(crate) fn is_followed(&self) -> bool {
        self.followed.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn heard(&self, exchange_ms: i64) {
        self.heard_ms.fetch_max(exchange_ms, Ordering::Relaxed);
    }

    pub(crate) fn last_heard_ms(&self) -> Option<i64> {
        let ms = self.heard_ms.load(Ordering::Relaxed);
        (ms != NEVER).then_some(ms)
    }
}

/// All markets of this run; it only grows.
#[derive(Debug, Default)]
pub(crate) struct Roster(RwLock<Vec<Arc<Market>>>);

impl Roster {
    /// Follows exactly these from now on.
    pub(crate) fn follow(&self, specs: Vec<SymbolSpec>) {
        let mut markets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for market in markets.iter() {
            let wanted = specs.iter().any(|spec| spec.symbol == *market.symbol());
            market.followed.store(wanted, Ordering::Relaxed);
        }
        for spec in specs {
            if !markets.iter().any(|market| *market.symbol() == spec.symbol) {
                add(&mut markets, spec, true);
            }
        }
    }

    /// The market of this name, followed or not.
    pub(crate) fn named(&self, symbol: &Symbol) -> Arc<Market> {
        let mut markets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let known = markets.iter().find(|market| market.symbol() == symbol);
        match known {
            Some(market) => Arc::clone(market),
            None => add(&mut markets, SymbolSpec::named(symbol.clone()), false),
        }
    }

    pub(crate) fn at(&self, slot: Slot) -> Arc<Market> {
        Arc::clone(&self.read()[slot.index()])
    }

    pub(crate) fn followed(&self) -> Vec<Arc<Market>> {
        let markets = self.read();
        let followed = markets.iter().filter(|market| market.is_followed());
        followed.cloned().collect()
    }

    /// The followed market that has this id.
    pub(crate) fn with_id(&self, id: SymbolId) -> Option<Arc<Market>> {
        let markets = self.read();
        let mut followed = markets.iter().filter(|market| market.is_followed());
        followed.find(|market| market.id() == Some(id)).cloned()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Market>>> {
        // It is whole after every operation, so a panic elsewhere does not spoil it.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(markets: &mut Vec<Arc<Market>>, spec: SymbolSpec, followed: bool) -> Arc<Market> {
    let slot = u32::try_from(markets.len()).expect("fewer markets than numbers");
    let market = Arc::new(Market {
        slot: Slot(slot),
        spec,
        id: OnceLock::new(),
        followed: AtomicBool::new(followed),
        heard_ms: AtomicI64::new(NEVER),
    });
    markets.push(Arc::clone(&market));
    market
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &str) -> SymbolSpec {
        SymbolSpec::named(name.parse().expect("a symbol"))
    }

    #[test]
    fn a_market_keeps_its_slot_whether_it_is_followed_or_not() {
        let roster = Roster::default();
        roster.follow(vec![spec("BTCUSDT"), spec("ETHUSDT")]);
        let eth = roster.named(&spec("ETHUSDT").symbol);
        roster.follow(vec![spec("SOLUSDT"), spec("BTCUSDT")]);
        assert!(!eth.is_followed());
        let names: Vec<_> = roster
            .followed()
            .iter()
            .map(|market| market.symbol().to_string())
            .collect();
        assert_eq!(names, ["BTCUSDT", "SOLUSDT"]);
        roster.follow(vec![spec("ETHUSDT")]);
        assert!(Arc::ptr_eq(&roster.at(eth.slot()), &eth) && eth.is_followed());
    }

    #[test]
    fn a_market_that_is_only_known_is_not_followed() {
        let roster = Roster::default();
        let market = roster.named(&spec("BTCUSDT").symbol);
        market.enrolled(SymbolId(7));
        assert_eq!(roster.followed().len(), 0);
        assert!(roster.with_id(SymbolId(7)).is_none());
        roster.follow(vec![spec("BTCUSDT")]);
        assert!(roster.with_id(SymbolId(7)).is_some());
    }
}
