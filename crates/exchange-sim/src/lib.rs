#![doc = include_str!("../README.md")]

mod admin;
mod app;
mod clock;
mod config;
mod decimal;
mod engine;
mod error;
mod faults;
mod hash;
mod interval;
mod model;
mod replay;
mod rest;
mod series;
mod sim;
mod stream;
mod symbols;
mod trade;
mod truth;
mod wire;

pub use config::{ReplayEnd, Shift, SimConfig};
pub use error::SimError;
pub use faults::{FaultKind, FaultSpec};
pub use model::{EPOCH_MS, Model};
pub use replay::Recording;
pub use series::{Series, Span};
pub use sim::Sim;
pub use symbols::{DEFAULT_SYMBOLS, SymbolSpec};
pub use trade::{Aggregate, SimTrade};
