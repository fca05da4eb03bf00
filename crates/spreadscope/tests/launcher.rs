//! The launcher as a user meets it: the real program in temporary data directories. Every wait is for a condition.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[path = "launcher/tour.rs"]
mod tour;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(90);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const NOBODY: u32 = 65534;

static TURN: Mutex<()> = Mutex::new(());

/// Open to the account that the server runs as when we are root.
fn open_tempdir() -> TempDir {
    tempfile::Builder::new()
        .prefix("spreadscope-")
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .unwrap()
}

fn wait_until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < until, "still waiting until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The program with none of the settings of whoever runs the tests.
fn spreadscope(program: &Path) -> Command {
    let mut command = Command::new(program);
    let path = std::env::var_os("PATH").unwrap_or_default();
    command
        .env_clear()
        .env("PATH", path)
        .env("RUST_BACKTRACE", "0");
    if std::env::var("TEST_FLAVOUR").is_ok_and(|flavour| flavour == "timescale") {
        // What it does by itself where TimescaleDB is installed.
    } else {
        command.env("SPREADSCOPE_NO_TIMESCALEDB", "true");
    }
    if let Some(dir) = std::env::var_os("PG_BIN_DIR") {
        command.env("PG_BIN_DIR", dir);
    }
    // Not where a built dashboard lies by chance.
    command.current_dir("/");
    command
}

fn demo(data_dir: &Path) -> Command {
    let mut command = spreadscope(Path::new(env!("CARGO_BIN_EXE_spreadscope")));
    command
        .args(["demo", "--bind", "127.0.0.1:0", "--data-dir"])
        .arg(data_dir);
    command
}

/// A demo of two symbols: the tests that use it are not about the market.
fn small_demo(data_dir: &Path) -> Command {
    let mut command = demo(data_dir);
    command.args(["--symbols", "BTCUSDT,ETHUSDT"]);
    command
}

fn refusal(mut command: Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert!(!status.success(), "it should have been refused");
    String::from_utf8(stderr).unwrap()
}

/// A launcher that has said that it is ready. Killed with its server when a test fails half-way.
struct Launcher {
    /// Whole stacks run one after the other: together they would only wait for each other.
    _turn: MutexGuard<'static, ()>,
    child: Child,
    address: SocketAddr,
    pgdata: PathBuf,
}

impl Launcher {
    fn start(mut command: Command, data_dir: &Path) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, ready) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let line = match ready.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(error) => {
                let _ = child.kill();
                panic!("no word of being ready: {error}");
            }
        };
        let port = line
            .split_once("http://localhost:")
            .expect("the line has the URL")
            .1;
        let port: u16 = port.split_whitespace().next().unwrap().parse().unwrap();
        let pgdata = data_dir.join("postgres/pgdata");
        Self {
            _turn: turn,
            child,
            address: ([127, 0, 0, 1], port).into(),
            pgdata,
        }
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .ok()?;
        let head = format!(
            "GET {path} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.lines()
            .next()?
            .contains(" 200 ")
            .then(|| body.to_owned())
    }

    fn json(&self, path: &str) -> Option<serde_json::Value> {
        serde_json::from_str(&self.get(path)?).ok()
    }

    /// Ids of the newest trades, ascending.
    fn newest_ids(&self) -> Option<Vec<i64>> {
        let trades = self.json("/api/v1/trades?symbol=BTCUSDT&limit=100")?;
        let ids: Vec<i64> = trades["trades"]["aggId"]
            .as_array()?
            .iter()
            .filter_map(serde_json::Value::as_i64)
            .collect();
        (!ids.is_empty()).then_some(ids)
    }

    fn wait_for_trades(&self) -> Vec<i64> {
        wait_until("trades are served", || self.newest_ids())
    }

    fn server_pid(&self) -> Option<u32> {
        fs::read_to_string(self.pgdata.join("postmaster.pid"))
            .ok()?
            .lines()
            .next()?
            .trim()
            .parse()
            .ok()
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Stops it by `signal` and returns how it ended and how long that took.
    fn stop(mut self, signal: &str) -> (ExitStatus, Duration) {
        let server = self.server_pid();
        let asked = Instant::now();
        self.signal(signal);
        let status = self.child.wait().unwrap();
        let took = asked.elapsed();
        assert!(
            !self.pgdata.join("postmaster.pid").exists(),
            "the database was not shut down"
        );
        if let Some(server) = server {
            assert!(!is_alive(server), "the database server lives on");
        }
        (status, took)
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.child.kill();
            let _ = self.child.wait();
            if let Some(pid) = self.server_pid() {
                let _ = Command::new("kill")
                    .args(["-QUIT", &pid.to_string()])
                    .status();
            }
        }
    }
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit_once(')')
            .unwrap()
            .1
            .trim_start()
            .starts_with(['Z', 'X'])
    })
}

