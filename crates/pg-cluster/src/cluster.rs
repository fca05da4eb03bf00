use std::{
    fs::{self, DirBuilder},
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    account::Account,
    binaries::{Binaries, version_of},
    command::{postgres_command, run},
    error::{During, Error, Result},
    initdb,
    lock::DirLock,
    server::{Server, Site},
    settings, socket,
};

/// The superuser of every cluster that is created here.
pub const SUPERUSER: &str = "spreadscope";

/// What a cluster is started with.
#[derive(Debug, Clone)]
pub struct ClusterConfig {
    /// Our directory; created when absent.
    pub data_dir: PathBuf,
    /// Where the socket goes. None: in the data directory, or under a short name in the runtime directory or /tmp
    /// when the path would not fit into a socket address (107 bytes with the socket's name).
    pub socket_dir: Option<PathBuf>,
    /// The server's programs. None: see [`Binaries::find`].
    pub bin_dir: Option<PathBuf>,
    /// The account of the server when this process is root's. None: the owner of the data, `postgres` or `spreadscope`.
    pub user: Option<String>,
    /// A TCP address to listen on as well; none by default.
    pub listen: Option<SocketAddr>,
    /// False where the data may be lost with the machine (tests): nothing is flushed to disk. A killed server still
    /// keeps what was committed.
    pub durable: bool,
    /// Connections at once.
    pub max_connections: u16,
    /// Shared buffers, in MB.
    pub shared_buffers_mb: u32,
    /// Whether TimescaleDB is preloaded where the server offers it.
    pub timescaledb: bool,
    /// How long [`Cluster::stop`] waits for a fast shutdown before an immediate one.
    pub stop_patience: Duration,
}

impl ClusterConfig {
    /// A durable cluster in `data_dir`, all else by default.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            socket_dir: None,
            bin_dir: None,
            user: None,
            listen: None,
            durable: true,
            max_connections: 100,
            shared_buffers_mb: 128,
            timescaledb: true,
            stop_patience: Duration::from_secs(4),
        }
    }
}

/// A running cluster.
///
/// [`stop`](Self::stop) it: a cluster that is merely dropped is told to stop, but not waited for. A process that is killed
/// leaves the server running; the next [`start`](Self::start) on the same directory adopts it.
#[derive(Debug)]
pub struct Cluster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: ClusterConfig,
    site: Site,
    password: String,
    offers_timescaledb: bool,
    /// None once stopped.
    server: Mutex<Option<Server>>,
    _lock: DirLock,
}

