//! Whether the database answers, asked on a connection of its own.

use std::time::Duration;

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::{Result, Store, StoreError, schema};

/// Asks the reading side for a sign of life without waiting for anybody else's connection, so that a database
/// that is busy can be told from one that is away.
#[derive(Debug)]
pub struct Probe {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

impl Probe {
    /// Not connected yet.
    #[must_use]
    pub fn new(store: &Store) -> Self {
        Self {
            options: (*store.read_pool().connect_options()).clone(),
            connection: None,
        }
    }

    /// The version of the schema, 0 if there is none; one round trip once connected.
    ///
    /// # Errors
    /// [`StoreError::Timeout`] when there is no answer within `patience`, [`StoreError::Unavailable`] when it is
    /// certain that there will be none; the next call connects anew.
    pub async fn ask(&mut self, patience: Duration) -> Result<i64> {
        let asked = async {
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => PgConnection::connect_with(&self.options).await?,
            };
            let version = schema::version_on(&mut connection).await?;
            Ok((connection, version))
        };
        match tokio::time::timeout(patience, asked).await {
            Ok(Ok((connection, version))) => {
                self.connection = Some(connection);
                Ok(version)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StoreError::Timeout(sqlx::Error::Io(
                std::io::ErrorKind::TimedOut.into(),
            ))),
        }
    }
}
