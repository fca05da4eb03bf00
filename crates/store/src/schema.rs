//! Migrations, their version, and the flavour of the database.

use std::{fmt, str::FromStr, time::Duration};

use sqlx::{
    PgConnection,
    migrate::{Migration, Migrator},
};

use crate::{Result, Store, StoreError, connection::unanswered, roles};

static COMMON: Migrator = sqlx::migrate!("../../migrations/common");
static PLAIN: Migrator = sqlx::migrate!("../../migrations/plain");
static TIMESCALE: Migrator = sqlx::migrate!("../../migrations/timescale");

/// Version of the schema that this build writes and reads: the newest migration of each flavour.
pub const SCHEMA_VERSION: i64 = 82;

/// Key of the advisory lock under which the flavour is chosen.
const MIGRATION_LOCK: i64 = 0x5350_5245_4144_0001;

/// What carries the roll-ups. Chosen at the first migration by what the server offers, recorded
/// in the database and never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// PostgreSQL as it comes: roll-up tables, an invalidation log and a live tail.
    Plain,
    /// TimescaleDB: a hypertable and hierarchical continuous aggregates.
    Timescale,
}

impl Flavour {
    /// The name used in the database and in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Timescale => "timescale",
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Flavour {
    type Err = StoreError;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "plain" => Ok(Self::Plain),
            "timescale" => Ok(Self::Timescale),
            _ => Err(StoreError::Corrupt(format!("unknown flavour `{name}`"))),
        }
    }
}

/// Brings the schema to [`SCHEMA_VERSION`] and returns its flavour: the recorded one; for a new
/// database `wanted`, or else the best that the server offers.
///
/// Several processes may do so at once: one works, the others wait for it.
///
/// # Errors
/// [`StoreError::Migration`] when a migration fails; it is rolled back, those before it stand.
/// [`StoreError::Unavailable`] as ever.
pub async fn migrate(store: &Store, wanted: Option<Flavour>) -> Result<Flavour> {
    // A connection of its own: it ends, and with it every lock, whatever happens.
    let mut connection = store
        .write_pool()
        .acquire()
        .await
        .map_err(unanswered)?
        .detach();
    let result = migrate_on(&mut connection, wanted).await;
    sqlx::Connection::close(connection).await.ok();
    result
}

/// Waits until nobody else changes schema or roles by way of this database, and keeps others waiting until the
/// connection ends.
pub(crate) async fn lock(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(connection)
        .await?;
    Ok(())
}

async fn migrate_on(connection: &mut PgConnection, wanted: Option<Flavour>) -> Result<Flavour> {
    lock(connection).await?;
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS schema_flavour (
             flavour text NOT NULL CHECK (flavour IN ('plain', 'timescale')),
             recorded_at timestamptz NOT NULL DEFAULT now(),
             only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row))",
    )
    .execute(&mut *connection)
    .await?;
    let flavour = match recorded(connection).await? {
        Some(flavour) => flavour,
        None => choose(connection, wanted).await?,
    };
    let own = match flavour {
        Flavour::Plain => &PLAIN,
        Flavour::Timescale => &TIMESCALE,
    };
    let migrations: Vec<Migration> = COMMON.iter().chain(own.iter()).cloned().collect();
    Migrator::with_migrations(migrations)
        // A newer version of the program may have migrated further.
        .set_ignore_missing(true)
        .run_direct(None, &mut *connection, false)
        .await
        .map_err(StoreError::Migration)?;
    roles::set_up(connection).await?;
    Ok(flavour)
}

async fn choose(connection: &mut PgConnection, wanted: Option<Flavour>) -> Result<Flavour> {
    let flavour = match wanted {
        Some(Flavour::Plain) => Flavour::Plain,
        Some(Flavour::Timescale) => {
            create_extension(connection).await?;
            Flavour::Timescale
        }
        None if !offers_timescaledb(connection).await? => Flavour::Plain,
        None => match create_extension(connection).await {
            Ok(()) => Flavour::Timescale,
            // No right to create it.
            Err(StoreError::Database(error)) => {
                tracing::warn!(event = "timescaledb_not_usable", %error);
                Flavour::Plain
            }
            Err(error) => return Err(error),
        },
    };
    sqlx::query("INSERT INTO schema_flavour (flavour) VALUES ($1)")
        .bind(flavour.as_str())
        .execute(connection)
        .await?;
    Ok(flavour)
}

