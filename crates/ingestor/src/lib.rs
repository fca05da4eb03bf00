//! Takes every trade of the exchange into the store.
//!
//! [`run`] checks the symbols, connects, decodes, and writes in batches; beside that it fetches the
//! klines of the past. It goes on until it is told to stop, whatever the exchange, the network or
//! the database do.
//!
//! ```text
//!   WebSocket ─ connection ─┐  bounded   ┌─ gap rule ─ rejects, gaps, trades ─ store
//!   WebSocket ─ connection ─┼──queue──── writer ── first trade ──> first minute ─┐
//!        REST ─ back-fill ──┘           ╷│ └── recorded gap ──> klines and repair │
//!               ^                  spool ┘ (while the database is away)           │
//!               └─────────────────────────────────────────────────────────────────┘
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | [`config`] | settings: flags and environment |
//! | [`venue`] | all that the rest knows of an exchange, and Binance behind it |
//! | [`rest`] | REST calls within the weight that the exchange allows |
//! | [`contiguity`] | the gap rule: ids are contiguous per symbol |
//! | `roster`, `following`, `symbols` | the markets of this run; which are followed, and on which connection |
//! | `connection`, `silence` | one WebSocket connection, made again for ever; who is silent |
//! | `writer` | the one task that writes, and the order that keeps every id accounted for |
//! | [`spool`] | trades on disk, while the database does not take them |
//! | `attempt` | how long the database is waited for |
//! | `clock` | the time of this machine |
//! | `backfill` | klines of the past and around gaps; the first minute; repair of gaps |
//! | `state`, `status` | what it knows of itself, written out every second |
//!
//! Memory is bounded: `queue_batches` × `batch_max_trades` trades wait at most, plus what the
//! writer holds. What the database has not taken after a second goes to the spool, whose size is bounded, too.
//! When that is full, trades are dropped, recorded as a gap, and fetched by REST later. Without a spool the
//! sockets are not read when the queue is full, so the exchange's flow control sets in; if it then ends the
//! connection, the ids that were missed are recorded as a gap.

mod attempt;
mod backfill;
mod batch;
mod clock;
pub mod config;
mod connection;
pub mod contiguity;
mod following;
pub mod rest;
mod roster;
mod run;
mod silence;
pub mod spool;
mod state;
mod status;
mod symbols;
pub mod venue;
mod writer;

pub use config::Config;
pub use run::run;
pub use symbols::{BadSymbols, UnknownSymbols};
