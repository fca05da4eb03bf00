//! Faults on demand.

mod book;
mod spec;
mod stream;

pub use spec::{FaultKind, FaultSpec};

pub(crate) use book::Book;
pub(crate) use stream::{Frame, StreamFaults};
