//! The data directory: where it is, whose it is, and for which kind of data.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use pg_cluster::DirLock;

/// Kinds of data that never share a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Of a simulated or replayed exchange.
    Demo,
    /// Of Binance.
    Live,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Live => "live",
        }
    }

    const fn command(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Live => "up",
        }
    }
}

/// A data directory that is ours while this value lives.
#[derive(Debug)]
pub(crate) struct Place {
    dir: PathBuf,
    _lock: DirLock,
}

impl Place {
    /// Takes `asked`, or the default for this kind and user.
    pub(crate) fn take(asked: Option<&Path>, kind: Kind) -> anyhow::Result<Self> {
        let dir = match asked {
            Some(dir) => dir.to_owned(),
            None => default_dir(kind)?,
        };
        create(&dir).with_context(|| {
            format!(
                "cannot use the data directory {}: choose another with --data-dir",
                dir.display()
            )
        })?;
        let dir =
            fs::canonicalize(&dir).with_context(|| format!("cannot find {}", dir.display()))?;
        let lock = match DirLock::acquire(&dir, "spreadscope.lock") {
            Err(pg_cluster::Error::InUse { dir, pid }) => bail!(
                "another spreadscope (process {}) is running on the data directory {}: stop it, or give this one \
                 a directory of its own with --data-dir (and a port of its own with --bind)",
                pid.as_deref().unwrap_or("unknown"),
                dir.display()
            ),
            other => other.context("the data directory (--data-dir) cannot be locked")?,
        };
        mark(&dir, kind)?;
        Ok(Self { dir, _lock: lock })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

/// Where data of this kind is kept unless somebody says otherwise.
pub(crate) fn default_dir(kind: Kind) -> anyhow::Result<PathBuf> {
    let myself = fs::metadata("/proc/self")
        .context("cannot read /proc/self")?
        .uid();
    let base = if myself == 0 {
        PathBuf::from("/var/lib")
    } else {
        let absolute = |name: &str| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|dir| dir.is_absolute())
        };
        absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
            .context("neither XDG_DATA_HOME nor HOME says where data goes: choose a directory with --data-dir")?
    };
    Ok(base.join("spreadscope").join(kind.name()))
}

fn create(dir: &Path) -> std::io::Result<()> {
    // The database's account has to pass; what is private in it is private by itself.
    DirBuilder::new().recursive(true).mode(0o755).create(dir)
}

/// Simulated prices among live ones could never be told apart again.
fn mark(dir: &Path, kind: Kind) -> anyhow::Result<()> {
    let path = dir.join("kind");
    match fs::read_to_string(&path) {
        Ok(text) if text.trim() == kind.name() => Ok(()),
        Ok(text) => {
            let other = if text.trim() == "live" {
                Kind::Live
            } else {
                Kind::Demo
            };
            bail!(
                "{} holds the data of `spreadscope {}`: choose another directory for `spreadscope {}` with --data-dir",
                dir.display(),
                other.command(),
                kind.command()
            )
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::write(&path, format!("{}\n", kind.name()))
                .with_context(|| format!("cannot write {} (--data-dir)", path.display()))
        }
        Err(error) => {
            Err(error).with_context(|| format!("cannot read {} (--data-dir)", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_taker_is_told_who_has_the_directory_and_which_flag_helps() {
        let dir = tempfile::tempdir().unwrap();
        let _place = Place::take(Some(dir.path()), Kind::Demo).unwrap();
        let error = Place::take(Some(dir.path()), Kind::Demo)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&format!("process {}", std::process::id())),
            "{error}"
        );
        assert!(
            error.contains("--data-dir") && error.contains(dir.path().to_str().unwrap()),
            "{error}"
        );
    }

    #[test]
    fn live_and_simulated_data_never_share_a_directory() {
        let dir = tempfile::tempdir().unwrap();
        drop(Place::take(Some(dir.path()), Kind::Demo).unwrap());
        drop(Place::take(Some(dir.path()), Kind::Demo).unwrap());
        let error = Place::take(Some(dir.path()), Kind::Live)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("spreadscope demo") && error.contains("--data-dir"),
            "{error}"
        );
    }
}
