//! A small market to put behind the server.

use market::{FeedMode, Symbol, Trade, Venue};
use store::{FeedState, FeedStatus, Store, SymbolId, SymbolSpec, feed_status, symbols, trades};
use testkit::TestDb;

/// 2024-08-08T00:00:00Z, an edge of every interval.
pub const START_MS: i64 = 1_723_075_200_000;

/// A symbol of the simulated venue.
pub struct Market {
    pub store: Store,
    pub id: SymbolId,
    pub venue: Venue,
}

impl Market {
    pub async fn new(db: &TestDb, name: &str) -> Self {
        Self::at(db, Venue::Simulated, name).await
    }

    /// All trades from [`START_MS`] on are stored.
    pub async fn at(db: &TestDb, venue: Venue, name: &str) -> Self {
        let store = db.store().clone();
        let symbol: Symbol = name.parse().unwrap();
        let known = symbols::register(&store, venue, &[SymbolSpec::named(symbol)])
            .await
            .unwrap();
        let id = known[0].1;
        symbols::set_trades_from(&store, id, START_MS)
            .await
            .unwrap();
        Self { store, id, venue }
    }

    /// Stores trades of one unit each, given as (id, seconds after [`START_MS`], price).
    pub async fn trade(&self, trades: &[(i64, f64, f64)]) {
        let batch = trades
            .iter()
            .map(|&(agg_id, seconds, price)| (self.id, self.one(agg_id, seconds, price)));
        let written = trades::write_batch(&self.store, &batch.collect())
            .await
            .unwrap();
        assert_eq!(written.inserted, trades.len() as u64);
    }

    /// A trade of one unit.
    pub fn one(&self, agg_id: i64, seconds: f64, price: f64) -> Trade {
        Trade {
            agg_id,
            time_ms: START_MS + (seconds * 1e3) as i64,
            price,
            qty: 1.0,
            fills: 2,
            buyer_is_maker: agg_id % 2 == 0,
        }
    }

    /// The feed reports that it is connected and has seen this time.
    pub async fn report(&self, watermark_seconds: f64) {
        self.report_as(FeedState::Connected, watermark_seconds)
            .await;
    }

    pub async fn report_as(&self, state: FeedState, watermark_seconds: f64) {
        let watermark_ms = START_MS + (watermark_seconds * 1e3) as i64;
        let status = FeedStatus {
            venue: self.venue,
            mode: FeedMode::Simulated,
            state,
            message: String::new(),
            watermark_ms: Some(watermark_ms),
            lag_ms: Some(12),
            last_message_ms: vec![(self.id, watermark_ms)],
            backfill: None,
        };
        feed_status::write(&self.store, &status).await.unwrap();
    }

    /// The feed is in this state and has seen this time of this symbol and another.
    pub async fn report_state(&self, other: &Self, state: FeedState, watermark_seconds: f64) {
        let watermark_ms = START_MS + (watermark_seconds * 1e3) as i64;
        let status = FeedStatus {
            venue: self.venue,
            mode: FeedMode::Simulated,
            state,
            message: String::new(),
            watermark_ms: Some(watermark_ms),
            lag_ms: Some(12),
            last_message_ms: vec![(self.id, watermark_ms), (other.id, watermark_ms)],
            backfill: None,
        };
        feed_status::write(&self.store, &status).await.unwrap();
    }
}
