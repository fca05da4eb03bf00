//! What a drill asks of its stack.

use exchange_sim::SimConfig;

use crate::{Settings, database::Access};

/// What a drill's stack looks like.
pub struct Setup {
    /// The market; its opening is chosen by the stack.
    pub sim: SimConfig,
    /// Settings of ingestors beside those that every drill has.
    pub ingestor: Settings,
    /// Settings of aggregators beside those that every drill has.
    pub aggregator: Settings,
    /// How services reach the database.
    pub access: Access,
}

impl Setup {
    /// A brisk market of two symbols, twenty times as fast as life, whose gaps are repaired: 300 trades a second each.
    #[must_use]
    pub fn brisk() -> Self {
        Self {
            sim: SimConfig {
                symbols: ["BTCUSDT", "ETHUSDT"].map(str::to_owned).to_vec(),
                rate: 15.0,
                time_warp: 20.0,
                start_ms: None,
                // A drill repairs in seconds what life has minutes for.
                weight_per_minute: 1_000_000,
                wait_for_client: true,
                ..SimConfig::default()
            },
            ingestor: Settings::new(),
            aggregator: Settings::new(),
            access: Access::Straight,
        }
    }

    /// Changes a setting of the ingestors.
    #[must_use]
    pub fn ingestor(mut self, name: &'static str, value: u64) -> Self {
        self.ingestor.insert(name, value.to_string());
        self
    }

    /// Changes a setting of the aggregators.
    #[must_use]
    pub fn aggregator(mut self, name: &'static str, value: u64) -> Self {
        self.aggregator.insert(name, value.to_string());
        self
    }

    /// Changes the market.
    #[must_use]
    pub fn market(mut self, change: impl FnOnce(&mut SimConfig)) -> Self {
        change(&mut self.sim);
        self
    }

    /// Changes how services reach the database.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }
}
