//! What the drills do to a stack; how it is judged afterwards is the same for all.

pub(crate) mod crash;
pub(crate) mod database;
pub(crate) mod random;
pub(crate) mod rest;
pub(crate) mod stream;
pub(crate) mod twice;

pub use random::random;
