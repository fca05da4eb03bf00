#![doc = include_str!("../README.md")]

pub mod compare;
mod database;
mod drill;
mod exchange;
mod judge;
mod lab;
mod market_time;
mod metrics;
mod patience;
mod process;
mod setup;
pub mod soak;
mod stack;
mod suite;
mod table;
pub mod truth;

pub use compare::Compared;
pub use database::Access;
pub use drill::{Drill, SUITE};
pub use exchange::Exchange;
pub use lab::{Lab, Scale};
pub use patience::until;
pub use process::{Process, Settings};
pub use setup::Setup;
pub use stack::{Ledger, Stack};
pub use suite::random;
pub use table::{Row, print};
