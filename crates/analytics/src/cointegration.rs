//! Engle-Granger's test of two series.
