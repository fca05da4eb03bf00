//! Last prices: one signal a tile, so that a tick touches nothing but its own numbers.

use std::{cmp::Ordering, collections::HashMap, time::Duration};

use api_types::{FeedMode, SymbolInfo, Tick};
use leptos::prelude::*;

use crate::model::{Instrument, format, freshness::Evidence};

/// Tiles change at most ten times a second.
const FLUSH_EVERY: Duration = Duration::from_millis(100);

/// What a tile shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tile {
    pub(crate) instrument: Instrument,
    pub(crate) price: Option<f64>,
    /// The last change of the price.
    pub(crate) direction: Ordering,
    /// Changes of the price so far.
    pub(crate) changes: u32,
    /// Decimals that the symbol's prices take.
    pub(crate) decimals: usize,
    /// Base currency, 24 h.
    pub(crate) volume: Option<f64>,
    /// Quote currency, 24 h.
    pub(crate) quote_volume: Option<f64>,
    evidence: Evidence,
}

impl Tile {
    fn of(info: &SymbolInfo) -> Self {
        Self {
            instrument: info.into(),
            price: info.last_price,
            direction: Ordering::Equal,
            changes: 0,
            decimals: info
                .last_price
                .map_or(2, |price| format::decimals(price).max(2)),
            volume: info.volume_24h,
            quote_volume: info.quote_volume_24h,
            evidence: Evidence {
                matched: info.last_time,
                ..Evidence::default()
            },
        }
    }

    /// How old the price is, in ms.
    pub(crate) fn age_ms(
        &self,
        received: Option<i64>,
        mode: Option<FeedMode>,
        now: i64,
    ) -> Option<i64> {
        let evidence = Evidence {
            received,
            ..self.evidence
        };
        evidence.age_ms(mode, now)
    }

    fn take(&mut self, tick: &Tick, is_change: bool, as_of: i64) {
        if let (Some(old), Some(new)) = (self.price, tick.price)
            && old != new
        {
            self.direction = new.total_cmp(&old);
            self.changes = self.changes.wrapping_add(1);
        }
        self.price = tick.price.or(self.price);
        self.decimals = self.decimals.max(tick.price.map_or(0, format::decimals));
        self.volume = tick.volume_24h.or(self.volume);
        self.quote_volume = tick.quote_volume_24h.or(self.quote_volume);
        self.evidence.matched = tick.time.or(self.evidence.matched);
        if is_change {
            self.evidence.changed = Some(as_of);
        }
    }
}

type Pending = HashMap<Instrument, (Tick, bool, i64)>;

/// All tiles.
#[derive(Clone, Copy)]
pub(crate) struct Board {
    tiles: RwSignal<Vec<(Instrument, ArcRwSignal<Tile>)>>,
    /// Ticks since the last flush, the newest of each symbol; `None` while no flush is due.
    pending: StoredValue<Option<Pending>>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            tiles: RwSignal::default(),
            pending: StoredValue::new(None),
        }
    }
}

impl Board {
    /// A tile for each symbol; those that are there already keep what they show.
    pub(crate) fn list(&self, symbols: &[SymbolInfo]) {
        self.tiles.update(|tiles| {
            let mut held: HashMap<_, _> = tiles.drain(..).collect();
            *tiles = symbols
                .iter()
                .map(|info| {
                    let instrument = Instrument::from(info);
                    let tile = held.remove(&instrument);
                    (
                        instrument,
                        tile.unwrap_or_else(|| ArcRwSignal::new(Tile::of(info))),
                    )
                })
                .collect();
        });
    }

    /// The instruments with a tile, in order.
    pub(crate) fn instruments(&self) -> Vec<Instrument> {
        self.tiles.with(|tiles| {
            tiles
                .iter()
                .map(|(instrument, _)| instrument.clone())
                .collect()
        })
    }

    /// The tile of an instrument.
    pub(crate) fn tile(&self, instrument: &Instrument) -> Option<ArcRwSignal<Tile>> {
        self.tiles.with(|tiles| {
            let found = tiles.iter().find(|(candidate, _)| candidate == instrument);
            found.map(|(_, tile)| tile.clone())
        })
    }

    /// Takes a tick; the tile shows it at the next flush.
    pub(crate) fn push(&self, tick: Tick, is_change: bool, as_of: i64) {
        let instrument = Instrument {
            venue: tick.venue,
            symbol: tick.symbol.clone(),
        };
        let is_first = self.pending.with_value(Option::is_none);
        self.pending.update_value(|pending| {
            pending
                .get_or_insert_default()
                .insert(instrument, (tick, is_change, as_of));
        });
        if is_first {
            let board = *self;
            set_timeout(move || board.flush(), FLUSH_EVERY);
        }
    }

    fn flush(self) {
        let Some(Some(pending)) = self.pending.try_update_value(Option::take) else {
            return;
        };
        for (instrument, (tick, is_change, as_of)) in pending {
            if let Some(tile) = untrack(|| self.tile(&instrument)) {
                tile.update(|tile| tile.take(&tick, is_change, as_of));
            }
        }
    }
}
