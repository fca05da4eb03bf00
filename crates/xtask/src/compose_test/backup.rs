//! The worst day: everything is lost but a dump. As docs/operations.md tells it.

use std::{
    fs::{self, File},
    path::PathBuf,
};

use anyhow::{Context, ensure};

use super::{stack::Stack, truth};
use crate::{command, workspace};

pub fn drill(stack: &Stack) -> anyhow::Result<String> {
    let dump = workspace::target_dir().join(format!("compose-test-{}.dump", std::process::id()));
    let restored = back_up_and_restore(stack, &dump);
    let _ = fs::remove_file(&dump);
    restored
}

fn back_up_and_restore(stack: &Stack, dump: &PathBuf) -> anyhow::Result<String> {
    let oldest = oldest_trade(stack)?;
    let file = File::create(dump).with_context(|| dump.display().to_string())?;
    let mut backup = stack.exec("db", &["sh", "-s", "--", "spreadscope"])?;
    backup.stdin(script("backup.sh")?).stdout(file);
    command::run(&mut backup)?;
    let bytes = fs::metadata(dump)?.len();
    // Volumes and all. The exchange goes on trading the same market, so that its truth is still there.
    stack.remove()?;
    command::run(&mut stack.compose(&["up", "--detach", "db"]))?;
    stack.wait_for("db")?;
    let copy = command::program("docker")
        .arg("cp")
        .arg(dump)
        .arg(format!("{}:/tmp/spreadscope.dump", stack.container("db")?))
        .output()?;
    ensure!(
        copy.status.success(),
        "cannot copy the dump: {}",
        String::from_utf8_lossy(&copy.stderr)
    );
    let mut restore = stack.exec(
        "db",
        &["sh", "-s", "--", "spreadscope", "/tmp/spreadscope.dump"],
    )?;
    restore.stdin(script("restore.sh")?);
    command::run(&mut restore)?;
    command::run(&mut stack.compose(&["up", "--detach"]))?;
    stack.wait_until_healthy()?;
    ensure!(
        oldest_trade(stack)? == oldest,
        "the first trade is another one"
    );
    let compared = truth::compare(stack)?;
    Ok(format!("a dump of {} kB; {compared}", bytes / 1_000))
}

fn script(name: &str) -> anyhow::Result<File> {
    let path = workspace::root().join("docker").join(name);
    File::open(&path).with_context(|| path.display().to_string())
}

/// Id and time of the first trade that is stored.
fn oldest_trade(stack: &Stack) -> anyhow::Result<(i64, i64)> {
    let page = stack.get_json("/api/v1/trades?symbol=BTCUSDT&fromId=0&limit=1")?;
    let first = |name: &str| page["trades"][name][0].as_i64();
    first("aggId")
        .zip(first("time"))
        .context("nothing is stored")
}
