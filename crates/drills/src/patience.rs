//! Waiting for conditions.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long a condition may take on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);

/// Pause between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// Looks again and again until there is an answer. An error is no answer yet: much of what is asked here is
/// away for a while.
///
/// # Errors
/// When there is none within two minutes; it tells the last look.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        let last = match look().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => "not yet".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        if start.elapsed() > PATIENCE {
            bail!("waited in vain for {what}: {last}");
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
