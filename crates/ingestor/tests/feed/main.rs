//! The ingestor against the simulated exchange and a real database.

mod faults;
mod history;
mod outages;
mod repair;
mod restart;
mod rig;
mod stream;
