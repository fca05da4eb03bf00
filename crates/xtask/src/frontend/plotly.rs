//! Plotly.js with what the charts use: `frontend/plotly` says what that is.

use std::path::{Path, PathBuf};

use crate::command;

/// The bundle, made anew: it takes a second.
pub(super) fn bundle(wasm_dir: &Path) -> anyhow::Result<PathBuf> {
    let bundle = wasm_dir.join("plotly.js");
    command::announce("dashboard: bundling Plotly.js");
    let mut node = command::program("node");
    command::run(node.arg("frontend/plotly/bundle.mjs").arg(&bundle))?;
    Ok(bundle)
}
