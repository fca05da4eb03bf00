//! npm packages by lock file.

use std::fs;

use anyhow::Context;

use super::inputs;
use crate::{command, workspace};

/// Installs what `<folder>/package-lock.json` says, unless that was done before.
///
/// # Errors
/// The lock file cannot be read, or npm fails.
pub fn install(folder: &str) -> anyhow::Result<()> {
    let folder_path = workspace::root().join(folder);
    let lock_path = folder_path.join("package-lock.json");
    let lock =
        fs::read(&lock_path).with_context(|| format!("cannot read {}", lock_path.display()))?;
    let lock = inputs::digest(&lock);
    let stamp = folder_path.join("node_modules/.lock-digest");
    if fs::read_to_string(&stamp).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    command::announce(&format!("npm packages of {folder}"));
    let npm = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    command::run(command::program("npm").args(npm).args(["--prefix", folder]))?;
    // A lock without packages leaves no folder behind.
    fs::create_dir_all(folder_path.join("node_modules"))?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}
