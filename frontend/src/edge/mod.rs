//! Where effects happen: network, storage, address bar, clock and Plotly. What comes in from here is parsed into plain types.

pub(crate) mod address;
pub(crate) mod api;
pub(crate) mod channel;
pub(crate) mod clock;
pub(crate) mod download;
pub(crate) mod http;
pub(crate) mod locks;
pub(crate) mod memory;
pub(crate) mod notification;
pub(crate) mod page;
pub(crate) mod palette;
pub(crate) mod plotly;
pub(crate) mod source;
pub(crate) mod upload;
