//! How long the database is waited for. One that is away says so at once; one that hangs never does.

use std::time::Duration;

use store::StoreError;

/// Longest time that one try may take. Whatever is written here can be written again, so a try
/// that was cut short does no harm.
const LONGEST: Duration = Duration::from_secs(30);

/// Why a try failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the database has not answered for {} s", LONGEST.as_secs())]
    NoAnswer,
}

impl Failed {
    /// Whether the same call can succeed later without anybody changing anything.
    pub(crate) const fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::NoAnswer => true,
        }
    }
}

/// Does something with the database, for at most half a minute.
pub(crate) async fn attempt<T>(
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Failed> {
    match tokio::time::timeout(LONGEST, call).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Failed::NoAnswer),
    }
}