impl Cluster {
    /// Creates the cluster when the directory is empty, starts or adopts its server, and returns when it takes connections.
    ///
    /// After a crash that can take minutes, reported by an event every two seconds. A caller that drops the future
    /// cancels the start: what was started is stopped again.
    ///
    /// # Errors
    /// A sentence that says what is wrong and, where it can be known, what to do about it.
    pub async fn start(config: ClusterConfig) -> Result<Self> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let _on_drop = CancelOnDrop(Arc::clone(&cancelled));
        blocking(move || Inner::start(config, &cancelled))
            .await
            .map(|inner| Self(Arc::new(inner)))
    }

    /// Stops the server: a fast shutdown, and an immediate one when that takes longer than the configuration allows.
    /// Once it is stopped, further calls do nothing.
    ///
    /// # Errors
    /// When the server does not obey.
    pub async fn stop(&self) -> Result<()> {
        let inner = Arc::clone(&self.0);
        blocking(move || inner.stop()).await
    }

    /// Makes a [`stop`](Self::stop) that is under way an immediate one; the next start then replays the log.
    pub async fn hurry(&self) {
        let inner = Arc::clone(&self.0);
        let hurry = move || {
            // Not by the server's lock: the stop under way holds it.
            Server::signal(&inner.site, "immediate");
            Ok(())
        };
        // It reports nothing: a server that is gone already has obeyed.
        let _: Result<()> = blocking(hurry).await;
    }

    /// A connection URL for sqlx (and psql) that reaches `database` over the socket. It contains the password.
    #[must_use]
    pub fn database_url(&self, database: &str) -> String {
        let inner = &self.0;
        let port = settings::port(&inner.config);
        let host = url_encoded(&inner.site.socket_dir.display().to_string());
        format!(
            "postgres://{SUPERUSER}:{}@{host}:{port}/{}",
            inner.password,
            url_encoded(database)
        )
    }

    /// Creates `database`, unless it exists.
    ///
    /// # Errors
    /// [`Error::DatabaseName`], or what `createdb` says.
    pub async fn create_database(&self, database: &str) -> Result<()> {
        check_name(database)?;
        let (inner, name) = (Arc::clone(&self.0), database.to_owned());
        blocking(move || inner.create_database(&name)).await
    }

    /// Whether `CREATE EXTENSION timescaledb` works in this cluster.
    #[must_use]
    pub fn offers_timescaledb(&self) -> bool {
        self.0.offers_timescaledb
    }

    /// Whether the server runs. False after a stop, a crash or a kill; [`revive`](Self::revive) starts it again.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.0
            .lock()
            .as_mut()
            .is_some_and(|server| matches!(server.ended(), Ok(None)))
    }

    /// Starts the server again if it ended without [`stop`](Self::stop). Returns whether it had to.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn revive(&self) -> Result<bool> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let _on_drop = CancelOnDrop(Arc::clone(&cancelled));
        let inner = Arc::clone(&self.0);
        blocking(move || inner.revive(&cancelled)).await
    }

    /// Process id of the server, none once stopped. Terminating it by SIGINT or SIGQUIT stops the cluster.
    #[must_use]
    pub fn server_pid(&self) -> Option<u32> {
        self.0.lock().as_ref().map(|server| server.pid)
    }

    /// The server's programs.
    #[must_use]
    pub fn binaries(&self) -> &Binaries {
        &self.0.site.binaries
    }

    /// Who the server runs as.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.0.site.account
    }

    /// The directory of the socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.0.site.socket_dir
    }

    /// PostgreSQL's own data directory.
    #[must_use]
    pub fn pgdata(&self) -> &Path {
        &self.0.site.pgdata
    }
}

impl Inner {
    fn start(mut config: ClusterConfig, cancelled: &AtomicBool) -> Result<Self> {
        config.data_dir = prepare_data_dir(&config.data_dir)?;
        let data_dir = config.data_dir.clone();
        let lock = DirLock::acquire(&data_dir, "lock")?;
        let pgdata = data_dir.join("pgdata");
        let account = Account::choose(config.user.as_deref(), &pgdata)?;
        let binaries = choose_binaries(config.bin_dir.as_deref(), &pgdata)?;
        account.check_may_enter(&data_dir)?;
        let password = initdb::ensure(&data_dir, &binaries, &account, config.durable)?;
        let socket_dir = socket::choose(
            config.socket_dir.as_deref(),
            &data_dir,
            settings::port(&config),
            &account,
        )?;
        let offers_timescaledb = config.timescaledb && binaries.offers_timescaledb();
        let config_file = data_dir.join("postgresql.conf");
        let same_settings = settings::write(
            &config_file,
            &settings::render(&config, &socket_dir, offers_timescaledb),
        )?;
        let site = Site {
            pgdata,
            config_file,
            log: data_dir.join("postgres.log"),
            socket_dir,
            binaries,
            account,
        };
        let server = Server::start_or_adopt(&site, same_settings, cancelled)?;
        tracing::debug!(
            pid = server.pid,
            timescaledb = offers_timescaledb,
            "database server is ready"
        );
        Ok(Self {
            config,
            site,
            password,
            offers_timescaledb,
            server: Mutex::new(Some(server)),
            _lock: lock,
        })
    }

    fn stop(&self) -> Result<()> {
        let mut guard = self.lock();
        if let Some(server) = guard.as_mut() {
            server.stop(&self.site, self.config.stop_patience)?;
            *guard = None;
        }
        Ok(())
    }

