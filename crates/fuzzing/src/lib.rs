//! Readers of outside data, held against whatever bytes there are.
//!
//! Each target panics when its reader breaks a promise. `cargo +nightly fuzz run frame` (with cargo-fuzz, in the
//! project's root) looks for such bytes with coverage as its guide; `cargo test -p fuzzing` replays the corpora
//! and seeded mutations of them on the stable toolchain, and is part of every test run.
//!
//! The corpora in `fuzz/corpus` come from the simulator and its faults:
//! `cargo run -p fuzzing --example corpus` writes them anew.

mod frame;
mod rest;

pub use frame::frame;
pub use rest::rest;
