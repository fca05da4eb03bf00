//! A database for one test.

use std::{
    env, iter,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, bail, ensure};
use pg_cluster::Cluster;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store::{DatabaseUrls, Flavour, Store, schema};
use tokio::process::Command;

use crate::cluster::cluster;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// The flavour that this run tests: `TEST_FLAVOUR`, or plain PostgreSQL.
///
/// # Panics
/// When `TEST_FLAVOUR` is neither `plain` nor `timescale`.
#[must_use]
pub fn flavour() -> Flavour {
    match env::var("TEST_FLAVOUR") {
        Err(_) => Flavour::Plain,
        Ok(name) => name
            .parse()
            .unwrap_or_else(|_| panic!("TEST_FLAVOUR is plain or timescale, not `{name}`")),
    }
}

/// A lock on a table, which ends with its connection.
#[derive(Debug)]
pub struct TableLock {
    _connection: PgConnection,
}

/// A fresh database. It goes with the cluster, when the test process ends.
#[derive(Debug)]
pub struct TestDb {
    url: String,
    store: Store,
}

impl TestDb {
    /// A migrated database of the flavour that this run tests.
    ///
    /// # Errors
    /// When the machine cannot offer it; the message says what is missing.
    pub async fn create() -> Result<Self> {
        Self::new(flavour()).await
    }

    /// A migrated database of this flavour.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub async fn new(flavour: Flavour) -> Result<Self> {
        Self::migrated(cluster().await?, flavour).await
    }

    /// A migrated database of the flavour that this run tests, on a server of the test's own.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub async fn create_on(cluster: &Cluster) -> Result<Self> {
        Self::migrated(cluster, flavour()).await
    }

    async fn migrated(cluster: &Cluster, flavour: Flavour) -> Result<Self> {
        if flavour == Flavour::Timescale && !cluster.offers_timescaledb() {
            bail!("TimescaleDB is not installed for this PostgreSQL");
        }
        let db = Self::empty_on(cluster).await?;
        schema::migrate(&db.store, Some(flavour))
            .await
            .context("migrate a test database")?;
        Ok(db)
    }

    /// A database without a schema.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub async fn empty() -> Result<Self> {
        Self::empty_on(cluster().await?).await
    }

    async fn empty_on(cluster: &Cluster) -> Result<Self> {
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster.create_database(&name).await?;
        let url = cluster.database_url(&name);
        let store = Store::connect(&DatabaseUrls::new(&url)).await?;
        Ok(Self { url, store })
    }

    /// Where it is, for services under test.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs a statement for which the store has no function, on a connection of its own.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&self, sql: &'static str) -> Result<()> {
        let mut connection = PgConnection::connect(&self.url).await?;
        connection.execute(sql).await.context(sql)?;
        Ok(())
    }

    /// Locks a table against readers and writers until the lock is dropped.
    ///
    /// # Errors
    /// What the database says.
    pub async fn lock(&self, table: &str) -> Result<TableLock> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let sql = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        connection.execute(AssertSqlSafe(sql)).await?;
        Ok(TableLock {
            _connection: connection,
        })
    }

    /// How many connections to this database wait for a lock.
    ///
    /// # Errors
    /// What the database says.
    pub async fn waiting_for_locks(&self) -> Result<i64> {
        let mut connection = PgConnection::connect(&self.url).await?;
        Ok(sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(&mut connection)
        .await?)
    }

    /// How many deadlocks the server has had to break in it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn deadlocks(&self) -> Result<i64> {
        let mut connection = PgConnection::connect(&self.url).await?;
        Ok(sqlx::query_scalar(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
        )
        .fetch_one(&mut connection)
        .await?)
    }

    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    /// The URL of another database of the same server.
    #[must_use]
    pub fn url_of(&self, name: &str) -> String {
        let server = self.url.strip_suffix(self.name()).unwrap_or_default();
        format!("{server}{name}")
    }

    /// Runs a script of the project as an operator would: with PostgreSQL's programs on the path, which find this
    /// server by themselves. Returns what it wrote to standard output.
    ///
    /// # Errors
    /// When it fails, with what it said.
    pub async fn run_script(&self, script: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
        let cluster = cluster().await?;
        let path = env::var_os("PATH").unwrap_or_default();
        let own = cluster.binaries().bin_dir().to_owned();
        let path = env::join_paths(iter::once(own).chain(env::split_paths(&path)))?;
        let account = self
            .url
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split_once('@'));
        let (user, password) = account
            .and_then(|(account, _)| account.split_once(':'))
            .context("the URL names user and password")?;
        let output = Command::new("sh")
            .arg(script)
            .args(arguments)
            .env("PATH", path)
            .env("PGHOST", cluster.socket_dir())
            .env("PGUSER", user)
            .env("PGPASSWORD", password)
            .output()
            .await?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {errors}", script.display());
        Ok(output.stdout)
    }

    /// A store of its own on it, migrated unless it is [`empty`](Self::empty).
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }
}
