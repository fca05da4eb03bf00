//! The configuration file of the server.

use std::{fmt::Write, fs, path::Path};

use crate::{
    cluster::ClusterConfig,
    error::{During, Result},
};

/// The port in the socket's name where the server does not listen on TCP.
const SOCKET_PORT: u16 = 5432;

pub(crate) fn port(config: &ClusterConfig) -> u16 {
    config.listen.map_or(SOCKET_PORT, |address| address.port())
}

/// The text of `postgresql.conf`.
pub(crate) fn render(config: &ClusterConfig, socket_dir: &Path, timescaledb: bool) -> String {
    let mut text = String::from(
        "# Written at every start. Put settings of your own into the cluster with ALTER SYSTEM.\n",
    );
    let mut set = |name: &str, value: &str| {
        let value = value.replace('\'', "''");
        writeln!(text, "{name} = '{value}'").expect("a String takes everything");
    };
    let address = config.listen.map(|address| address.ip().to_string());
    set("listen_addresses", address.as_deref().unwrap_or(""));
    set("port", &port(config).to_string());
    set("unix_socket_directories", &socket_dir.display().to_string());
    set("unix_socket_permissions", "0700");
    set("max_connections", &config.max_connections.to_string());
    set("shared_buffers", &format!("{}MB", config.shared_buffers_mb));
    set("password_encryption", "scram-sha-256");
    // One machine, no standby: the log needs no more than a crash recovery does.
    set("wal_level", "minimal");
    set("max_wal_senders", "0");
    // A query over many chunks locks each of them.
    set("max_locks_per_transaction", "256");
    set("timezone", "UTC");
    set("log_timezone", "UTC");
    set("lc_messages", "C");
    set("log_line_prefix", "%m [%p] ");
    set("log_checkpoints", "off");
    if !config.durable {
        // Commits still reach the kernel, so that the data survives a killed server.
        for name in ["fsync", "full_page_writes"] {
            set(name, "off");
        }
    }
    if timescaledb {
        set("shared_preload_libraries", "timescaledb");
        set("timescaledb.telemetry_level", "off");
    }
    text
}

/// Writes `text` to `path`; true when it was there already.
pub(crate) fn write(path: &Path, text: &str) -> Result<bool> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(true);
    }
    let fresh = path.with_extension("conf.new");
    fs::write(&fresh, text)
        .and_then(|()| fs::rename(&fresh, path))
        .during(|| format!("write {}", path.display()))?;
    Ok(false)
}
