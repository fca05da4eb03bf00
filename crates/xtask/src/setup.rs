//! What the other tasks need on the machine, installed by the task that needs it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use crate::{command, frontend, packages};

/// Everything that any task needs, so that what follows works offline.
pub fn all() -> anyhow::Result<()> {
    let postgres = postgres()?;
    let chromium = chromium()?;
    let dashboard = dashboard()?;
    frontend::install_npm_packages("e2e")?;
    println!("PostgreSQL  {}", postgres.display());
    println!("Chromium    {}", chromium.display());
    println!("Dashboard   {}", dashboard.display());
    Ok(())
}

/// PostgreSQL's server binaries, without a system-wide cluster. Returns their folder.
pub fn postgres() -> anyhow::Result<PathBuf> {
    if let Some(folder) = postgres_folder() {
        return Ok(folder);
    }
    packages::without_system_cluster(|| {
        packages::install(
            &["postgresql-common"],
            "PostgreSQL's server programs are missing",
        )?;
        packages::install(&["postgresql"], "PostgreSQL's server programs are missing")
    })?;
    postgres_folder().context("PostgreSQL was installed, but initdb is nowhere to be found")
}

/// The dashboard, built into frontend/dist. Returns that folder.
pub fn dashboard() -> anyhow::Result<PathBuf> {
    node()?;
    frontend::build(&frontend::Options::default())
}

/// What the dashboard is built from besides its own sources.
pub fn dashboard_dependencies() -> anyhow::Result<()> {
    frontend::build_dependencies(&frontend::Options::default())
}

/// A Chromium for the browser tests.
pub fn chromium() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Ok(path.into());
    }
    let find = || {
        ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .flat_map(|name| {
                ["/usr/bin", "/usr/local/bin", "/snap/bin"].map(|dir| Path::new(dir).join(name))
            })
            .find(|path| path.is_file())
    };
    if find().is_none() {
        packages::install(&["chromium"], "the browser tests need Chromium")?;
    }
    find().context(
        "Chromium was installed, but is not where it was expected; set CHROMIUM to its path",
    )
}

/// Whether that PostgreSQL has TimescaleDB installed.
pub fn offers_timescaledb(bin_dir: &Path) -> bool {
    // pg_config comes with the client library's package on Debian and may be missing; the server's own
    // libraries lie beside its programs there.
    let library_dir = command::output(Command::new(bin_dir.join("pg_config")).arg("--pkglibdir"))
        .map_or_else(
            |_| bin_dir.join("../lib"),
            |folder| Path::new(folder.trim()).to_owned(),
        );
    library_dir.join("timescaledb.so").is_file()
}

fn node() -> anyhow::Result<()> {
    if command::exists("node") && command::exists("npm") {
        return Ok(());
    }
    packages::install(&["nodejs", "npm"], "Node.js and npm are missing")
}

fn postgres_folder() -> Option<PathBuf> {
    let named = std::env::var_os("PG_BIN_DIR").map(PathBuf::from);
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<_> = debian.map(|entry| entry.path().join("bin")).collect();
    versions.sort();
    let config = command::output(command::program("pg_config").arg("--bindir"));
    let on_path = config.ok().map(|folder| PathBuf::from(folder.trim()));
    named
        .into_iter()
        .chain(versions.into_iter().rev())
        .chain(on_path)
        .find(|folder| folder.join("initdb").is_file())
}
