//! Series and sessions on a database that is written to meanwhile.

mod market;
mod series;
mod session;
