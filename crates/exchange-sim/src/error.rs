//! What can go wrong at start.

use std::{io, path::PathBuf};

/// Why the simulator does not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// A setting makes no sense.
    #[error("{setting}: {reason}")]
    Setting {
        /// The flag.
        setting: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address} (choose another with --bind or SIM_BIND): {source}")]
    Bind {
        /// Where to.
        address: std::net::SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line of a recording is not a trade.
    #[error("{path}, line {line}: {reason}")]
    Recording {
        /// The recording.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The server's socket failed.
    #[error("serving: {0}")]
    Serve(#[from] io::Error),
}