    fn revive(&self, cancelled: &AtomicBool) -> Result<bool> {
        let mut guard = self.lock();
        let Some(server) = guard.as_mut() else {
            return Ok(false);
        };
        let Some(how) = server.ended()? else {
            return Ok(false);
        };
        tracing::error!(error = %server.error(&self.site, &format!("ended by itself ({how})")), "restarting the database");
        *server = Server::start_or_adopt(&self.site, true, cancelled)?;
        Ok(true)
    }

    fn create_database(&self, name: &str) -> Result<()> {
        let mut createdb = postgres_command(&self.site.binaries.program("createdb"));
        createdb
            .arg("--host")
            .arg(&self.site.socket_dir)
            .args(["--port", &settings::port(&self.config).to_string()])
            .args([
                "--username",
                SUPERUSER,
                "--no-password",
                "--maintenance-db=postgres",
                name,
            ])
            .env("PGPASSWORD", &self.password);
        match run("createdb", createdb) {
            // The server's messages are untranslated: `lc_messages` is C.
            Err(Error::Program { output, .. }) if output.contains("already exists") => Ok(()),
            other => other,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Server>> {
        // A panic elsewhere leaves the server as it was.
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(server) = self.lock().take() {
            server.request_stop(&self.site, "fast");
        }
    }
}

/// Tells a blocking start that nobody waits for it any more. Harmless after the start.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that is being torn down cancels a blocking task.
            Err(_) => Err(Error::Cancelled),
        },
    }
}

/// Absolute, without symbolic links, and ours.
fn prepare_data_dir(dir: &Path) -> Result<PathBuf> {
    let myself = fs::metadata("/proc/self")
        .during(|| "read /proc/self".to_owned())?
        .uid();
    // Root's own files are private one by one; the server account has to pass.
    let mode = if myself == 0 { 0o755 } else { 0o700 };
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(dir)
        .during(|| format!("create the data directory {}", dir.display()))?;
    let dir =
        fs::canonicalize(dir).during(|| format!("find the data directory {}", dir.display()))?;
    let owner = fs::metadata(&dir)
        .during(|| format!("look at {}", dir.display()))?
        .uid();
    if owner != myself && myself != 0 {
        return Err(Error::WrongOwner {
            path: dir,
            owner,
            running_as: myself,
        });
    }
    Ok(dir)
}

fn choose_binaries(bin_dir: Option<&Path>, pgdata: &Path) -> Result<Binaries> {
    let Some(made_by) = version_of(pgdata)? else {
        return Binaries::choose(bin_dir, None);
    };
    match Binaries::choose(bin_dir, Some(&made_by)) {
        Err(Error::NoBinaries { .. }) => {
            let found = Binaries::choose(bin_dir, None)?;
            Err(Error::VersionMismatch {
                pgdata: pgdata.to_owned(),
                made_by,
                bin_dir: found.bin_dir().to_owned(),
                found: found.version().to_owned(),
            })
        }
        chosen => chosen,
    }
}

fn check_name(name: &str) -> Result<()> {
    let mut bytes = name.bytes();
    let first = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let rest = bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if first && rest && name.len() <= 63 {
        Ok(())
    } else {
        Err(Error::DatabaseName {
            name: name.to_owned(),
        })
    }
}

fn url_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_directory_is_one_url_component() {
        assert_eq!(
            url_encoded("/var/lib/my data/ü"),
            "%2Fvar%2Flib%2Fmy%20data%2F%C3%BC"
        );
    }

    #[test]
    fn only_plain_database_names_are_taken() {
        for good in ["a", "spreadscope", "_t1"] {
            check_name(good).unwrap();
        }
        for bad in ["", "1a", "A", "a-b", "a;b", "--help", &"a".repeat(64)] {
            assert!(
                matches!(check_name(bad), Err(Error::DatabaseName { .. })),
                "{bad}"
            );
        }
    }
}
