//! The one watchlist: the pairs that are followed side by side.
//!
//! What a pair is, is the api's business: here it is text. The list is replaced as a whole, by whoever
//! knows the revision that it is at, so that nobody undoes what he has not seen.

use crate::{
    Result, Store,
    events::notify,
    notifications::{Table, table_payloads},
};

/// Most pairs; the table refuses more.
pub const MOST_PAIRS: usize = 100;

/// The list as it stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Watchlist {
    /// How often it has been replaced.
    pub revision: i64,
    /// Its pairs, in order.
    pub pairs: Vec<String>,
}

/// What became of a list that was to replace the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// It did; the list is at this revision now.
    Done {
        /// One more than the one replaced.
        revision: i64,
    },
    /// Somebody else was first, and nothing was changed.
    Outdated {
        /// The revision that the list is at.
        current: i64,
    },
}

/// The list, from the primary: a replica might not have what has just been notified of.
///
/// # Errors
/// Only those of the database.
pub async fn read(store: &Store) -> Result<Watchlist> {
    Ok(sqlx::query_as("SELECT revision, pairs FROM watchlist")
        .fetch_one(store.write_pool())
        .await?)
}

/// Replaces the list, if it is at `revision`, and notifies readers.
///
/// # Errors
/// Only those of the database, which refuses more than [`MOST_PAIRS`] pairs.
pub async fn replace(store: &Store, revision: i64, pairs: &[String]) -> Result<Replaced> {
    let mut tx = store.write_pool().begin().await?;
    let replaced: Option<i64> = sqlx::query_scalar(
        "UPDATE watchlist
         SET revision = revision + 1, pairs = $2, updated_at = clock_timestamp()
         WHERE revision = $1 RETURNING revision",
    )
    .bind(revision)
    .bind(pairs)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(revision) = replaced else {
        let current = sqlx::query_scalar("SELECT revision FROM watchlist")
            .fetch_one(&mut *tx)
            .await?;
        return Ok(Replaced::Outdated { current });
    };
    notify(&mut *tx, &table_payloads(&[Table::Watchlist])).await?;
    tx.commit().await?;
    Ok(Replaced::Done { revision })
}
