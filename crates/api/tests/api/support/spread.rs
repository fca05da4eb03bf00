//! A pair of markets whose spread does what a test wants.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use store::{DatabaseUrls, FeedState, PoolSettings, Store, TradeBatch, trades};
use testkit::TestDb;
use tokio::sync::watch;

use super::{
    PATIENCE,
    market::{Market, START_MS},
};

/// The bars that a pair's figures take before there are any, and some more.
const WARM_UP: i64 = 340;

/// Bars of a second each: x wanders, y is twice as much and some spread.
pub struct Pair {
    y: Arc<Market>,
    x: Arc<Market>,
    /// Another market of the same feed: its trades are the feed's clock.
    clock: Market,
    /// Number of the next bar, and of the next trade.
    next: i64,
    next_id: i64,
    /// State of the feed and its watermark in seconds.
    feed: watch::Sender<(FeedState, f64)>,
}

impl Pair {
    /// With as many quiet bars as every figure takes, and a feed that reports every now and then.
    pub async fn new(db: &TestDb) -> Self {
        // Machines that run tests are busy.
        let patient = PoolSettings {
            acquire_timeout: PATIENCE,
            ..PoolSettings::default()
        };
        let store = Store::connect_with(&DatabaseUrls::new(db.url()), &patient)
            .await
            .unwrap();
        let market = async |name| Market {
            store: store.clone(),
            ..Market::new(db, name).await
        };
        let y = Arc::new(market("YUSDT").await);
        let x = Arc::new(market("XUSDT").await);
        let clock = market("CLOCKUSDT").await;
        let feed = watch::Sender::new((FeedState::Connected, 0.0));
        tokio::spawn(report(y.clone(), x.clone(), feed.subscribe()));
        let mut pair = Self {
            y,
            x,
            clock,
            next: 0,
            next_id: 1,
            feed,
        };
        let quiet: Vec<f64> = (0..WARM_UP).map(noise).collect();
        pair.bars(&quiet).await;
        pair
    }

    /// The parameters of a rule on it.
    pub fn spec() -> Value {
        json!({"y": "YUSDT", "x": "XUSDT", "interval": "1s", "lookback": 300, "window": 20})
    }

    /// One bar for each of these spreads. The last is closed as well.
    pub async fn bars(&mut self, spreads: &[f64]) {
        let mut batch = TradeBatch::new();
        for spread in spreads {
            self.add(&mut batch, *spread);
        }
        let watermark = self.next as f64 + 1.0;
        batch.push(self.clock.id, self.clock.one(self.next, watermark, 1.0));
        trades::write_batch(&self.y.store, &batch).await.unwrap();
        let (state, _) = *self.feed.borrow();
        self.tell((state, watermark)).await;
    }

    /// Trades of the next bar. They are stored together, so that no bar is ever half there.
    fn add(&mut self, batch: &mut TradeBatch, spread: f64) {
        let at = self.next as f64 + 0.5;
        let price = 100.0 + ((self.next * self.next) % 11) as f64;
        batch.push(self.x.id, self.x.one(self.next_id, at, price));
        batch.push(
            self.y.id,
            self.y.one(self.next_id, at, 2.0 * price + spread),
        );
        self.next += 1;
        self.next_id += 1;
    }

    /// A breach of ±3, which the noise is far from.
    pub async fn breach(&mut self, sign: f64) {
        self.bars(&[sign]).await;
    }

    /// Quiet bars, until the breach has left the window.
    pub async fn calm(&mut self) {
        let quiet: Vec<f64> = (0..22).map(|i| noise(self.next + i)).collect();
        self.bars(&quiet).await;
    }

    /// A bar with this spread that is not closed.
    pub async fn open_bar(&mut self, spread: f64) {
        let mut batch = TradeBatch::new();
        self.add(&mut batch, spread);
        trades::write_batch(&self.y.store, &batch).await.unwrap();
    }

    /// Closes the last bar.
    pub async fn close_bar(&mut self) {
        let (state, _) = *self.feed.borrow();
        let watermark = self.next as f64 + 1.0;
        self.clock.trade(&[(self.next, watermark, 1.0)]).await;
        self.tell((state, watermark)).await;
    }

    /// Start of the last bar, ms since the epoch.
    pub fn last_bar_ms(&self) -> i64 {
        START_MS + (self.next - 1) * 1_000
    }

    /// The feed is in this state from now on.
    pub async fn feed(&self, state: FeedState) {
        let (_, watermark) = *self.feed.borrow();
        self.tell((state, watermark)).await;
    }

    async fn tell(&self, feed: (FeedState, f64)) {
        self.feed.send_replace(feed);
        self.x.report_state(&self.y, feed.0, feed.1).await;
    }
}

/// A spread that returns at once, and is never further than 0.1 from nothing.
fn noise(index: i64) -> f64 {
    let scrambled = (index.unsigned_abs() + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let scrambled = (scrambled ^ (scrambled >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (scrambled >> 40) as f64 / (1_u64 << 24) as f64 / 5.0 - 0.1
}

/// A feed that does not report for a few seconds is taken for dead.
async fn report(y: Arc<Market>, x: Arc<Market>, mut feed: watch::Receiver<(FeedState, f64)>) {
    loop {
        let (state, watermark) = *feed.borrow_and_update();
        x.report_state(&y, state, watermark).await;
        let pause = tokio::time::timeout(Duration::from_secs(1), feed.changed());
        if matches!(pause.await, Ok(Err(_))) {
            return;
        }
    }
}