fn i_am_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn a_demo_serves_five_symbols_with_trades_and_bars_and_stops_in_time_on_sigterm() {
    let dir = open_tempdir();
    let launcher = Launcher::start(demo(dir.path()), dir.path());
    wait_until("five symbols are served", || {
        let symbols = launcher.json("/api/v1/symbols")?;
        let all = symbols
            .as_array()
            .or_else(|| symbols["symbols"].as_array())?;
        (all.len() >= 5).then_some(())
    });
    launcher.wait_for_trades();
    wait_until("bars are served", || {
        let bars = launcher.get("/api/v1/bars?symbol=BTCUSDT&interval=1m&limit=5")?;
        bars.contains("close").then_some(())
    });
    let server = launcher.server_pid().unwrap();
    assert_ne!(
        fs::metadata(format!("/proc/{server}")).unwrap().uid(),
        0,
        "PostgreSQL runs as root"
    );
    let (status, took) = launcher.stop("-TERM");
    assert!(status.success(), "{status}");
    assert!(took < STOP_LIMIT, "{took:?}");
}

#[test]
fn ctrl_c_stops_everything_in_time_and_the_next_start_finds_yesterdays_data() {
    let dir = open_tempdir();
    let first = Launcher::start(small_demo(dir.path()), dir.path());
    let before = first.wait_for_trades();
    let (status, took) = first.stop("-INT");
    assert!(status.success(), "{status}");
    assert!(took < STOP_LIMIT, "{took:?}");

    let again = Launcher::start(small_demo(dir.path()), dir.path());
    let path = format!("/api/v1/trades?symbol=BTCUSDT&fromId={}&limit=1", before[0]);
    let found = wait_until("the old trades are served", || again.json(&path));
    assert_eq!(
        found["trades"]["aggId"][0].as_i64(),
        Some(before[0]),
        "{found}"
    );
    wait_until("new trades are served", || {
        again.newest_ids().filter(|ids| ids.last() > before.last())
    });
    again.stop("-TERM");
}

#[test]
fn a_second_instance_on_the_same_directory_is_refused_and_does_no_harm() {
    let dir = open_tempdir();
    let first = Launcher::start(small_demo(dir.path()), dir.path());
    let message = refusal(small_demo(dir.path()));
    assert!(
        message.contains(&format!("process {}", first.child.id())),
        "{message}"
    );
    assert!(
        message.contains("--data-dir") && message.contains(dir.path().to_str().unwrap()),
        "{message}"
    );
    first.wait_for_trades();
    first.stop("-TERM");
}

#[test]
fn live_data_is_refused_in_the_directory_of_a_demo() {
    let dir = open_tempdir();
    fs::write(dir.path().join("kind"), "demo\n").unwrap();
    let mut up = spreadscope(Path::new(env!("CARGO_BIN_EXE_spreadscope")));
    up.args(["up", "--bind", "127.0.0.1:0", "--data-dir"])
        .arg(dir.path());
    let message = refusal(up);
    assert!(
        message.contains("spreadscope demo") && message.contains("--data-dir"),
        "{message}"
    );
}

#[test]
fn a_taken_port_is_named_before_the_database_is_started() {
    let dir = open_tempdir();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let mut command = spreadscope(Path::new(env!("CARGO_BIN_EXE_spreadscope")));
    command
        .args(["demo", "--bind", &address.to_string(), "--data-dir"])
        .arg(dir.path());
    let message = refusal(command);
    assert!(
        message.contains(&format!("port {} is in use", address.port())),
        "{message}"
    );
    assert!(message.contains("--bind"), "{message}");
    assert!(
        !dir.path().join("postgres").exists(),
        "the database was started all the same"
    );
}

