//! Everything that touches SQL: pools, migrations, bulk writes, bars, leases, notifications.
//!
//! A [`Store`] holds the connection pools. Each module below is one table or one concern, and its
//! functions take the store first:
//!
//! ```no_run
//! # async fn example() -> store::Result<()> {
//! use store::{BarRange, DatabaseUrls, Store, bars, symbols};
//!
//! let store = Store::connect(&DatabaseUrls::new("postgres://spreadscope@localhost/spreadscope")).await?;
//! store.wait_for_schema(store::SCHEMA_VERSION).await?;
//! let btc = symbols::resolve(&store, &"BTCUSDT".parse().expect("a valid name")).await?;
//! let range = BarRange { from_ms: 1_700_000_000_000, to_ms: None, limit: 500 };
//! for stored in bars::read(&store, btc.symbol_id, market::Interval::M1, range).await? {
//!     println!("{:?} from {:?}", stored.bar, stored.origin);
//! }
//! # Ok(()) }
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | [`schema`] | migrations, their version, the database [`Flavour`] |
//! | [`symbols`] | names, ids, where trade coverage begins, the overview of all symbols |
//! | [`trades`] | idempotent bulk write and reads of raw trades |
//! | [`cursors`] | the newest trade of each symbol |
//! | [`rejects`], [`gaps`] | what was not stored, and why |
//! | [`history`], [`funding`] | klines of the exchange, and what the holders of contracts paid each other |
//! | [`bars`] | bars of trades and klines, as the charts show them |
//! | [`refresh`], [`retention`], [`compression`] | upkeep of the roll-ups, for the aggregator |
//! | [`datasets`] | uploaded series |
//! | [`watchlist`] | the pairs that are followed side by side |
//! | [`leases`] | one holder at a time, on database time, with fencing |
//! | [`events`], [`notifications`] | what has just been written, pushed to readers |
//! | [`probe`] | whether the database answers |
//! | [`alerts`] | alert rules, where they stand, what they told, and its deliveries |
//! | [`jobs`] | work in the background, done by one process at a time |
//! | [`feed_status`] | what the ingestor says of itself every second |
//!
//! Times are milliseconds since the Unix epoch (`…_ms`) in Rust and `timestamptz` in SQL; prices
//! and quantities are `f64` and `double precision`.

pub mod alerts;
pub mod bars;
pub mod compression;
mod connection;
pub mod cursors;
pub mod datasets;
mod error;
pub mod events;
pub mod feed_status;
pub mod funding;
pub mod gaps;
pub mod history;
pub mod jobs;
pub mod leases;
pub mod notifications;
pub mod probe;
pub mod refresh;
pub mod rejects;
pub mod retention;
pub mod roles;
pub mod schema;
pub mod symbols;
mod time;
pub mod trades;
pub mod watchlist;

pub use bars::{BarOrigin, BarRange, StoredBar, StoredClose};
pub use connection::{DatabaseUrls, PoolSettings, Store};
pub use error::{Result, StoreError};
pub use events::{Event, EventBus, PgEventBus, Subscription};
pub use feed_status::{FeedState, FeedStatus};
pub use leases::Lease;
pub use notifications::{Table, TradeNotice};
pub use schema::{Flavour, SCHEMA_VERSION};
pub use symbols::{SymbolId, SymbolSpec};
pub use trades::{TradeBatch, Written};
