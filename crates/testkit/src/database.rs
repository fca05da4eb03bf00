//! A database for one test.

use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, bail};
use store::{DatabaseUrls, Flavour, Store, schema};

use crate::cluster::{cluster, offers_timescaledb};

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
        if flavour == Flavour::Timescale && !offers_timescaledb().await? {
            bail!("TimescaleDB is not installed for this PostgreSQL");
        }
        let db = Self::empty().await?;
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
        let cluster = cluster().await?;
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

    /// A store of its own on it, migrated unless it is [`empty`](Self::empty).
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }
}
