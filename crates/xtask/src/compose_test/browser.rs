//! The browser tests that need nothing but an address.

use std::path::PathBuf;

use super::stack::Stack;
use crate::{command, frontend, setup};

pub struct Browser(PathBuf);

impl Browser {
    pub fn set_up() -> anyhow::Result<Self> {
        let chromium = setup::chromium()?;
        frontend::install_npm_packages("e2e")?;
        Ok(Self(chromium))
    }

    pub fn test(&self, stack: &Stack) -> anyhow::Result<String> {
        let mut node = command::program("npm");
        node.args(["run", "--silent", "deployed", "--prefix", "e2e"])
            .env("CHROMIUM", &self.0)
            .env("DASHBOARD_URL", stack.url());
        let mut passed = String::new();
        let succeeded = command::run_reading(&mut node, |line| {
            let line = line.trim_start_matches(['#', 'ℹ', ' ']);
            if let Some(count) = line.strip_prefix("pass ") {
                passed = format!("{} tests", count.trim());
            }
        })?;
        anyhow::ensure!(succeeded, "tests in the browser failed");
        Ok(passed)
    }
}
