//! The JavaScript side of the module, and the module as small as it gets.

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

/// Runs wasm-bindgen and wasm-opt, unless they have seen this module before.
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
    optimise(&folder.join("frontend_bg.wasm"))?;
    fs::write(stamp, digest)?;
    Ok(Bindings { folder })
}

/// wasm-opt finds what the compiler's own size passes leave.
fn optimise(module: &Path) -> anyhow::Result<()> {
    command::announce("dashboard: wasm-opt");
    let started = Instant::now();
    let before = fs::metadata(module)?.len();
    command::run(
        command::program("node")
            .arg("frontend/node_modules/binaryen/bin/wasm-opt")
            .args(["-Oz", "--all-features", "-o"])
            .arg(module)
            .arg(module),
    )?;
    let after = fs::metadata(module)?.len();
    eprintln!(
        "    {:.1} s, {} kB to {} kB",
        started.elapsed().as_secs_f64(),
        before / 1000,
        after / 1000
    );
    Ok(())
}
