//! The stack under test: a project of its own beside whatever runs on this machine, on free ports.

use std::{net::TcpListener, process::Command};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::{
    engine::{Engine, docker},
    until,
};
use crate::command;

const PROJECT: &str = "spreadscope-test";

pub struct Stack {
    engine: Engine,
    dashboard_port: u16,
    api_port: u16,
    exchange_port: u16,
}

impl Stack {
    pub fn new(engine: Engine) -> anyhow::Result<Self> {
        // Held until all are chosen, so that they differ.
        let bind = || TcpListener::bind("127.0.0.1:0").context("no port is free");
        let (dashboard, api, exchange) = (bind()?, bind()?, bind()?);
        Ok(Self {
            engine,
            dashboard_port: dashboard.local_addr()?.port(),
            api_port: api.local_addr()?.port(),
            exchange_port: exchange.local_addr()?.port(),
        })
    }

    /// Compose on the project's files and on those for the test, whatever `.env` says.
    pub fn compose(&self, arguments: &[&str]) -> Command {
        let mut command = self.engine.command();
        command
            .args(["--project-name", PROJECT])
            .args(["--env-file", "docker/compose-test.env"])
            .args(["--file", "docker-compose.yml"])
            .args(["--file", "docker/compose-test.yml"])
            .args(arguments)
            .env("DASHBOARD_PORT", self.dashboard_port.to_string())
            .env("API_PORT", self.api_port.to_string())
            .env("EXCHANGE_PORT", self.exchange_port.to_string());
        command
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.dashboard_port)
    }

    pub fn build(&self) -> anyhow::Result<String> {
        command::run(&mut self.compose(&["build"]))?;
        Ok(String::new())
    }

    /// From nothing to every service healthy.
    pub fn start(&self) -> anyhow::Result<String> {
        self.remove()?;
        command::run(&mut self.compose(&["up", "--detach"]))?;
        self.wait_until_healthy()?;
        Ok(String::new())
    }

    pub fn wait_until_healthy(&self) -> anyhow::Result<()> {
        super::drills::SERVICES
            .into_iter()
            .try_for_each(|service| self.wait_for(service))
    }

    /// Waits until a service runs and is healthy.
    pub fn wait_for(&self, service: &str) -> anyhow::Result<()> {
        until(&format!("{service} is healthy"), || {
            let state = &self.inspect(service)?["State"];
            let health = &state["Health"];
            ensure!(
                state["Running"] == true && health["Status"] == "healthy",
                "{}, {}, {}",
                state["Status"],
                health["Status"],
                health["Log"]
                    .as_array()
                    .and_then(|log| log.last())
                    .unwrap_or(&Value::Null)
            );
            Ok(())
        })
    }

    /// The container of a service, running or not.
    pub fn container(&self, service: &str) -> anyhow::Result<String> {
        let label = |name: &str, value: &str| format!("label=com.docker.compose.{name}={value}");
        let ids = command::output(
            docker()
                .args(["ps", "--all", "--quiet"])
                .args(["--filter", &label("project", PROJECT)])
                .args(["--filter", &label("service", service)]),
        )?;
        let id = ids.lines().next();
        Ok(id
            .with_context(|| format!("{service} has no container"))?
            .to_owned())
    }

    /// What the engine knows of a service's container.
    pub fn inspect(&self, service: &str) -> anyhow::Result<Value> {
        let shown = command::output(docker().arg("inspect").arg(self.container(service)?))?;
        let mut all: Vec<Value> = serde_json::from_str(&shown)?;
        all.pop().context("the engine shows no container")
    }

    /// Runs a program in a service's container.
    pub fn exec(&self, service: &str, program: &[&str]) -> anyhow::Result<Command> {
        let mut command = docker();
        command
            .args(["exec", "--interactive", "--env", "PGUSER=spreadscope"])
            .arg(self.container(service)?)
            .args(program);
        Ok(command)
    }

    /// An answer of the api, by way of the dashboard's web server.
    pub fn get(&self, path: &str) -> anyhow::Result<String> {
        command::output(curl().arg(format!("{}{path}", self.url())))
    }

    pub fn get_json(&self, path: &str) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.get(path)?)?)
    }

    /// An answer of the simulated exchange.
    pub fn exchange(&self, path: &str) -> anyhow::Result<Value> {
        let url = format!("http://127.0.0.1:{}{path}", self.exchange_port);
        Ok(serde_json::from_str(&command::output(curl().arg(url))?)?)
    }

    /// Stops the exchange's time, or lets it go on.
    pub fn pause_exchange(&self, paused: bool) -> anyhow::Result<()> {
        let url = format!("http://127.0.0.1:{}/sim/v1/clock", self.exchange_port);
        let body = format!("{{\"paused\":{paused}}}");
        let header = "content-type: application/json";
        command::output(curl().args(["-H", header, "-d", &body, &url])).map(drop)
    }

    /// `timescale` or `plain`, as the api says.
    pub fn flavour(&self) -> anyhow::Result<String> {
        let mut flavour = None;
        until("the status names a flavour", || {
            let status = self.get_json("/api/v1/status")?;
            flavour = status["database"]["flavour"].as_str().map(str::to_owned);
            ensure!(flavour.is_some(), "{status}");
            Ok(())
        })?;
        flavour.context("the status names no flavour")
    }

    /// Name and version of the database.
    pub fn database(&self) -> anyhow::Result<String> {
        let sql = "SELECT concat_ws(', ', 'PostgreSQL ' || current_setting('server_version'),
                   (SELECT 'TimescaleDB ' || extversion FROM pg_extension WHERE extname = 'timescaledb'))";
        Ok(
            command::output(&mut self.exec("db", &["psql", "-Atc", sql])?)?
                .trim()
                .to_owned(),
        )
    }

    pub fn print_logs(&self) {
        let _ = command::run(&mut self.compose(&["ps", "--all"]));
        let _ = command::run(&mut self.compose(&["logs", "--tail", "30", "--no-color"]));
    }

    /// Containers, network and volumes.
    pub fn remove(&self) -> anyhow::Result<()> {
        command::run(&mut self.compose(&[
            "down",
            "--volumes",
            "--remove-orphans",
            "--timeout",
            "10",
        ]))
    }
}

/// Quiet, failing on errors, and never waiting for ever.
pub fn curl() -> Command {
    let mut curl = command::program("curl");
    curl.args(["-sS", "--fail-with-body", "--max-time", "30"]);
    curl
}