async fn create_extension(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("CREATE EXTENSION IF NOT EXISTS timescaledb")
        .execute(connection)
        .await?;
    Ok(())
}

async fn recorded(connection: &mut PgConnection) -> Result<Option<Flavour>> {
    let name: Option<String> = sqlx::query_scalar("SELECT flavour FROM schema_flavour")
        .fetch_optional(connection)
        .await?;
    name.map(|name| name.parse()).transpose()
}

/// Whether the server has TimescaleDB to offer, preloaded (also if this role may not create it).
async fn offers_timescaledb(connection: &mut PgConnection) -> Result<bool> {
    Ok(sqlx::query_scalar(
        // Installed and preloaded: creating it without the latter ends the session. The list of
        // preloaded libraries is for privileged roles only, the settings of each are for all.
        "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
            AND EXISTS (SELECT FROM pg_settings WHERE name LIKE 'timescaledb.%')",
    )
    .fetch_one(connection)
    .await?)
}

/// The recorded flavour.
///
/// # Errors
/// [`StoreError::SchemaTooOld`] before the first migration.
pub async fn flavour(store: &Store) -> Result<Flavour> {
    let mut connection = store.read_pool().acquire().await?;
    recorded(&mut connection)
        .await?
        .ok_or(StoreError::SchemaTooOld {
            found: 0,
            wanted: SCHEMA_VERSION,
        })
}

/// Version of the schema in the database, 0 if there is none.
///
/// # Errors
/// Only those of the database.
pub async fn version(store: &Store) -> Result<i64> {
    let mut connection = store.read_pool().acquire().await?;
    version_on(&mut connection).await
}

/// As [`version`], on this connection.
pub(crate) async fn version_on(connection: &mut PgConnection) -> Result<i64> {
    let found =
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success")
            .fetch_one(connection)
            .await
            .map_err(StoreError::from);
    match found {
        Err(StoreError::SchemaTooOld { .. }) => Ok(0),
        found => found,
    }
}

/// Waits until the schema has at least this version, asking once a second at the most often.
///
/// # Errors
/// Those of the database; callers retry as for any other call.
pub async fn wait_for(store: &Store, min_version: i64) -> Result<()> {
    let mut pause = Duration::from_millis(50);
    loop {
        let found = version(store).await?;
        if found >= min_version {
            return Ok(());
        }
        tracing::debug!(event = "schema_too_old", found, wanted = min_version);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_version_is_the_newest_migration_of_both_flavours() {
        for own in [&PLAIN, &TIMESCALE] {
            let newest = COMMON.iter().chain(own.iter()).map(|m| m.version).max();
            assert_eq!(newest, Some(SCHEMA_VERSION));
        }
    }

    /// Services of the version before go on working while a new one migrates, and after it.
    #[test]
    fn no_migration_takes_away_what_older_programs_use() {
        const TAKES_AWAY: [&str; 4] = ["DROP", "RENAME", "TRUNCATE", "ALTER COLUMN"];
        for migration in COMMON.iter().chain(PLAIN.iter()).chain(TIMESCALE.iter()) {
            let sql: Vec<_> = migration
                .sql
                .as_str()
                .lines()
                .map(|line| line.split("--").next().unwrap_or_default())
                .flat_map(str::split_whitespace)
                .map(|word| word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_')))
                .collect();
            let sql = format!(" {} ", sql.join(" ").to_uppercase());
            for taking in TAKES_AWAY {
                assert!(
                    !sql.contains(&format!(" {taking} ")),
                    "{} {}: {taking}",
                    migration.version,
                    migration.description
                );
            }
        }
    }

    #[test]
    fn no_version_is_used_twice_within_a_flavour() {
        for own in [&PLAIN, &TIMESCALE] {
            let mut versions: Vec<_> = COMMON.iter().chain(own.iter()).map(|m| m.version).collect();
            versions.sort_unstable();
            let all = versions.len();
            versions.dedup();
            assert_eq!(versions.len(), all);
        }
    }
}
