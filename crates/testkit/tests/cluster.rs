//! The throwaway cluster ends with the process that uses it.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use testkit::TestDb;

/// Set in the child process, which is this same test program.
const CHILD: &str = "TESTKIT_CHILD";

#[tokio::test]
async fn every_database_is_migrated_and_empty() -> anyhow::Result<()> {
    let (first, second) = (TestDb::create().await?, TestDb::create().await?);
    assert_ne!(first.url(), second.url());
    let spec = [store::SymbolSpec::named("AAAUSDT".parse()?)];
    store::symbols::register(first.store(), market::Venue::Simulated, &spec).await?;
    assert_eq!(store::symbols::list(first.store()).await?.len(), 1);
    assert!(store::symbols::list(second.store()).await?.is_empty());
    assert_eq!(first.store().flavour().await?, testkit::flavour());
    Ok(())
}

/// Run by the next test in a process of its own: tells where the cluster is, and waits to be killed.
#[tokio::test]
async fn a_process_that_is_to_be_killed() -> anyhow::Result<()> {
    if env::var_os(CHILD).is_some() {
        TestDb::create().await?;
        println!(
            "\ncluster at {}",
            testkit::cluster().await?.pgdata().display()
        );
        std::future::pending::<()>().await;
    }
    Ok(())
}

#[test]
fn a_killed_test_process_leaves_neither_a_server_nor_files() -> anyhow::Result<()> {
    let mut child = Command::new(env::current_exe()?)
        .args(["--exact", "a_process_that_is_to_be_killed", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()?;
    let pgdata = cluster_of(&mut child)?;
    let pid = fs::read_to_string(pgdata.join("postmaster.pid"))?;
    let server = Path::new("/proc").join(pid.lines().next().unwrap_or_default());
    assert!(server.exists());
    // SIGKILL: the process runs no code of its own any more.
    child.kill()?;
    child.wait()?;
    let dir = pgdata
        .parent()
        .expect("pgdata lies in the cluster's directory");
    let deadline = Instant::now() + Duration::from_secs(60);
    while dir.exists() || server.exists() {
        assert!(
            Instant::now() < deadline,
            "the cluster in {} is still there",
            dir.display()
        );
        std::thread::yield_now();
    }
    Ok(())
}

fn cluster_of(child: &mut Child) -> anyhow::Result<PathBuf> {
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    for line in output.lines() {
        if let Some(path) = line?.strip_prefix("cluster at ") {
            return Ok(path.into());
        }
    }
    anyhow::bail!("the child ended before it had a cluster")
}
