//! The container engine of this machine, and its compose.

use std::process::Command;

use crate::command;

/// Docker with one of the two generations of Compose.
pub struct Engine {
    compose: &'static [&'static str],
}

impl Engine {
    /// What there is; otherwise what is missing.
    pub fn find() -> Result<Self, &'static str> {
        if !command::exists("docker") {
            return Err("there is no docker on the PATH");
        }
        if command::output(docker().arg("info")).is_err() {
            return Err("docker is installed, but no engine answers");
        }
        Self::compose()
            .ok_or("docker is there, but neither `docker compose` nor `docker-compose` is")
    }

    /// Compose, which needs no engine to read a file.
    pub fn compose() -> Option<Self> {
        let works = |words: &[&str]| {
            let mut version = command::program(words[0]);
            command::output(version.args(&words[1..]).arg("version")).is_ok()
        };
        [&["docker", "compose"][..], &["docker-compose"][..]]
            .into_iter()
            .find(|words| command::exists(words[0]) && works(words))
            .map(|compose| Self { compose })
    }

    pub fn command(&self) -> Command {
        let mut command = command::program(self.compose[0]);
        command.args(&self.compose[1..]);
        command
    }
}

pub fn docker() -> Command {
    command::program("docker")
}
