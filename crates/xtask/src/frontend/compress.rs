//! Compressed forms beside the files, so that no server has to compress.

use std::path::{Path, PathBuf};

use crate::command;

/// What shrinks; fonts and pictures are compressed already.
const EXTENSIONS: [&str; 5] = ["css", "html", "js", "svg", "wasm"];
/// Brotli and gzip, as servers look for them.
pub(super) const SUFFIXES: [&str; 2] = [".br", ".gz"];

/// Compresses those of the files that shrink and are not compressed yet.
///
/// Node's zlib does both formats natively; compiling a compressor in Rust would take longer than the work.
pub(super) fn files<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> anyhow::Result<()> {
    let due: Vec<_> = files
        .into_iter()
        .filter(|path| shrinks(path))
        .filter(|path| !SUFFIXES.iter().all(|suffix| with(path, suffix).is_file()))
        .collect();
    if due.is_empty() {
        return Ok(());
    }
    command::announce(&format!("dashboard: compressing {} files", due.len()));
    let mut node = command::program("node");
    node.arg("crates/xtask/src/frontend/compress.mjs").args(due);
    command::run(&mut node)
}

/// The compressed form of a file.
pub(super) fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.to_owned().into_os_string();
    path.push(suffix);
    path.into()
}

/// The file of which this may be a compressed form.
pub(super) fn original(path: &Path) -> PathBuf {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("br" | "gz") => path.with_extension(""),
        _ => path.to_owned(),
    }
}

fn shrinks(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}
