//! What the rest of the project means by a symbol, an interval, a trade and a bar, and the wire
//! format of Binance USD-M Futures. No I/O.
//!
//! | module | what |
//! | --- | --- |
//! | [`symbol`] | [`Symbol`], [`Venue`], and [`Instrument`], the two together |
//! | [`interval`] | [`Interval`]: the bar lengths that are kept, and bucket arithmetic |
//! | [`trade`] | [`Trade`]: one aggregated trade |
//! | [`bar`] | [`Bar`]: open, high, low, close and volumes of the trades in one bucket |
//! | [`feed`] | [`FeedMode`]: whether the numbers are real |
//! | [`binance`] | the wire format |
//!
//! Times are milliseconds since the Unix epoch, UTC. Prices are in the quote currency, quantities
//! in the base currency.

pub mod bar;
pub mod binance;
pub mod feed;
pub mod interval;
pub mod symbol;
pub mod trade;

pub use bar::Bar;
pub use feed::FeedMode;
pub use interval::Interval;
pub use symbol::{BadSymbol, Instrument, Symbol, Venue};
pub use trade::Trade;
