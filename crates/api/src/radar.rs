//! Every pair of the feed's symbols followed at once, by the bars and windows of the newest scan of live symbols.
//!
//! | module | what |
//! | --- | --- |
//! | [`basis`] | which symbols and pairs, in which direction, by which scan |
//! | [`field`] | the figures of all pairs: read once, then moved on bar by bar |
//!
//! What the feed's last prices are comes with its notifications; the database is read once at the start, and with one
//! query whenever bars have closed.

pub(crate) mod basis;
mod field;

pub(crate) use basis::Basis;
pub(crate) use field::{Field, Moved};
