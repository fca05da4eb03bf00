//! The wire format of Binance USD-M Futures: stream frames, control messages and REST replies.
//!
//! Pure: bytes in, typed values out. Nothing here opens a socket or reads a clock.
//!
//! | module | what |
//! | --- | --- |
//! | [`frame`] | [`decode`]: a stream frame to a [`Frame`], without an allocation |
//! | [`reject`] | [`Reject`] and [`RejectReason`]: why a trade that arrived is none |
//! | [`request`] | stream names, control messages and REST paths |
//! | [`rest`] | REST replies: exchangeInfo, klines, aggTrades, time, errors |
//!
//! ```
//! use market::binance::{Frame, decode};
//!
//! let text = r#"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1786171884624,
//!     "a":3404749954,"s":"BTCUSDT","p":"64990.90","q":"0.002","nq":"0.002",
//!     "f":7960913511,"l":7960913511,"T":1786171884471,"m":true,"st":1}}"#;
//! let Frame::AggTrade(seen) = decode(text) else { panic!("no trade") };
//! assert_eq!((seen.symbol, seen.trade.agg_id, seen.trade.price), ("BTCUSDT", 3404749954, 64990.9));
//! ```

mod decimal;
pub mod frame;
pub mod reject;
pub mod request;
pub mod rest;
mod scan;
mod trade_fields;

pub use frame::{AggTrade, Frame, Malformed, decode, decode_bytes};
pub use reject::{Reject, RejectReason};
