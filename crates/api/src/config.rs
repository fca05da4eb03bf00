//! Settings of the API server.

mod access;
mod alerts;
mod jobs;
mod limits;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use service::password;
use store::{DatabaseUrls, PoolSettings};

pub use access::AccessArgs;
pub use alerts::AlertArgs;
pub use jobs::JobArgs;
pub use limits::LimitArgs;

/// Settings of the API server, as flags and environment variables.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Address and port to serve on. Whoever can reach it can read everything, unless a token is needed.
    #[arg(long, env = "API_BIND", default_value = "127.0.0.1:8000")]
    pub api_bind: SocketAddr,

    /// Directory with the built dashboard, served at `/`; without it `/` leads to `/docs`.
    #[arg(long, env = "DASHBOARD_DIR")]
    pub dashboard_dir: Option<PathBuf>,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub access: AccessArgs,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub database: DatabaseArgs,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub limits: LimitArgs,

    /// Most connections at once; more wait to be accepted.
    #[arg(long, env = "API_MAX_CONNECTIONS", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(8..=100_000))]
    pub api_max_connections: u32,

    /// Most event streams at once; further ones are refused.
    #[arg(long, env = "API_MAX_STREAMS", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub api_max_streams: u32,

    /// Longest time for the head of a request to arrive, also of the next one on an open connection,
    /// milliseconds.
    #[arg(long, env = "API_HEADER_TIMEOUT_MS", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub api_header_timeout_ms: u64,

    /// Longest time until an answer begins, milliseconds.
    #[arg(long, env = "API_REQUEST_TIMEOUT_MS", default_value_t = 15_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub api_request_timeout_ms: u64,

    /// Longest time that one query may take, milliseconds.
    #[arg(long, env = "API_STATEMENT_TIMEOUT_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub api_statement_timeout_ms: u64,

    /// Longest wait for a connection to the database, milliseconds; then the answer is that it is busy, or
    /// away if it does not answer either.
    #[arg(long, env = "API_DATABASE_WAIT_MS", default_value_t = 800, value_parser = clap::value_parser!(u64).range(50..=60_000))]
    pub api_database_wait_ms: u64,

    /// Largest file that can be uploaded, as it is sent, bytes.
    #[arg(long, env = "API_UPLOAD_MAX_BYTES", default_value_t = 256 << 20, value_parser = clap::value_parser!(u64).range(1_024..=1 << 40))]
    pub api_upload_max_bytes: u64,

    /// Most bytes of an uploaded file after decompression.
    #[arg(long, env = "API_UPLOAD_MAX_EXPANDED_BYTES", default_value_t = 1 << 30, value_parser = clap::value_parser!(u64).range(1_024..=1 << 40))]
    pub api_upload_max_expanded_bytes: u64,

    /// Most rows of an uploaded file.
    #[arg(long, env = "API_UPLOAD_MAX_ROWS", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub api_upload_max_rows: u64,

    /// Most uploads at once; further ones are refused.
    #[arg(long, env = "API_MAX_UPLOADS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub api_max_uploads: u32,

    /// Directory for files while they are uploaded; default: that for temporary files.
    #[arg(long, env = "API_UPLOAD_DIR")]
    pub api_upload_dir: Option<PathBuf>,

    /// Changes of this long are sent together on an event stream, milliseconds.
    #[arg(long, env = "API_COALESCE_MS", default_value_t = 100, value_parser = clap::value_parser!(u64).range(10..=5_000))]
    pub api_coalesce_ms: u64,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub alerts: AlertArgs,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub jobs: JobArgs,
}

/// Where the database is.
#[derive(Clone, Args)]
pub struct DatabaseArgs {
    /// Database of the stack.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "postgres://spreadscope@localhost/spreadscope"
    )]
    pub database_url: String,

    /// File that holds the password for DATABASE_URL and DATABASE_LISTEN_URL.
    #[arg(long, env = "DATABASE_PASSWORD_FILE")]
    pub database_password_file: Option<PathBuf>,

    /// Replica or read-only role for reads; default: DATABASE_URL.
    #[arg(long, env = "DATABASE_READ_URL", hide_env_values = true)]
    pub database_read_url: Option<String>,

    /// File that holds the password for DATABASE_READ_URL.
    #[arg(long, env = "DATABASE_READ_PASSWORD_FILE")]
    pub database_read_password_file: Option<PathBuf>,

    /// Direct connection for notifications, where the others go through a pooler; default: DATABASE_URL.
    #[arg(long, env = "DATABASE_LISTEN_URL", hide_env_values = true)]
    pub database_listen_url: Option<String>,
}

/// The URLs may hold passwords.
impl std::fmt::Debug for DatabaseArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseArgs").finish_non_exhaustive()
    }
}

impl DatabaseArgs {
    /// # Errors
    /// When a file with a password cannot be read.
    pub(crate) fn urls(&self) -> anyhow::Result<DatabaseUrls> {
        let main = |url: &str| {
            let file = self.database_password_file.as_deref();
            password::in_url(url, file, "DATABASE_PASSWORD_FILE")
        };
        let write = main(&self.database_url)?;
        let read = match &self.database_read_url {
            Some(url) => {
                let file = self.database_read_password_file.as_deref();
                password::in_url(url, file, "DATABASE_READ_PASSWORD_FILE")?
            }
            None => write.clone(),
        };
        let listen = match &self.database_listen_url {
            Some(url) => main(url)?,
            None => write.clone(),
        };
        Ok(DatabaseUrls {
            write,
            read,
            listen,
        })
    }
}

impl Config {
    /// Defaults for a server on `bind` with one database for everything: what tests and the launcher
    /// start from.
    #[must_use]
    pub fn new(bind: SocketAddr, database_url: impl Into<String>) -> Self {
        Self {
            api_bind: bind,
            dashboard_dir: None,
            access: AccessArgs::default(),
            limits: LimitArgs::default(),
            database: DatabaseArgs {
                database_url: database_url.into(),
                database_password_file: None,
                database_read_url: None,
                database_read_password_file: None,
                database_listen_url: None,
            },
            api_max_connections: 4_096,
            api_max_streams: 2_000,
            api_header_timeout_ms: 30_000,
            api_request_timeout_ms: 15_000,
            api_statement_timeout_ms: 10_000,
            api_database_wait_ms: 800,
            api_upload_max_bytes: 256 << 20,
            api_upload_max_expanded_bytes: 1 << 30,
            api_upload_max_rows: 10_000_000,
            api_max_uploads: 2,
            api_upload_dir: None,
            api_coalesce_ms: 100,
            alerts: AlertArgs::default(),
            jobs: JobArgs::default(),
        }
    }

    pub(crate) fn pools(&self) -> PoolSettings {
        PoolSettings {
            write_connections: 6,
            read_connections: 8,
            acquire_timeout: Duration::from_millis(self.api_database_wait_ms),
            read_statement_timeout: Duration::from_millis(self.api_statement_timeout_ms),
            application_name: "spreadscope-api".to_owned(),
        }
    }
}
