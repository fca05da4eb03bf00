//! The augmented Dickey-Fuller test and MacKinnon's tables.
