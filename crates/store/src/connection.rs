//! Connection pools.

use std::{fmt, io, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{Flavour, Result, StoreError, roles, schema};

/// A connection that is given back has so long to show that it works; one that was cut off silently would keep
/// its place in the pool for a quarter of an hour.
const RELEASE_PING: Duration = Duration::from_secs(1);

/// Where the database is, for each kind of use.
///
/// `Debug` does not show the URLs, as they may hold passwords.
#[derive(Clone)]
pub struct DatabaseUrls {
    /// Writes, and reads of what was just written.
    pub write: String,
    /// Reads: a replica or a read-only role.
    pub read: String,
    /// LISTEN: a direct connection, as connection poolers break it.
    pub listen: String,
}

impl DatabaseUrls {
    /// One database for everything.
    pub fn new(url: impl Into<String>) -> Self {
        let write = url.into();
        Self {
            read: write.clone(),
            listen: write.clone(),
            write,
        }
    }
}

impl fmt::Debug for DatabaseUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseUrls").finish_non_exhaustive()
    }
}

/// Sizes and limits of the pools.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// Most connections for writing.
    pub write_connections: u32,
    /// Most connections for reading.
    pub read_connections: u32,
    /// How long a call waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may run on a reading connection. There is no limit on writing ones, as
    /// upkeep takes as long as it takes.
    pub read_statement_timeout: Duration,
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            write_connections: 4,
            read_connections: 8,
            acquire_timeout: Duration::from_secs(5),
            read_statement_timeout: Duration::from_secs(30),
            application_name: "spreadscope".to_owned(),
        }
    }
}

/// The database. Cheap to clone; clones share the pools.
#[derive(Clone)]
pub struct Store(Arc<Pools>);

struct Pools {
    write: PgPool,
    read: PgPool,
    listen: PgConnectOptions,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the pools with default settings and sees that the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not (try again), [`StoreError::Configuration`]
    /// when a URL makes no sense.
    pub async fn connect(urls: &DatabaseUrls) -> Result<Self> {
        Self::connect_with(urls, &PoolSettings::default()).await
    }

    /// As [`connect`](Self::connect), with settings.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_with(urls: &DatabaseUrls, settings: &PoolSettings) -> Result<Self> {
        let store = Self::connect_lazy(urls, settings)?;
        store.ping().await?;
        Ok(store)
    }

    /// Opens the pools without connecting yet.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] when a URL makes no sense.
    pub fn connect_lazy(urls: &DatabaseUrls, settings: &PoolSettings) -> Result<Self> {
        let options = |url: &str| -> Result<PgConnectOptions> {
            Ok(PgConnectOptions::from_str(url)
                .map_err(StoreError::Configuration)?
                .application_name(&settings.application_name)
                .options([
                    // Dates and buckets are UTC whatever the server's default is.
                    ("TimeZone", "UTC"),
                    // Compiling these plans takes a hundred times as long as running them.
                    ("jit", "off"),
                ]))
        };
        let pool = || {
            PgPoolOptions::new()
                .acquire_timeout(settings.acquire_timeout)
                .after_release(|connection, _| {
                    Box::pin(async {
                        let ping = tokio::time::timeout(RELEASE_PING, connection.ping()).await;
                        ping.map_err(|_| sqlx::Error::Io(io::ErrorKind::TimedOut.into()))??;
                        Ok(true)
                    })
                })
        };
        let timeout_ms = settings.read_statement_timeout.as_millis().to_string();
        // Twice kept from writing: by its rights, where the role is set up, and by its transactions.
        let reading = options(&urls.read)?.options([
            ("statement_timeout", timeout_ms.as_str()),
            ("default_transaction_read_only", "on"),
        ]);
        Ok(Self(Arc::new(Pools {
            write: pool()
                .max_connections(settings.write_connections)
                .connect_lazy_with(options(&urls.write)?),
            read: pool()
                .max_connections(settings.read_connections)
                .after_connect(|connection, _| Box::pin(roles::become_reader(connection)))
                .connect_lazy_with(reading),
            listen: options(&urls.listen)?,
        })))
    }

    /// Asks the writing and the reading side for an answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when one of them gives none.
    pub async fn ping(&self) -> Result<()> {
        for pool in [self.write_pool(), self.read_pool()] {
            let answered = sqlx::query("SELECT 1").execute(pool).await;
            answered.map_err(unanswered)?;
        }
        Ok(())
    }

    /// Brings the schema to this version's state; safe to run in several processes at once.
    /// Only the owner of the schema can: see [`schema::migrate`].
    ///
    /// # Errors
    /// See [`schema::migrate`].
    pub async fn migrate(&self) -> Result<Flavour> {
        schema::migrate(self, None).await
    }

    /// Waits until the schema has at least this version.
    ///
    /// # Errors
    /// See [`schema::wait_for`].
    pub async fn wait_for_schema(&self, min_version: i64) -> Result<()> {
        schema::wait_for(self, min_version).await
    }

    /// The flavour recorded in the database when it was first migrated.
    ///
    /// # Errors
    /// [`StoreError::SchemaTooOld`] before the first migration.
    pub async fn flavour(&self) -> Result<Flavour> {
        schema::flavour(self).await
    }

    /// Closes all connections; calls under way end first.
    pub async fn close(&self) {
        self.0.write.close().await;
        self.0.read.close().await;
    }

    pub(crate) fn write_pool(&self) -> &PgPool {
        &self.0.write
    }

    pub(crate) fn read_pool(&self) -> &PgPool {
        &self.0.read
    }

    pub(crate) fn listen_options(&self) -> &PgConnectOptions {
        &self.0.listen
    }
}

/// The failure of a pool whose connections nobody else uses yet: that none came free means that none was made.
pub(crate) fn unanswered(error: sqlx::Error) -> StoreError {
    match error.into() {
        StoreError::Busy(error) => StoreError::Unavailable(error),
        other => other,
    }
}
