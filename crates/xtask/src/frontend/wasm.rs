//! Rust to WebAssembly.

use std::path::PathBuf;

use anyhow::bail;

use super::{Options, Toolchain, toolchain::TARGET};
use crate::command;

/// Cargo's profile, made for size in the root Cargo.toml or for quick builds, and the folder that cargo names after it.
const fn profile(options: &Options) -> (&'static str, &'static str) {
    if options.debug {
        ("dev", "debug")
    } else {
        ("web", "web")
    }
}

/// Compiles the `frontend` crate. Returns the module that the linker wrote.
pub(super) fn compile(options: &Options) -> anyhow::Result<PathBuf> {
    let toolchain = match options.toolchain {
        Some(chosen) => chosen.prepare()?,
        None => Toolchain::find()?,
    };
    let (profile, folder) = profile(options);
    command::announce("dashboard: Rust to WebAssembly (minutes the first time)");
    let mut cargo = toolchain.cargo_build()?;
    cargo
        .args(["--package", "frontend", "--target", TARGET])
        .args(["--profile", profile, "--locked"])
        .arg("--target-dir")
        .arg(&options.wasm_dir)
        // Flags meant for the native build, such as warnings as errors or a linker, do not fit here.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        // One type for all of Leptos' views instead of one for each nesting of them: far less code.
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "--cfg=erase_components",
        );
    command::run(&mut cargo)?;
    let module = options
        .wasm_dir
        .join(TARGET)
        .join(folder)
        .join("frontend.wasm");
    if !module.is_file() {
        bail!("cargo succeeded, but there is no {}", module.display());
    }
    Ok(module)
}
