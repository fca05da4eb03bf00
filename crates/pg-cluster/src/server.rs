//! One running server process: started, adopted, watched and stopped.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    account::Account,
    binaries::Binaries,
    command::{postgres_command, run_as},
    error::{During, Error, Result},
    logfile,
    pidfile::{self, PidFile, Status},
};

const POLL: Duration = Duration::from_millis(10);
/// How often a long wait is reported.
const REPORT_EVERY: Duration = Duration::from_secs(2);
/// Backends notice within a second that their server is gone.
const ORPHANED_BACKENDS_PATIENCE: Duration = Duration::from_secs(30);
const IMMEDIATE_PATIENCE: Duration = Duration::from_secs(2);

/// Where a server lives and what it is started with.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) pgdata: PathBuf,
    pub(crate) config_file: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) socket_dir: PathBuf,
    pub(crate) binaries: Binaries,
    pub(crate) account: Account,
}

/// A server that takes connections.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) pid: u32,
    /// None when it was adopted: then it is no child of ours.
    child: Option<Child>,
    log_from: u64,
}

impl Server {
    /// Starts the server, or takes over the one that a killed process left behind if it runs with the same settings.
    pub(crate) fn start_or_adopt(
        site: &Site,
        same_settings: bool,
        cancelled: &AtomicBool,
    ) -> Result<Self> {
        if let Some(left) = PidFile::read(&site.pgdata) {
            if pidfile::is_server_of(left.pid, &site.pgdata) {
                if let Some(adopted) = Self::adopt(site, &left, same_settings, cancelled)? {
                    return Ok(adopted);
                }
            } else if pidfile::is_alive(left.pid) {
                // PostgreSQL only asks whether the number is taken, and would refuse to start.
                tracing::info!(
                    pid = left.pid,
                    "removing a stale postmaster.pid whose number another process has now"
                );
                let path = PidFile::path(&site.pgdata);
                wait_for_backends(site);
                fs::remove_file(&path).during(|| format!("remove {}", path.display()))?;
            }
        }
        wait_for_backends(site);
        Self::start(site, cancelled)
    }

    fn start(site: &Site, cancelled: &AtomicBool) -> Result<Self> {
        let (log, log_from) = logfile::open(&site.log)?;
        let error_log = log.try_clone().during(|| "share the log file".to_owned())?;
        // A session of its own: Ctrl-C and a closed terminal reach the services first. `setsid` replaces itself by the
        // server, so that the child's id is the server's.
        let mut command = postgres_command(Path::new("setsid"));
        command
            .arg(site.binaries.program("postgres"))
            .arg("-D")
            .arg(&site.pgdata)
            .arg("-c")
            .arg(setting("config_file", &site.config_file))
            .arg("-c")
            .arg(setting("hba_file", &site.pgdata.join("pg_hba.conf")))
            .arg("-c")
            .arg(setting("ident_file", &site.pgdata.join("pg_ident.conf")))
            .stdout(log)
            .stderr(error_log);
        site.account.apply(&mut command);
        let child = command
            .spawn()
            .during(|| "run `setsid postgres`".to_owned())?;
        let mut server = Self {
            pid: child.id(),
            child: Some(child),
            log_from,
        };
        server.wait_until_ready(site, cancelled)?;
        Ok(server)
    }

    /// None when the old server had to be stopped, so that a new one is needed.
    fn adopt(
        site: &Site,
        left: &PidFile,
        same_settings: bool,
        cancelled: &AtomicBool,
    ) -> Result<Option<Self>> {
        let mut server = Self {
            pid: left.pid,
            child: None,
            log_from: 0,
        };
        if left.status == Status::Stopping {
            tracing::info!(
                pid = left.pid,
                "waiting for the database server of an earlier run to stop"
            );
            server.stop(site, Duration::from_secs(30))?;
            return Ok(None);
        }
        // While it starts, the file may not tell the socket's directory yet.
        let same_socket = left.status == Status::Starting || left.socket_dir == site.socket_dir;
        if !same_settings || !same_socket {
            tracing::info!(
                pid = left.pid,
                "stopping the database server of an earlier run: its settings were others"
            );
            server.stop(site, Duration::from_secs(30))?;
            return Ok(None);
        }
        tracing::info!(
            pid = left.pid,
            "adopting the database server that an earlier run left behind"
        );
        server.wait_until_ready(site, cancelled)?;
        Ok(Some(server))
    }

