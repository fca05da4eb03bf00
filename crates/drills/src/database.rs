//! The database of a drill, and what can befall it.

use anyhow::{Context, Result};
use store::Store;
use testkit::{Proxy, TestDb, TestServer};

/// How a drill's services reach their database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// Straight, on a server that is shared with other tests.
    #[default]
    Straight,
    /// By a proxy that can cut them off.
    Proxied,
    /// Straight, on a server that can be stopped and killed.
    OwnServer,
}

/// A database and what stands before it.
#[derive(Debug)]
pub(crate) struct Database {
    db: TestDb,
    proxy: Option<Proxy>,
    server: Option<TestServer>,
}

impl Database {
    pub(crate) async fn create(access: Access) -> Result<Self> {
        let (mut proxy, mut server) = (None, None);
        let db = match access {
            Access::Straight => TestDb::create().await?,
            Access::Proxied => {
                let db = TestDb::create().await?;
                proxy = Some(Proxy::before(db.url()).await);
                db
            }
            Access::OwnServer => {
                let own = server.insert(TestServer::start().await?);
                TestDb::create_on(own.cluster()?).await?
            }
        };
        Ok(Self { db, proxy, server })
    }

    /// Where the services find it.
    pub(crate) fn url(&self) -> &str {
        self.proxy.as_ref().map_or(self.db.url(), Proxy::url)
    }

    /// The drill's own way to it, which nothing cuts off.
    pub(crate) fn store(&self) -> &Store {
        self.db.store()
    }

    pub(crate) fn proxy(&self) -> Result<&Proxy> {
        self.proxy.as_ref().context("there is no proxy")
    }

    pub(crate) fn server(&mut self) -> Result<&mut TestServer> {
        self.server.as_mut().context("the server is shared")
    }
}
