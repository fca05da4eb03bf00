//! Readers of outside data, held against whatever bytes there are.
//!
//! Each target panics when its reader breaks a promise. `cargo +nightly fuzz run frame` (with cargo-fuzz, in the
//! project's root; on stable `RUSTC_BOOTSTRAP=1 cargo fuzz run frame`) looks for such bytes with coverage as its guide;
//! `cargo test -p fuzzing` replays the corpora and seeded mutations of them without a fuzzer, and is part of every test
//! run.
//!
//! | target | what is read |
//! | --- | --- |
//! | [`frame`] | a frame of the stream |
//! | [`rest`] | a reply to a REST call |
//! | [`record`] | a record of the spool |
//! | [`spool`] | the file of a spool, as a crash or a disk may leave it |
//!
//! The corpora in `fuzz/corpus` come from the simulator and its faults, those of the spool by an ingestor that hears
//! them without a database:
//! `cargo run -p fuzzing --example corpus` writes them anew.

mod frame;
mod record;
mod rest;
mod spool;

pub use frame::frame;
pub use record::record;
pub use rest::rest;
pub use spool::spool;
