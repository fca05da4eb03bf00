//! Johansen's test of several series.
