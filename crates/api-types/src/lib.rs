//! The JSON shapes of the public API
