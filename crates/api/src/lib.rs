//! The HTTP API: REST and server-sent events
