//! Builds the dashboard into `frontend/dist`: Leptos to WebAssembly, wasm-bindgen, Plotly.js from npm, every file named by its
//! content and compressed ahead of time.
//!
//! Each step is skipped when what it reads is what it read last time, so calling this before every start costs milliseconds.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;

use crate::{command, workspace};

mod assets;
mod bindings;
mod compress;
mod inputs;
mod npm;
mod pages;
mod plotly;
mod sizes;
mod toolchain;
mod wasm;

pub use npm::install as install_npm_packages;
pub use toolchain::Toolchain;

/// Set to anything, it asks for a build that is quick to make instead of quick to load, for work on the dashboard.
const DEBUG: &str = "SPREADSCOPE_DASHBOARD_DEBUG";

/// Flags of `cargo xtask frontend`.
#[derive(Args)]
pub struct Arguments {
    /// Compile what the dashboard depends on and nothing else, for a layer of an image that stays the same until a
    /// dependency changes.
    #[arg(long)]
    pub dependencies: bool,
}

/// How the dashboard is built.
pub struct Options {
    /// Where cargo puts the WebAssembly build: apart from the native one, so that neither waits for the other.
    pub wasm_dir: PathBuf,
    /// Which compiler to take; decided by what the machine offers when absent.
    pub toolchain: Option<Toolchain>,
    /// Quick to build instead of quick to load, for work on the dashboard.
    pub debug: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wasm_dir: workspace::target_dir().join("wasm"),
            toolchain: Toolchain::from_env(),
            debug: std::env::var_os(DEBUG).is_some(),
        }
    }
}

/// Builds what has changed. Returns the folder to serve.
///
/// # Errors
/// What cannot be installed or built, with the command that would help.
pub fn build(options: &Options) -> anyhow::Result<PathBuf> {
    let root = workspace::root();
    let dist = root.join("frontend/dist");
    let stamp = options.wasm_dir.join("dashboard.stamp");
    let inputs = format!("{} debug: {}", inputs::fingerprint(&root)?, options.debug);
    if is_built(&dist) && fs::read_to_string(&stamp).is_ok_and(|last| last == inputs) {
        return Ok(dist);
    }
    npm::install("frontend")?;
    let module = wasm::compile(options)?;
    let bindings = bindings::generate(&module, &options.wasm_dir)?;
    let plotly = plotly::bundle(&options.wasm_dir)?;
    let frontend = root.join("frontend");
    pages::assemble(&frontend, &bindings, &plotly, &dist, !options.debug)?;
    if !options.debug {
        sizes::report(&dist)?;
    }
    // Written last: a build that was interrupted is done again.
    fs::write(&stamp, inputs).with_context(|| format!("cannot write {}", stamp.display()))?;
    command::announce(&format!("dashboard built: {}", dist.display()));
    Ok(dist)
}

/// Compiles what the dashboard depends on, where its own sources may be missing.
///
/// # Errors
/// As for [`build`].
pub fn build_dependencies(options: &Options) -> anyhow::Result<()> {
    wasm::compile(options).map(drop)
}

fn is_built(dist: &Path) -> bool {
    dist.join("index.html").is_file()
}
