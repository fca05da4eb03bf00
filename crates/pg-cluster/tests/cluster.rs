//! Real clusters in temporary directories. Run as root, the servers run as `postgres`, and the last test runs the
//! life of a cluster once more as an unprivileged user.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::{
    fs,
    io::{BufRead, BufReader},
    net::Ipv4Addr,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use pg_cluster::{Cluster, ClusterConfig, Error};
use tempfile::TempDir;

fn tempdir(mode: u32) -> TempDir {
    tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(mode))
        .tempdir()
        .unwrap()
}

/// Open to the server account.
fn open_tempdir() -> TempDir {
    tempdir(0o755)
}

fn throwaway(dir: &Path) -> ClusterConfig {
    ClusterConfig {
        durable: false,
        max_connections: 20,
        shared_buffers_mb: 16,
        ..ClusterConfig::new(dir)
    }
}

/// Leaves a data directory of a server that was there and is gone.
async fn start_and_stop(dir: &Path) {
    let cluster = Cluster::start(throwaway(dir)).await.unwrap();
    cluster.stop().await.unwrap();
}

fn query(cluster: &Cluster, sql: &str) -> Result<String, String> {
    let output = Command::new(cluster.binaries().program("psql"))
        .args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .arg(cluster.database_url("postgres"))
        .output()
        .unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
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

fn kill(signal: &str, pid: u32) {
    assert!(
        Command::new("kill")
            .args([signal, &pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < until, "still waiting until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn an_empty_directory_becomes_a_cluster_that_a_restart_finds_again() {
    let dir = open_tempdir();
    let cluster = Cluster::start(throwaway(dir.path())).await.unwrap();
    cluster.create_database("spreadscope").await.unwrap();
    cluster.create_database("spreadscope").await.unwrap();
    query(&cluster, "CREATE TABLE kept AS SELECT 42 AS answer").unwrap();
    assert_eq!(query(&cluster, "SHOW listen_addresses").unwrap(), "");
    assert_eq!(query(&cluster, "SHOW server_encoding").unwrap(), "UTF8");
    assert_eq!(query(&cluster, "SHOW fsync").unwrap(), "off");
    let preloaded = query(&cluster, "SHOW shared_preload_libraries").unwrap();
    assert_eq!(preloaded == "timescaledb", cluster.offers_timescaledb());
    let databases = query(
        &cluster,
        "SELECT count(*) FROM pg_database WHERE datname = 'spreadscope'",
    );
    assert_eq!(databases.unwrap(), "1");

    let server = cluster.server_pid().unwrap();
    let server_uid = fs::metadata(format!("/proc/{server}")).unwrap().uid();
    assert_ne!(server_uid, 0, "the server runs as root");
    let session: u32 = fs::read_to_string(format!("/proc/{server}/stat"))
        .unwrap()
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .nth(3)
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(
        session, server,
        "the server shares our session and would get our Ctrl-C"
    );
    assert_eq!(
        fs::metadata(dir.path().join("password")).unwrap().mode() & 0o777,
        0o600
    );

    cluster.stop().await.unwrap();
    cluster.stop().await.unwrap();
    assert!(!is_alive(server));
    assert!(!cluster.is_running());
    drop(cluster);

    let again = Cluster::start(throwaway(dir.path())).await.unwrap();
    assert_eq!(query(&again, "SELECT answer FROM kept").unwrap(), "42");
    again.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_logs_in_without_the_password() {
    let dir = open_tempdir();
    let cluster = Cluster::start(throwaway(dir.path())).await.unwrap();
    let password = fs::read_to_string(dir.path().join("password")).unwrap();
    let wrong = cluster
        .database_url("postgres")
        .replace(password.trim(), "guess");
    let output = Command::new(cluster.binaries().program("psql"))
        .args(["-X", "-w", "-c", "SELECT 1", &wrong])
        .output()
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("password authentication failed"),
        "{message}"
    );
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_holder_of_the_directory_is_refused() {
    let dir = open_tempdir();
    let cluster = Cluster::start(throwaway(dir.path())).await.unwrap();
    let error = Cluster::start(throwaway(dir.path())).await.unwrap_err();
    assert!(
        matches!(&error, Error::InUse { pid: Some(pid), .. } if *pid == std::process::id().to_string())
    );
    assert!(cluster.is_running());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_works_all_the_same() {
    let dir = open_tempdir();
    let long = dir.path().join("d".repeat(90));
    let cluster = Cluster::start(throwaway(&long)).await.unwrap();
    assert!(!cluster.socket_dir().starts_with(&long));
    assert_eq!(query(&cluster, "SELECT 1").unwrap(), "1");
    let socket_dir = cluster.socket_dir().to_owned();
    cluster.stop().await.unwrap();
    fs::remove_dir(socket_dir).unwrap();
}

#[tokio::test]
async fn a_tcp_address_is_listened_on_when_asked_for() {
    let dir = open_tempdir();
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let cluster = Cluster::start(ClusterConfig {
        listen: Some(free),
        ..throwaway(dir.path())
    })
    .await
    .unwrap();
    assert_eq!(query(&cluster, "SELECT 1").unwrap(), "1");
    tokio::net::TcpStream::connect(free).await.unwrap();
    cluster.stop().await.unwrap();
}

/// Tests nothing by itself: with `HOLD` set it is the process that the next two kill.
#[tokio::test]
async fn holder() {
    let Some(dir) = std::env::var_os("HOLD") else {
        return;
    };
    let cluster = Cluster::start(throwaway(Path::new(&dir))).await.unwrap();
    query(
        &cluster,
        "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer",
    )
    .unwrap();
    println!("server {}", cluster.server_pid().unwrap());
    std::future::pending::<()>().await;
}

fn start_holder(dir: &Path) -> (Child, u32) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["holder", "--exact", "--nocapture"])
        .env("HOLD", dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let server = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("server ")?.1.trim().parse().ok())
        .expect("the holder reports its server");
    (child, server)
}

#[tokio::test]
async fn the_server_of_a_killed_process_is_adopted() {
    let dir = open_tempdir();
    let (mut holder, server) = start_holder(dir.path());
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(is_alive(server));
    let cluster = Cluster::start(throwaway(dir.path())).await.unwrap();
    assert_eq!(cluster.server_pid(), Some(server));
    assert_eq!(query(&cluster, "SELECT answer FROM kept").unwrap(), "42");
    cluster.stop().await.unwrap();
    assert!(!is_alive(server));
}

#[tokio::test]
async fn an_orphan_with_other_settings_is_replaced() {
    let dir = open_tempdir();
    let (mut holder, server) = start_holder(dir.path());
    holder.kill().unwrap();
    holder.wait().unwrap();
    let config = ClusterConfig {
        max_connections: 21,
        ..throwaway(dir.path())
    };
    let cluster = Cluster::start(config).await.unwrap();
    assert!(!is_alive(server));
    assert_eq!(query(&cluster, "SHOW max_connections").unwrap(), "21");
    assert_eq!(query(&cluster, "SELECT answer FROM kept").unwrap(), "42");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_server_is_revived_with_its_data() {
    let dir = open_tempdir();
    let cluster = Cluster::start(throwaway(dir.path())).await.unwrap();
    query(&cluster, "CREATE TABLE kept AS SELECT 42 AS answer").unwrap();
    assert!(!cluster.revive().await.unwrap());
    kill("-KILL", cluster.server_pid().unwrap());
    wait_until("the kill is noticed", || !cluster.is_running());
    assert!(cluster.revive().await.unwrap());
    assert_eq!(query(&cluster, "SELECT answer FROM kept").unwrap(), "42");
    cluster.stop().await.unwrap();
    assert!(!cluster.revive().await.unwrap());
}

#[tokio::test]
async fn a_stale_pid_file_is_no_obstacle_even_when_a_stranger_has_the_pid() {
    let dir = open_tempdir();
    let cluster = Cluster::start(throwaway(dir.path())).await.unwrap();
    let (pgdata, account) = (cluster.pgdata().to_owned(), cluster.account().clone());
    let pid_file = fs::read_to_string(pgdata.join("postmaster.pid")).unwrap();
    let rest = pid_file.split_once('\n').unwrap().1.to_owned();
    cluster.stop().await.unwrap();
    drop(cluster);

    // Of the same account, or PostgreSQL would see by itself that it is none of its own.
    let mut stranger = Command::new("sleep");
    account.apply(&mut stranger);
    let mut stranger = stranger.arg("1000").current_dir("/").spawn().unwrap();
    let path = pgdata.join("postmaster.pid");
    fs::write(&path, format!("{}\n{rest}", stranger.id())).unwrap();
    chown(&path, Some(account.uid()), Some(account.gid())).unwrap();
    let cluster = Cluster::start(throwaway(dir.path())).await.unwrap();
    assert_eq!(query(&cluster, "SELECT 1").unwrap(), "1");
    assert!(
        stranger.try_wait().unwrap().is_none(),
        "the stranger was harmed"
    );
    cluster.stop().await.unwrap();
    drop(cluster);
    stranger.kill().unwrap();
    let gone = stranger.id();
    stranger.wait().unwrap();

    fs::write(&path, format!("{gone}\n{rest}")).unwrap();
    chown(&path, Some(account.uid()), Some(account.gid())).unwrap();
    let cluster = Cluster::start(throwaway(dir.path())).await.unwrap();
    assert_eq!(query(&cluster, "SELECT 1").unwrap(), "1");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_cannot_start_is_reported_with_the_end_of_its_log() {
    let dir = open_tempdir();
    start_and_stop(dir.path()).await;
    let config = dir.path().join("pgdata/postgresql.auto.conf");
    fs::write(&config, "no_such_setting = 1\n").unwrap();
    let error = Cluster::start(throwaway(dir.path()))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("did not start") && error.contains("no_such_setting"),
        "{error}"
    );
}

#[tokio::test]
async fn data_of_another_version_is_refused_by_name() {
    let dir = open_tempdir();
    start_and_stop(dir.path()).await;
    fs::write(dir.path().join("pgdata/PG_VERSION"), "9\n").unwrap();
    let error = Cluster::start(throwaway(dir.path())).await.unwrap_err();
    assert!(
        matches!(&error, Error::VersionMismatch { made_by, .. } if made_by == "9"),
        "{error}"
    );
    assert!(
        error.to_string().contains("install postgresql-9"),
        "{error}"
    );
}

#[tokio::test]
async fn an_open_data_directory_is_closed_and_a_lost_password_is_named() {
    let dir = open_tempdir();
    start_and_stop(dir.path()).await;
    let (pgdata, password) = (dir.path().join("pgdata"), dir.path().join("password"));
    fs::set_permissions(&pgdata, fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).unwrap();
    start_and_stop(dir.path()).await;
    assert_eq!(fs::metadata(&pgdata).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&password).unwrap().mode() & 0o777, 0o600);
    fs::remove_file(&password).unwrap();
    let error = Cluster::start(throwaway(dir.path())).await.unwrap_err();
    assert!(
        matches!(&error, Error::PasswordMissing { path } if path.ends_with("password")),
        "{error}"
    );
}

#[tokio::test]
async fn a_directory_with_other_content_is_not_touched() {
    let dir = open_tempdir();
    let photo = dir.path().join("pgdata/holiday.jpg");
    fs::create_dir(photo.parent().unwrap()).unwrap();
    fs::write(&photo, "sea").unwrap();
    let error = Cluster::start(throwaway(dir.path())).await.unwrap_err();
    assert!(matches!(error, Error::NotACluster { .. }), "{error}");
    assert_eq!(fs::read_to_string(photo).unwrap(), "sea");
}

#[tokio::test]
async fn what_an_interrupted_first_start_left_is_cleared_away() {
    let dir = open_tempdir();
    fs::create_dir(dir.path().join("pgdata.new")).unwrap();
    fs::write(dir.path().join("pgdata.new/PG_VERSION"), "15\n").unwrap();
    fs::create_dir(dir.path().join("pgdata")).unwrap();
    let cluster = Cluster::start(throwaway(dir.path())).await.unwrap();
    assert!(!dir.path().join("pgdata.new").exists());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_start_that_nobody_waits_for_leaves_no_server() {
    let dir = open_tempdir();
    start_and_stop(dir.path()).await;
    // No server starts within a millisecond, but a busy machine may look again only once it has.
    let patience = Duration::from_millis(1);
    let start = || tokio::time::timeout(patience, Cluster::start(throwaway(dir.path())));
    while let Ok(started) = start().await {
        started.unwrap().stop().await.unwrap();
    }
    // The abandoned start ends by itself and gives the directory back.
    wait_until("the lock is free", || {
        pg_cluster::DirLock::acquire(dir.path(), "lock").is_ok()
    });
    wait_until("its server is gone", || {
        !dir.path().join("pgdata/postmaster.pid").exists()
    });
    let cluster = Cluster::start(throwaway(dir.path())).await.unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn as_root_a_directory_closed_to_the_server_account_is_named() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        testkit::say_skipped(
            "as_root_a_directory_closed_to_the_server_account_is_named",
            "only root has another account for the server",
        );
        return;
    }
    let closed = tempdir(0o700);
    let error = Cluster::start(throwaway(&closed.path().join("data")))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Closed { dir, .. } if dir == closed.path()),
        "{error}"
    );
}

#[test]
fn the_life_of_a_cluster_is_the_same_for_an_unprivileged_user() {
    const NOBODY: u32 = 65534;
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        testkit::say_skipped(
            "the_life_of_a_cluster_is_the_same_for_an_unprivileged_user",
            "this whole run is unprivileged already",
        );
        return;
    }
    // The build directory and /tmp's own subdirectories may be closed to others, a copy is not.
    let dir = open_tempdir();
    let program = dir.path().join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    let output = Command::new(&program)
        .args([
            "an_empty_directory_becomes_a_cluster_that_a_restart_finds_again",
            "the_server_of_a_killed_process_is_adopted",
            "a_stale_pid_file_is_no_obstacle_even_when_a_stranger_has_the_pid",
            "a_killed_server_is_revived_with_its_data",
            "--exact",
        ])
        .env("TMPDIR", &home)
        .env_remove("XDG_RUNTIME_DIR")
        .uid(NOBODY)
        .gid(NOBODY)
        .current_dir(&home)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("4 passed"),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
