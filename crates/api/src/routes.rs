//! A handler a file.

pub(crate) mod alerts;
pub(crate) mod bars;
pub(crate) mod datasets;
pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod pairs;
pub(crate) mod scans;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod stream;
pub(crate) mod sweeps;
pub(crate) mod symbols;
pub(crate) mod trades;
pub(crate) mod watchlist;
