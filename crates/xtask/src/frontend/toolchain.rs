//! Which compiler turns Rust into WebAssembly.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;

use crate::{command, packages};

pub(super) const TARGET: &str = "wasm32-unknown-unknown";
const OVERRIDE: &str = "SPREADSCOPE_WASM_TOOLCHAIN";
/// A download of 30 MB; a network that swallows packets must not hold up the build for ever.
const TARGET_ADD_LIMIT: Duration = Duration::from_secs(180);
/// Debian and Ubuntu carry a second compiler, new enough for browsers, with the standard library's sources.
const DISTRIBUTION: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// Where the compiler comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The toolchain that builds everything else, with the target's standard library from rustup.
    Native,
    /// The distribution's toolchain for building web browsers, which compiles the standard library too.
    Distribution,
}

impl Toolchain {
    /// The choice made by `SPREADSCOPE_WASM_TOOLCHAIN` (`native` or `distribution`), if any.
    pub fn from_env() -> Option<Self> {
        match std::env::var(OVERRIDE).ok()?.as_str() {
            "native" => Some(Self::Native),
            "distribution" => Some(Self::Distribution),
            _ => None,
        }
    }

    /// Takes what the machine has, else installs what it takes.
    pub(super) fn find() -> anyhow::Result<Self> {
        if native_is_ready() {
            return Ok(Self::Native);
        }
        if command::exists("rustup") {
            command::announce(&format!("rustup target add {TARGET}"));
            if succeeds_within(&mut target_add(), TARGET_ADD_LIMIT) && native_is_ready() {
                return Ok(Self::Native);
            }
            eprintln!("rustup cannot add it here; taking the distribution's compiler instead");
        }
        Self::Distribution.prepare()
    }

    /// Installs what this toolchain takes and is not there yet.
    pub(super) fn prepare(self) -> anyhow::Result<Self> {
        if self == Self::Distribution && Distribution::locate().is_none() {
            let why = format!("the dashboard needs a compiler for {TARGET}");
            packages::install(&DISTRIBUTION, &why).with_context(|| {
                format!("or, where rustup has network access:  rustup target add {TARGET}")
            })?;
        }
        Ok(self)
    }

    /// The cargo that builds for the browser, without the sub-command's arguments.
    pub(super) fn cargo_build(self) -> anyhow::Result<Command> {
        match self {
            Self::Native => {
                let mut cargo = command::cargo();
                cargo.arg("build");
                Ok(cargo)
            }
            Self::Distribution => Ok(Distribution::locate()
                .context("the distribution's compiler was installed, but is not where it belongs")?
                .cargo_build()),
        }
    }
}

fn target_add() -> Command {
    let mut rustup = command::program("rustup");
    rustup.args(["target", "add", TARGET]);
    rustup
}

/// Asks the compiler that cargo would use, so that an override or a toolchain without rustup counts too.
fn native_is_ready() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let mut sysroot = Command::new(rustc);
    sysroot.args(["--print", "target-libdir", "--target", TARGET]);
    command::output(&mut sysroot).is_ok_and(|dir| PathBuf::from(dir.trim()).is_dir())
}

fn succeeds_within(program: &mut Command, limit: Duration) -> bool {
    let Ok(mut child) = program.stdin(Stdio::null()).spawn() else {
        return false;
    };
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(100)),
            _ => {
                // It may have ended by itself meanwhile; either way it is not running any more.
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}

/// The parts of the distribution's toolchain.
struct Distribution {
    cargo: PathBuf,
    rustc: PathBuf,
    linker: PathBuf,
}

impl Distribution {
    fn locate() -> Option<Self> {
        let file = |candidates: &[&str]| {
            let mut paths = candidates.iter().map(PathBuf::from);
            paths.find(|path| path.is_file())
        };
        let parts = Self {
            cargo: file(&["/usr/bin/cargo"])?,
            rustc: file(&["/usr/bin/rustc"])?,
            linker: file(&["/usr/bin/wasm-ld"])?,
        };
        let sources =
            command::output(Command::new(&parts.rustc).args(["--print", "sysroot"])).ok()?;
        let sources = PathBuf::from(sources.trim()).join("lib/rustlib/src/rust/library/std");
        sources.is_dir().then_some(parts)
    }

    fn cargo_build(self) -> Command {
        let mut cargo = command::program(&self.cargo.to_string_lossy());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            // Set by the cargo that runs this task, for itself.
            if name.starts_with("CARGO_PKG_") || name.starts_with("RUSTUP_") {
                cargo.env_remove(&*name);
            }
        }
        cargo
            .args(["build", "-Zbuild-std=std,panic_abort"])
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", &self.rustc)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &self.linker)
            .env_remove("CARGO")
            .env_remove("RUSTDOC");
        cargo
    }
}