    fn wait_until_ready(&mut self, site: &Site, cancelled: &AtomicBool) -> Result<()> {
        let began = Instant::now();
        let mut next_report = REPORT_EVERY;
        loop {
            if let Some(how) = self.ended()? {
                return Err(self.error(site, &format!("did not start ({how})")));
            }
            let state = PidFile::read(&site.pgdata).filter(|file| file.pid == self.pid);
            if state.is_some_and(|file| file.status == Status::Ready) {
                return Ok(());
            }
            if cancelled.load(Ordering::Relaxed) {
                self.stop(site, Duration::from_secs(1))?;
                return Err(Error::Cancelled);
            }
            if began.elapsed() >= next_report {
                next_report += REPORT_EVERY;
                tracing::info!(
                    seconds = began.elapsed().as_secs(),
                    says = logfile::last_line(&site.log, self.log_from),
                    "the database is not ready yet; after a crash it first replays its log"
                );
            }
            thread::sleep(POLL);
        }
    }

    /// How it ended; none while it lives.
    pub(crate) fn ended(&mut self) -> Result<Option<String>> {
        match &mut self.child {
            Some(child) => {
                let status = child
                    .try_wait()
                    .during(|| "wait for the server".to_owned())?;
                Ok(status.map(|status| status.to_string()))
            }
            None => Ok((!pidfile::is_alive(self.pid)).then(|| "it is gone".to_owned())),
        }
    }

    /// Fast shutdown; after `patience` an immediate one, from which the next start recovers.
    pub(crate) fn stop(&mut self, site: &Site, patience: Duration) -> Result<()> {
        let began = Instant::now();
        self.request_stop(site, "fast");
        if self.wait_until_ended(patience)? {
            tracing::debug!(
                pid = self.pid,
                ms = began.elapsed().as_millis(),
                "database server stopped"
            );
            return Ok(());
        }
        tracing::warn!(
            pid = self.pid,
            seconds = patience.as_secs_f32(),
            "the database did not stop in time; stopping it immediately, the next start will replay its log"
        );
        self.request_stop(site, "immediate");
        if self.wait_until_ended(IMMEDIATE_PATIENCE)? {
            return Ok(());
        }
        Err(self.error(site, "did not stop even when told to at once"))
    }

    /// Sends the signal and does not wait. A server that is gone already is what we want.
    pub(crate) fn request_stop(&self, site: &Site, mode: &str) {
        if Self::signal(site, mode) {
            return;
        }
        // The pid file may not be there yet, or not any more.
        let signal = if mode == "fast" { "-INT" } else { "-QUIT" };
        let mut kill = Command::new("kill");
        kill.args([signal, &self.pid.to_string()]);
        if let Err(error) = run_as(&site.account, "kill", kill) {
            tracing::debug!(%error, "the server's process is gone");
        }
    }

    /// Signals the server that the pid file names, if there is one.
    pub(crate) fn signal(site: &Site, mode: &str) -> bool {
        let mut command = postgres_command(&site.binaries.program("pg_ctl"));
        command
            .args(["stop", "-W", "-s", "-m", mode, "-D"])
            .arg(&site.pgdata);
        run_as(&site.account, "pg_ctl", command)
            .inspect_err(|error| tracing::debug!(%error, "pg_ctl could not signal the server"))
            .is_ok()
    }

    fn wait_until_ended(&mut self, patience: Duration) -> Result<bool> {
        let until = Instant::now() + patience;
        loop {
            if self.ended()?.is_some() {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            thread::sleep(POLL);
        }
    }

    pub(crate) fn error(&self, site: &Site, what: &str) -> Error {
        Error::Server {
            what: what.to_owned(),
            log: site.log.clone(),
            tail: logfile::tail(&site.log, self.log_from),
        }
    }
}

fn setting(name: &str, path: &Path) -> std::ffi::OsString {
    let mut text = std::ffi::OsString::from(format!("{name}="));
    text.push(path);
    text
}

/// A server that was killed leaves backends for a moment; a second server beside them would be refused.
fn wait_for_backends(site: &Site) {
    let began = Instant::now();
    while began.elapsed() < ORPHANED_BACKENDS_PATIENCE
        && !pidfile::processes_in(&site.pgdata).is_empty()
    {
        thread::sleep(POLL);
    }
}
