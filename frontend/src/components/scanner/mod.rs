//! The search for pairs: what to scan, how far it is, and what was found.

mod form;
mod heading;
mod outcome;
mod page;
mod progress;
mod row;
mod symbols;

pub(super) use page::Scanner;
