//! The server as its clients see it: on a real socket, before a real database.
//!
//! `TEST_FLAVOUR=timescale` runs the same tests on TimescaleDB.

#![expect(
    clippy::unwrap_used,
    reason = "what a test does not expect is its failure"
)]

mod access;
mod alerts;
mod backtest;
mod bars;
mod dashboard;
mod database_away;
mod database_busy;
mod datasets;
mod errors;
mod export;
mod limits;
mod logs;
mod openapi;
mod operation;
mod pairs;
mod pairs_exact;
mod radar;
mod scans;
mod security;
mod stream;
mod stream_late;
mod stream_pair;
mod support;
mod sweeps;
mod symbols;
mod ticket;
mod trades;
mod watchlist;
