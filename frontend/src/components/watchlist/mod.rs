//! Many pairs, a line each.

mod add;
mod figure;
mod heading;
mod row;
mod table;

pub(super) use table::Watchlist;
