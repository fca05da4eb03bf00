//! What moves now, of all pairs.

mod page;
mod row;

pub(super) use page::Radar;
