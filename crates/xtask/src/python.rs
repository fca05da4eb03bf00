//! The Python tools that the project compares its figures with.

use std::path::{Path, PathBuf};

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
