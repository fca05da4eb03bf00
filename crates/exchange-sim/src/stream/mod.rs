//! The WebSocket side.

mod control;
mod hub;
mod routes;
mod socket;

pub(crate) use hub::{Batch, Command, Hub, SentFrame};
pub(crate) use routes::routes;
