//! Half-life and Hurst exponent: how fast a spread returns.
