//! The host's clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the epoch. It may be off, and so may be a lag that is measured by it.
pub(crate) fn now_ms() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}
