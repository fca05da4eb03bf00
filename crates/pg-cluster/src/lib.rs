//! A private PostgreSQL cluster: created, started, adopted and stopped by the program that uses it.
//!
//! [`Cluster::start`] turns a directory into a running server: it initialises the directory when it is empty, picks up a
//! server that an earlier, killed process left behind, and reports a crash recovery while it waits for it. The server
//! listens on a Unix socket only, asks for a generated password, runs in a session of its own (Ctrl-C in a terminal
//! does not reach it) and never as root. TimescaleDB is preloaded where its library is installed.
//!
//! ```no_run
//! # async fn example() -> Result<(), pg_cluster::Error> {
//! use pg_cluster::{Cluster, ClusterConfig};
//!
//! let cluster = Cluster::start(ClusterConfig::new("/var/lib/spreadscope/demo/postgres")).await?;
//! cluster.create_database("spreadscope").await?;
//! println!("{} TimescaleDB", if cluster.offers_timescaledb() { "with" } else { "without" });
//! let url = cluster.database_url("spreadscope"); // for sqlx
//! # let _ = url;
//! cluster.stop().await
//! # }
//! ```
//!
//! # The directory
//!
//! | path | what | owner |
//! | --- | --- | --- |
//! | `lock` | held while a [`Cluster`] exists; contains its process id | caller |
//! | `password` | of the superuser [`SUPERUSER`], mode 0600 | caller |
//! | `postgresql.conf` | written at every start; `ALTER SYSTEM` still overrides it | caller |
//! | `postgres.log` | what the server says; its tail is part of every [`Error::Server`] | caller |
//! | `pgdata` | PostgreSQL's own | server account |
//! | `socket` | the socket, unless the path is too long for one | server account |
//!
//! The caller and the server account differ when the caller is root. Then every directory above must be open to the
//! account; [`Error::Closed`] names the first that is not.
//!
//! Linux only: processes are told apart by `/proc`.

mod account;
mod binaries;
mod cluster;
mod command;
mod error;
mod initdb;
mod lock;
mod logfile;
mod pidfile;
mod server;
mod settings;
mod socket;

pub use account::Account;
pub use binaries::Binaries;
pub use cluster::{Cluster, ClusterConfig, SUPERUSER};
pub use error::{Error, Result};
pub use lock::DirLock;
