use std::{io, path::PathBuf};

/// What this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a cluster cannot be had. Every message is a sentence for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No server binaries where they are looked for.
    #[error(
        "no PostgreSQL server binaries{} found in {searched}; install them with `apt-get install \
         postgresql-{}`, or name their directory with PG_BIN_DIR",
        .version.as_deref().map(|v| format!(" of version {v}")).unwrap_or_default(),
        .version.as_deref().unwrap_or("15")
    )]
    NoBinaries {
        /// The version that the data directory asks for, when there is one already.
        version: Option<String>,
        /// Where they were looked for.
        searched: String,
    },

    /// The data directory was made by another major version and the binaries for it are not here.
    #[error(
        "{} was created by PostgreSQL {made_by}, but {} is version {found}; install \
         postgresql-{made_by}, or choose another data directory",
        .pgdata.display(),
        .bin_dir.display()
    )]
    VersionMismatch {
        /// PostgreSQL's own directory.
        pgdata: PathBuf,
        /// The version that made it.
        made_by: String,
        /// The binaries that were asked for.
        bin_dir: PathBuf,
        /// Their version.
        found: String,
    },

    /// Another process holds the directory.
    #[error("{} is in use by process {}", .dir.display(), .pid.as_deref().unwrap_or("(unknown)"))]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// The holder, when it has written its id already.
        pid: Option<String>,
    },

    /// The server account may not enter a directory on the way to its data.
    #[error(
        "the server runs as user {user}, who may not enter {}; choose a data directory elsewhere (the default \
         under /var/lib is open), or run `chmod a+x {}`",
        .dir.display(),
        .dir.display()
    )]
    Closed {
        /// The server account.
        user: String,
        /// The first directory that is closed to it.
        dir: PathBuf,
    },

    /// Root needs an account for the server and there is none.
    #[error(
        "PostgreSQL refuses to run as root and there is no user {wanted} to run it as; create one with `useradd \
         --system {wanted}`"
    )]
    NoAccount {
        /// The account that was looked for.
        wanted: String,
    },

    /// Somebody else's directory.
    #[error(
        "{} belongs to user id {owner}, but this process runs as user id {running_as}; start as that user, or \
         choose another data directory",
        .path.display()
    )]
    WrongOwner {
        /// The directory or file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        running_as: u32,
    },

    /// There is something in the data directory, but no cluster.
    #[error(
        "{} is not empty and not a PostgreSQL data directory; choose another data directory, or move its content \
         away",
        .pgdata.display()
    )]
    NotACluster {
        /// PostgreSQL's own directory.
        pgdata: PathBuf,
    },

    /// The cluster exists, its password does not.
    #[error(
        "{} is missing, without which nothing can log in to the cluster beside it; put the file back, or choose \
         another data directory",
        .path.display()
    )]
    PasswordMissing {
        /// Where the password is expected.
        path: PathBuf,
    },

    /// No directory is short enough (or ours) for a Unix socket.
    #[error(
        "no directory for the database's socket: {reason}; name a short one with the socket directory setting"
    )]
    NoSocketDir {
        /// Which were tried and what was wrong with them.
        reason: String,
    },

    /// A name that is not `[a-z_][a-z0-9_]*` of at most 63 bytes.
    #[error(
        "{name:?} is no database name: lower-case letters, digits and underscores, at most 63 of them"
    )]
    DatabaseName {
        /// The offending name.
        name: String,
    },

    /// A program of PostgreSQL failed.
    #[error("{program} failed ({status}): {output}")]
    Program {
        /// `initdb`, `createdb`, …
        program: &'static str,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of what it printed.
        output: String,
    },

    /// The server ended although nobody asked it to, or does not do what it was asked.
    #[error("the database server {what}; the end of {}:\n{tail}", .log.display())]
    Server {
        /// What happened.
        what: String,
        /// The server's log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },

    /// The caller gave up waiting; the server was stopped again.
    #[error("starting the database was cancelled")]
    Cancelled,

    /// A file or process operation failed.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was being done, with the path.
        action: String,
        /// Why it failed.
        source: io::Error,
    },
}

/// Attaches what was being done to an I/O error.
pub(crate) trait During<T> {
    fn during(self, action: impl FnOnce() -> String) -> Result<T>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, action: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Io {
            action: action(),
            source,
        })
    }
}
