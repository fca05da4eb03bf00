//! Uploaded series.

mod analyse_link;
mod details;
mod drop;
mod errors;
mod job;
mod list;
mod page;
mod preview;

pub(super) use page::Data;
