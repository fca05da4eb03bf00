//! The JavaScript side of the module.
//!
//! wasm-opt is left out on purpose: after the compiler's own size passes it takes off a few per cent of what is transferred, for most of a
//! minute of everybody's first build.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use wasm_bindgen_cli_support::Bindgen;

use super::inputs;
use crate::command;

/// The folder that holds `frontend.js`, `frontend_bg.wasm` and `snippets/`, as wasm-bindgen names them.
pub(super) struct Bindings {
    pub(super) folder: PathBuf,
}

/// Runs wasm-bindgen, unless it has seen this module before.
pub(super) fn generate(module: &Path, wasm_dir: &Path) -> anyhow::Result<Bindings> {
    let folder = wasm_dir.join("bindings");
    let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let digest = inputs::digest(&bytes);
    let stamp = folder.join("digest");
    if fs::read_to_string(&stamp).is_ok_and(|last| last == digest) {
        return Ok(Bindings { folder });
    }
    // Snippets of an earlier version must not stay behind.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    command::announce("dashboard: wasm-bindgen");
    let started = Instant::now();
    Bindgen::new()
        .input_bytes("frontend", bytes)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&folder)
        .context("wasm-bindgen refuses the module")?;
    eprintln!("    {:.1} s", started.elapsed().as_secs_f64());
    fs::write(stamp, digest)?;
    Ok(Bindings { folder })
}
