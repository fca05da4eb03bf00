//! Tools from the Python package index, each in an environment below target/.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

use crate::{command, packages, workspace};

/// A Python with the packages that the file pins, in an environment of its own.
pub fn with(requirements: &Path) -> anyhow::Result<PathBuf> {
    let environment = workspace::target_dir().join("python");
    let python = environment.join("bin/python");
    if !python.is_file() {
        command::announce("Python packages to compare with");
        let mut venv = command::program("python3");
        venv.args(["-m", "venv"]).arg(&environment);
        if command::output(&mut venv).is_err() {
            packages::install(&["python3-venv"], "the comparison needs Python with venv")?;
            command::run(&mut venv)?;
        }
    }
    let mut pip = command::program(&python.to_string_lossy());
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    command::run(pip.arg(requirements))?;
    Ok(python)
}

/// A program of a package, which is named with its version as `name==1.2.3`.
///
/// # Errors
/// When it cannot be installed, with what it takes.
pub fn tool(package: &str, program: &str) -> anyhow::Result<PathBuf> {
    let name = package.split('=').next().unwrap_or(package);
    let needed = format!(
        "{name} needs Python 3.10 or later with venv and pip, and the Python package index. On Debian and Ubuntu:  \
         sudo apt-get install python3-venv"
    );
    let folder = workspace::target_dir().join("tools").join(name);
    let (program, stamp) = (folder.join("bin").join(program), folder.join("installed"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == package) {
        return Ok(program);
    }
    if !command::exists("python3") {
        bail!("python3 is missing. {needed}");
    }
    command::announce(&format!("installing {package} into {}", folder.display()));
    let create = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&folder)
        .status();
    if !create.is_ok_and(|status| status.success()) {
        bail!("python3 cannot create a virtual environment. {needed}");
    }
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    command::run(
        Command::new(folder.join("bin/python"))
            .args(pip)
            .arg(package),
    )
    .context(needed)?;
    fs::write(&stamp, package).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(program)
}
