//! What can go wrong, by what the caller can do about it.

use std::io;

use sqlx::migrate::MigrateError;

/// Result of every function of this crate.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What went wrong, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database is away, starting, stopping or out of connections: try again with back-off.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// None of the pool's connections came free in time: the database is busy, or away since they were
    /// taken ([`Probe`](crate::probe::Probe) tells). Try again with back-off.
    #[error("no connection to the database came free in time")]
    Busy(#[source] sqlx::Error),
    /// Another transaction was in the way (deadlock, serialization): nothing was written, try again.
    #[error("another transaction was in the way: {0}")]
    Conflict(#[source] sqlx::Error),
    /// The statement ran longer than the pool allows: ask for less.
    #[error("the statement took too long and was cancelled")]
    Timeout(#[source] sqlx::Error),
    /// No migration has run, or not all that are needed: wait for the aggregator.
    #[error(
        "the schema is at version {found}, version {wanted} is needed: the aggregator migrates it at its start"
    )]
    SchemaTooOld {
        /// Version of the database, 0 if it has no schema.
        found: i64,
        /// Version that was asked for.
        wanted: i64,
    },
    /// A migration failed; the message says which.
    #[error("the schema could not be migrated: {0}")]
    Migration(#[source] MigrateError),
    /// Somebody else holds the lease now: stop what was done under it.
    #[error("the lease `{0}` is lost")]
    LeaseLost(String),
    /// No symbol of that name (at that venue) is known.
    #[error("unknown symbol `{0}`")]
    UnknownSymbol(String),
    /// Several venues carry the symbol: name one.
    #[error("`{symbol}` is traded at several venues ({venues}): write venue:{symbol}")]
    AmbiguousSymbol {
        /// The symbol as asked for.
        symbol: String,
        /// The venues that carry it, separated by commas.
        venues: String,
    },
    /// What is stored cannot be understood: a newer version wrote it, or it was edited by hand.
    #[error("the database holds what this version cannot read: {0}")]
    Corrupt(String),
    /// What was to be written could not be read: nothing was written.
    #[error("what was to be written could not be read: {0}")]
    Source(#[source] io::Error),
    /// A URL or another setting of the connection cannot be used.
    #[error("bad database setting: {0}")]
    Configuration(#[source] sqlx::Error),
    /// Anything else: a defect of this program or of the schema.
    #[error("database error: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same call can succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::Busy(_)
                | Self::Conflict(_)
                | Self::Timeout(_)
                | Self::SchemaTooOld { .. }
        )
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(database) => match database.code().as_deref() {
                // Deadlock and serialization failures; a lock that was not to be had.
                Some("40001" | "40P01" | "55P03") => Self::Conflict(error),
                Some("57014") => Self::Timeout(error),
                // Undefined table or schema: not migrated yet.
                Some("42P01" | "3F000") => Self::SchemaTooOld {
                    found: 0,
                    wanted: crate::SCHEMA_VERSION,
                },
                Some(code) if is_unavailable(code) => Self::Unavailable(error),
                _ => Self::Database(error),
            },
            E::PoolTimedOut => Self::Busy(error),
            E::Io(_) | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) | E::Tls(_) => {
                Self::Unavailable(error)
            }
            E::Configuration(_) => Self::Configuration(error),
            E::ColumnDecode { .. } | E::Decode(_) | E::ColumnNotFound(_) => {
                Self::Corrupt(error.to_string())
            }
            _ => Self::Database(error),
        }
    }
}

/// SQLSTATE classes 08 (connection), 53 (resources) and 57P (operator), a standby that has become
/// read-only, a database or role that is still to be created, and a password still to be set.
fn is_unavailable(code: &str) -> bool {
    code.starts_with("08")
        || code.starts_with("53")
        || code.starts_with("57P")
        || matches!(code, "25006" | "3D000" | "28000" | "28P01")
}
