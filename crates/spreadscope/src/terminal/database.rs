//! The calls of the API on a database.

use std::path::PathBuf;

use anyhow::Context;
use api::Local;
use axum::body::to_bytes;
use clap::Args;

use super::pair::Query;
use crate::running;

/// Where the database is.
#[derive(Clone, Args)]
pub struct DatabaseArgs {
    /// The database of a stack, as postgres://user:password@host/database.
    #[arg(long, env = "SPREADSCOPE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// The data directory of a stack that runs, whose database it is [default: that of `up` or `demo`].
    #[arg(long, env = "SPREADSCOPE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// The URL may hold a password.
impl std::fmt::Debug for DatabaseArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseArgs").finish_non_exhaustive()
    }
}

impl DatabaseArgs {
    pub(super) async fn open(&self) -> anyhow::Result<Local> {
        let running = || running::find(self.data_dir.as_deref());
        let url = self.database_url.clone().or_else(running).context(
            "no stack runs here: --data-dir says where one does, --database-url names its database, and --csv takes \
             files instead",
        )?;
        Local::open(&url).await
    }

    /// The whole answer to a call.
    pub(super) async fn get(&self, path: &str, query: &Query) -> anyhow::Result<String> {
        let local = self.open().await?;
        let answer = text(&local, &with_query(path, query)).await;
        local.close().await;
        answer
    }
}

async fn text(local: &Local, path: &str) -> anyhow::Result<String> {
    let response = local.get(path).await?;
    let body = to_bytes(response.into_body(), usize::MAX).await?;
    String::from_utf8(body.into()).context("the answer is no text")
}

pub(super) fn with_query(path: &str, query: &Query) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(query);
    format!("{path}?{}", text.finish())
}
