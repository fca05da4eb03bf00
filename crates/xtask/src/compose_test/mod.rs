//! The whole stack in containers, on the simulated exchange: started, hardened as it should be, used by a browser, its
//! services killed one by one, stopped, started in another order, backed up and restored, its database killed as it is made; and at
//! every stage what is stored compared with what was traded.

use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;

use crate::command;

mod backup;
mod browser;
mod drills;
pub mod engine;
mod hardening;
mod page;
mod stack;
mod truth;

use engine::Engine;
use stack::Stack;

#[derive(Args)]
pub struct Options {
    /// Take the images as they are.
    #[arg(long)]
    no_build: bool,
    /// Leave out the browser.
    #[arg(long)]
    no_browser: bool,
    /// Leave the stack running at the end.
    #[arg(long)]
    keep: bool,
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    let engine = match Engine::find() {
        Ok(engine) => engine,
        Err(why) => {
            println!("not run  compose-test: {why}");
            return Ok(());
        }
    };
    let browser = if options.no_browser {
        None
    } else {
        Some(browser::Browser::set_up()?)
    };
    let mut stack = Stack::new(engine)?;
    let mut log = Log::default();
    let tested = test(&mut stack, options, browser.as_ref(), &mut log);
    if tested.is_err() {
        stack.print_logs();
    }
    if options.keep {
        println!("{} is left running", stack.url());
    } else {
        stack.remove().context("cannot remove the stack")?;
    }
    let flavour = tested?;
    // What was asked for is TimescaleDB; another database is told apart, so that nobody takes one for the other.
    match flavour.as_str() {
        "timescale" => println!("\ncompose-test: passed on TimescaleDB, {} steps", log.steps),
        other => println!(
            "\ncompose-test: {other}: {} steps hold, on a database without TimescaleDB",
            log.steps
        ),
    }
    Ok(())
}

/// Every step, in order. Returns the flavour of the database.
fn test(
    stack: &mut Stack,
    options: &Options,
    browser: Option<&browser::Browser>,
    log: &mut Log,
) -> anyhow::Result<String> {
    if !options.no_build {
        log.step("images built", || stack.build())?;
    }
    log.step("started: every service healthy", || stack.start())?;
    let flavour = stack.flavour()?;
    log.step(&format!("charts full, on {}", stack.database()?), || {
        page::history_is_there(stack)
    })?;
    log.step("hardened as the compose file says", || {
        hardening::containers(stack)
    })?;
    log.step("logins may do what they need and no more", || {
        hardening::logins(stack)
    })?;
    log.step("page served compressed, typed and cached", || {
        page::files(stack)
    })?;
    log.step("streams not held back by the proxy", || page::stream(stack))?;
    match browser {
        Some(browser) => log.step("dashboard used by a browser", || browser.test(stack))?,
        None => println!("not run  the browser: --no-browser was given"),
    }
    log.step("stored equals traded", || truth::compare(stack))?;
    for service in drills::SERVICES {
        log.step(&format!("{service} crashed, recovered by itself"), || {
            drills::crash(stack, service)
        })?;
    }
    log.step("stored equals traded after the crashes", || {
        truth::compare(stack)
    })?;
    for service in drills::SERVICES {
        log.step(
            &format!("{service} killed by the engine and started again"),
            || drills::kill(stack, service),
        )?;
    }
    log.step("stopped in good order, within the grace period", || {
        drills::stop_all(stack)
    })?;
    log.step("started in the worst order", || {
        drills::start_in_the_worst_order(stack)
    })?;
    log.step("stored equals traded after all of it", || {
        truth::compare(stack)
    })?;
    log.step("backed up, lost, restored", || backup::drill(stack))?;
    log.step("new database killed while it is made", || {
        drills::crash_new_database(stack)
    })?;
    Ok(flavour)
}

/// What was done, and how long it took.
#[derive(Default)]
struct Log {
    steps: usize,
}

impl Log {
    /// A step may have something to say of itself.
    fn step(
        &mut self,
        name: &str,
        run: impl FnOnce() -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        command::announce(name);
        let began = Instant::now();
        let said = run().with_context(|| format!("failed: {name}"))?;
        self.steps += 1;
        println!(
            "ok {:>7.1} s  {name}{}{said}",
            began.elapsed().as_secs_f64(),
            if said.is_empty() { "" } else { ": " }
        );
        Ok(())
    }
}

/// How long a condition may take to come true, on a machine that has other work, too.
const PATIENCE: Duration = Duration::from_secs(300);
/// Pause between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Waits for a condition; the last reason why it does not hold is told.
fn until(what: &str, mut holds: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        match holds() {
            Ok(()) => return Ok(()),
            Err(why) if began.elapsed() > PATIENCE => {
                return Err(why.context(format!("not within {} s: {what}", PATIENCE.as_secs())));
            }
            Err(_) => std::thread::sleep(LOOK_AGAIN),
        }
    }
}
