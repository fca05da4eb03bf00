//! Hedge ratios, spreads, tests and their incremental forms: pure numerics
