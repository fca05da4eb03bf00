//! Services that end, in every way there is.

use std::time::Instant;

use anyhow::{Context, ensure};

use super::{engine::docker, stack::Stack, until};
use crate::command;

/// Every service that stays, in no good order.
pub const SERVICES: [&str; 6] = [
    "ingestor",
    "aggregator",
    "api",
    "frontend",
    "db",
    "exchange-sim",
];

/// Its process dies; nobody but the engine is there to start it anew.
pub fn crash(stack: &Stack, service: &str) -> anyhow::Result<String> {
    let died = die(stack, service)?;
    whole(stack, died)
}

/// Everything is started from nothing, and the database dies while it is made: as its files are written, and as the
/// server runs that prepares it. Nobody but the engine is there to start it anew.
pub fn crash_new_database(stack: &Stack) -> anyhow::Result<String> {
    stack.remove()?;
    command::run(&mut stack.compose(&["up", "--detach"]))?;
    for file in ["PG_VERSION", "postmaster.pid"] {
        until(&format!("a new database has its {file}"), || {
            let path = format!("/var/lib/postgresql/data/new/{file}");
            command::output(&mut stack.exec("db", &["ls", &path])?).map(drop)
        })?;
        die(stack, "db")?;
    }
    let whole = whole(stack, Instant::now())?;
    let log = command::output(docker().arg("logs").arg(stack.container("db")?))?;
    let anew = log.matches("it is made anew").count();
    ensure!(anew > 0, "it was whole before it was killed");
    Ok(format!("made anew {anew} times, {whole}"))
}

/// Kills a service's process, and waits until the engine has started it anew. Returns when it died.
fn die(stack: &Stack, service: &str) -> anyhow::Result<Instant> {
    let before = stack.inspect(service)?;
    let process = before["State"]["Pid"].to_string();
    // The engine takes its own `kill` for a wish; a crash comes from elsewhere.
    let mut kill = docker();
    kill.args([
        "run",
        "--rm",
        "--pid",
        "host",
        "--user",
        "0",
        "--network",
        "none",
    ])
    .args(["--entrypoint", "sh", "spreadscope/services"])
    .args(["-c", "kill -9 $0", &process]);
    command::output(&mut kill)?;
    let died = Instant::now();
    until(&format!("{service} runs anew"), || {
        let state = &stack.inspect(service)?["State"];
        ensure!(
            state["Running"] == true && state["StartedAt"] != before["State"]["StartedAt"],
            "{}",
            state["Status"]
        );
        Ok(())
    })?;
    Ok(died)
}

/// The engine kills it, which it takes for a wish that it stay so; then somebody starts it. Nobody touches the others.
pub fn kill(stack: &Stack, service: &str) -> anyhow::Result<String> {
    command::output(&mut stack.compose(&["kill", service]))?;
    let state = &stack.inspect(service)?["State"];
    ensure!(state["Running"] == false, "{service} still runs");
    command::output(&mut stack.compose(&["start", service]))?;
    whole(stack, Instant::now())
}

/// Waits until all services are healthy and new trades arrive at the far end.
fn whole(stack: &Stack, since: Instant) -> anyhow::Result<String> {
    stack.wait_until_healthy()?;
    let mut first = None;
    until("trades arrive", || {
        let newest = newest_trade(stack)?;
        ensure!(
            newest > *first.get_or_insert(newest),
            "the newest is {newest}"
        );
        Ok(())
    })?;
    Ok(format!(
        "whole after {:.1} s",
        since.elapsed().as_secs_f64()
    ))
}

fn newest_trade(stack: &Stack) -> anyhow::Result<i64> {
    let answer = stack.get_json("/api/v1/trades?symbol=BTCUSDT&limit=1")?;
    let ids = &answer["trades"]["aggId"];
    ids[0]
        .as_i64()
        .with_context(|| format!("no trade: {answer}"))
}

/// All are asked to stop, and none has to be killed.
pub fn stop_all(stack: &Stack) -> anyhow::Result<String> {
    let mut slowest = ("", 0.0);
    for service in SERVICES {
        let began = Instant::now();
        let grace = if service == "db" { "30" } else { "10" };
        let container = stack.container(service)?;
        command::output(docker().args(["stop", "--time", grace, &container]))?;
        let seconds = began.elapsed().as_secs_f64();
        let state = &stack.inspect(service)?["State"];
        ensure!(
            state["ExitCode"] == 0,
            "{service} ended with {} after {seconds:.1} s",
            state["ExitCode"]
        );
        if seconds > slowest.1 {
            slowest = (service, seconds);
        }
    }
    Ok(format!(
        "the slowest, {}, took {:.1} s",
        slowest.0, slowest.1
    ))
}

/// Whoever needs something is started before it.
pub fn start_in_the_worst_order(stack: &Stack) -> anyhow::Result<String> {
    for service in [
        "frontend",
        "api",
        "ingestor",
        "exchange-sim",
        "aggregator",
        "db",
    ] {
        command::output(docker().arg("start").arg(stack.container(service)?))?;
    }
    whole(stack, Instant::now())
}
