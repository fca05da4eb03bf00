//! The ingestor against the simulated exchange and a database of its own.

mod bars;
mod cable;
mod faults;
mod funding;
mod history;
mod outages;
mod process;
mod repair;
mod restart;
mod rig;
mod spool;
mod standby;
mod stream;
mod symbols;
