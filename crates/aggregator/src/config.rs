//! Settings of the aggregator.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use service::password;
use store::{
    DatabaseUrls, PoolSettings,
    roles::{Login, Role},
};

/// Settings of the aggregator, as flags and environment variables.
#[derive(Clone, Args)]
pub struct Config {
    /// Database of the stack; the role owns the schema.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "postgres://spreadscope@localhost/spreadscope"
    )]
    pub database_url: String,

    /// File that holds the password for DATABASE_URL.
    #[arg(long, env = "DATABASE_PASSWORD_FILE")]
    pub database_password_file: Option<PathBuf>,

    /// File that holds the password with which the role `spreadscope_ingestor` may log in. Default: logins are
    /// somebody else's affair.
    #[arg(long, env = "INGESTOR_PASSWORD_FILE")]
    pub ingestor_password_file: Option<PathBuf>,

    /// The same for the role `spreadscope_api`.
    #[arg(long, env = "API_PASSWORD_FILE")]
    pub api_password_file: Option<PathBuf>,

    /// The same for the role `spreadscope_reader`.
    #[arg(long, env = "READER_PASSWORD_FILE")]
    pub reader_password_file: Option<PathBuf>,

    /// Address and port of `/metrics` and `/health`.
    #[arg(long, env = "OPS_BIND", default_value = "127.0.0.1:9102")]
    pub ops_bind: Option<SocketAddr>,

    /// Pause between two refreshes of the roll-ups, milliseconds.
    #[arg(long, env = "REFRESH_INTERVAL_MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(50..=60_000))]
    pub refresh_interval_ms: u64,

    /// Pause between two rounds of retention and compression, milliseconds.
    #[arg(long, env = "UPKEEP_INTERVAL_MS", default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(50..=86_400_000))]
    pub upkeep_interval_ms: u64,

    /// A standby takes over so long after the holder was last heard of, milliseconds.
    #[arg(long, env = "AGGREGATOR_LEASE_MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(500..=600_000))]
    pub aggregator_lease_ms: u64,

    /// Raw trades older than so many days before the newest are dropped; their bars stay. Default: all are kept.
    #[arg(long, env = "KEEP_TRADES_DAYS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub keep_trades_days: Option<u32>,

    /// On TimescaleDB, raw trades older than so many days before the newest are compressed; 0: never.
    #[arg(long, env = "COMPRESS_AFTER_DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub compress_after_days: u32,
}

/// The URL may hold a password.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("ops_bind", &self.ops_bind)
            .field("refresh_interval_ms", &self.refresh_interval_ms)
            .field("upkeep_interval_ms", &self.upkeep_interval_ms)
            .field("aggregator_lease_ms", &self.aggregator_lease_ms)
            .field("keep_trades_days", &self.keep_trades_days)
            .field("compress_after_days", &self.compress_after_days)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Defaults for the database at `database_url`, without an operations server: what tests and the launcher start
    /// from.
    #[must_use]
    pub fn new(database_url: impl Into<String>) -> Self {
        Self {
            database_url: database_url.into(),
            database_password_file: None,
            ingestor_password_file: None,
            api_password_file: None,
            reader_password_file: None,
            ops_bind: None,
            refresh_interval_ms: 1_000,
            upkeep_interval_ms: 60_000,
            aggregator_lease_ms: 10_000,
            keep_trades_days: None,
            compress_after_days: 7,
        }
    }

    pub(crate) fn refresh_interval(&self) -> Duration {
        Duration::from_millis(self.refresh_interval_ms)
    }

    pub(crate) fn upkeep_interval(&self) -> Duration {
        Duration::from_millis(self.upkeep_interval_ms)
    }

    pub(crate) fn lease_ttl(&self) -> Duration {
        Duration::from_millis(self.aggregator_lease_ms)
    }

    /// # Errors
    /// When the file with the password cannot be read.
    pub(crate) fn urls(&self) -> anyhow::Result<DatabaseUrls> {
        let file = self.database_password_file.as_deref();
        let url = password::in_url(&self.database_url, file, "DATABASE_PASSWORD_FILE")?;
        Ok(DatabaseUrls::new(url))
    }

    /// The roles that may log in, as far as their passwords are given.
    ///
    /// # Errors
    /// When a file with a password cannot be read.
    pub(crate) fn logins(&self) -> anyhow::Result<Vec<Login>> {
        let given = [
            (
                Role::Ingestor,
                &self.ingestor_password_file,
                "INGESTOR_PASSWORD_FILE",
            ),
            (Role::Api, &self.api_password_file, "API_PASSWORD_FILE"),
            (
                Role::Reader,
                &self.reader_password_file,
                "READER_PASSWORD_FILE",
            ),
        ];
        given
            .into_iter()
            .filter_map(|(role, file, setting)| Some((role, file.as_deref()?, setting)))
            .map(|(role, file, setting)| {
                let password = password::read(file, setting)?;
                Ok(Login { role, password })
            })
            .collect()
    }

    pub(crate) fn pools(&self) -> PoolSettings {
        PoolSettings {
            // The renewal must not wait for a refresh.
            write_connections: 3,
            read_connections: 1,
            application_name: "spreadscope-aggregator".to_owned(),
            ..PoolSettings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Arguments {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn a_setting_out_of_range_is_named() {
        let error = Arguments::try_parse_from(["aggregator", "--refresh-interval-ms", "0"])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("--refresh-interval-ms") && error.contains("50..=60000"),
            "{error}"
        );
    }

    #[test]
    fn the_password_is_not_shown() {
        let shown = format!(
            "{:?}",
            Config::new("postgres://spreadscope:hunter2@localhost/spreadscope")
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
