//! What the dashboard is made of, as one digest.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use sha2::{Digest, Sha256};

/// Everything that the build reads, relative to the project's root.
const READ: [&str; 6] = [
    ".cargo",
    "Cargo.lock",
    "Cargo.toml",
    "crates/api-types",
    "crates/xtask/src/frontend",
    "frontend",
];
/// What the build writes, or what the lock file stands for.
const WRITTEN: [&str; 3] = ["dist", "node_modules", "target"];

/// The digest of the names and contents of all inputs.
pub(super) fn fingerprint(root: &Path) -> anyhow::Result<String> {
    let mut files = Vec::new();
    for entry in READ {
        collect(&root.join(entry), &mut files)?;
    }
    files.sort();
    let mut digest = Sha256::new();
    for file in &files {
        let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        digest.update(file.to_string_lossy().as_bytes());
        digest.update(content.len().to_le_bytes());
        digest.update(content);
    }
    Ok(hex(&digest.finalize()))
}

/// The digest of some bytes, in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() {
        let entries = fs::read_dir(path);
        for entry in entries.with_context(|| format!("cannot list {}", path.display()))? {
            let entry = entry?;
            if !WRITTEN.iter().any(|name| entry.file_name() == *name) {
                collect(&entry.path(), files)?;
            }
        }
    }
    Ok(())
}