#[test]
fn after_a_kill_the_next_start_adopts_the_server_with_its_data() {
    let dir = open_tempdir();
    let first = Launcher::start(small_demo(dir.path()), dir.path());
    let before = first.wait_for_trades();
    let server = first.server_pid().unwrap();
    first.kill();
    assert!(is_alive(server), "the server went down with the launcher");

    let again = Launcher::start(small_demo(dir.path()), dir.path());
    assert_eq!(again.server_pid(), Some(server));
    let path = format!("/api/v1/trades?symbol=BTCUSDT&fromId={}&limit=1", before[0]);
    let found = wait_until("the old trades are served", || again.json(&path));
    assert_eq!(
        found["trades"]["aggId"][0].as_i64(),
        Some(before[0]),
        "{found}"
    );
    wait_until("new trades are served", || {
        again.newest_ids().filter(|ids| ids.last() > before.last())
    });
    let (status, took) = again.stop("-TERM");
    assert!(status.success() && took < STOP_LIMIT, "{status} {took:?}");
    assert!(!is_alive(server));
}

#[test]
fn a_database_server_that_dies_is_started_again_under_the_running_services() {
    let dir = open_tempdir();
    let launcher = Launcher::start(small_demo(dir.path()), dir.path());
    let before = launcher.wait_for_trades();
    let server = launcher.server_pid().unwrap();
    assert!(
        Command::new("kill")
            .args(["-KILL", &server.to_string()])
            .status()
            .unwrap()
            .success()
    );
    wait_until("a new server runs", || {
        launcher.server_pid().filter(|pid| *pid != server)
    });
    wait_until("new trades are served", || {
        launcher
            .newest_ids()
            .filter(|ids| ids.last() > before.last())
    });
    let (status, took) = launcher.stop("-TERM");
    assert!(status.success() && took < STOP_LIMIT, "{status} {took:?}");
}

#[test]
fn an_exchange_that_cannot_be_reached_keeps_nothing_from_starting_or_stopping() {
    let dir = open_tempdir();
    let nowhere = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut up = spreadscope(Path::new(env!("CARGO_BIN_EXE_spreadscope")));
    up.args([
        "up",
        "--bind",
        "127.0.0.1:0",
        "--symbols",
        "BTCUSDT,ETHUSDT",
        "--data-dir",
    ])
    .arg(dir.path())
    .args(["--exchange-ws-url", &format!("ws://{nowhere}")])
    .args(["--exchange-rest-url", &format!("http://{nowhere}")]);
    let launcher = Launcher::start(up, dir.path());
    wait_until("the status is served", || launcher.get("/api/v1/status"));
    let (status, took) = launcher.stop("-TERM");
    assert!(status.success() && took < STOP_LIMIT, "{status} {took:?}");
}

#[test]
fn bad_settings_are_named_in_a_sentence() {
    let dir = open_tempdir();
    let nowhere = dir.path().join("nowhere");
    let with = |flag: &str, value: &str| {
        let mut command = small_demo(dir.path());
        command.args([flag, value]);
        refusal(command)
    };
    for flag in ["--replay", "--dashboard-dir", "--pg-bin-dir"] {
        let message = with(flag, nowhere.to_str().unwrap());
        let named = message.contains(flag) || message.contains("PG_BIN_DIR");
        assert!(named && message.contains("nowhere"), "{message}");
    }
    for (flag, value) in [("--rate", "0"), ("--symbols", "BTC USDT"), ("--warp", "-1")] {
        let mut command = small_demo(dir.path());
        command.arg(format!("{flag}={value}"));
        let message = refusal(command);
        assert!(
            message.contains(flag) || message.contains("time-warp"),
            "{message}"
        );
    }
}

#[test]
fn an_unprivileged_user_gets_a_directory_in_the_home() {
    if !i_am_root() {
        testkit::say_skipped(
            "an_unprivileged_user_gets_a_directory_in_the_home",
            "this whole run is unprivileged already",
        );
        return;
    }
    // The build directory may be closed to others, a copy is not.
    let dir = open_tempdir();
    let program = dir.path().join("spreadscope");
    fs::copy(env!("CARGO_BIN_EXE_spreadscope"), &program).unwrap();
    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut command = spreadscope(&program);
    command
        .args(["demo", "--bind", "127.0.0.1:0"])
        .env("HOME", &home)
        .uid(NOBODY)
        .gid(NOBODY);
    let data_dir = home.join(".local/share/spreadscope/demo");
    let launcher = Launcher::start(command, &data_dir);
    launcher.wait_for_trades();
    let server = launcher.server_pid().unwrap();
    assert_eq!(
        fs::metadata(format!("/proc/{server}")).unwrap().uid(),
        NOBODY
    );
    let (status, took) = launcher.stop("-INT");
    assert!(status.success() && took < STOP_LIMIT, "{status} {took:?}");
}
