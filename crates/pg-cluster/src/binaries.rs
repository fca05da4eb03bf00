use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    command::postgres_command,
    error::{During, Error, Result},
};

/// Where Debian, Ubuntu and the PGDG packages put each major version.
const PACKAGED: &str = "/usr/lib/postgresql";

/// Where the programs of one PostgreSQL version are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    bin_dir: PathBuf,
    version: String,
}

impl Binaries {
    /// The binaries in the directory that the environment's `PG_BIN_DIR` names, else the newest in
    /// `/usr/lib/postgresql/*/bin`, else those of the `pg_config` on PATH.
    ///
    /// # Errors
    /// [`Error::NoBinaries`] with the command that installs them.
    pub fn find() -> Result<Self> {
        Self::choose(None, None)
    }

    /// As [`find`](Self::find), with `explicit` before everything else, and for the data of `version` only.
    pub(crate) fn choose(explicit: Option<&Path>, version: Option<&str>) -> Result<Self> {
        let explicit = explicit.map(Path::to_owned).or_else(|| {
            std::env::var_os("PG_BIN_DIR")
                .filter(|dir| !dir.is_empty())
                .map(PathBuf::from)
        });
        let (candidates, searched) = match explicit {
            Some(dir) => (vec![dir.clone()], dir.display().to_string()),
            None => {
                let mut candidates = packaged();
                candidates.extend(configured());
                (
                    candidates,
                    format!("PG_BIN_DIR, {PACKAGED}/*/bin and pg_config"),
                )
            }
        };
        let found: Vec<_> = candidates.into_iter().filter_map(Self::at).collect();
        match version {
            None => found.into_iter().next(),
            Some(wanted) => found
                .into_iter()
                .find(|binaries| binaries.version == wanted),
        }
        .ok_or_else(|| Error::NoBinaries {
            version: version.map(str::to_owned),
            searched,
        })
    }

    /// The binaries in `bin_dir`, when the ones that we need are there and run.
    fn at(bin_dir: PathBuf) -> Option<Self> {
        let needed = ["postgres", "initdb", "pg_ctl", "createdb"];
        if !needed.iter().all(|name| bin_dir.join(name).is_file()) {
            return None;
        }
        let output = postgres_command(&bin_dir.join("postgres"))
            .arg("--version")
            .output()
            .ok()?;
        // "postgres (PostgreSQL) 15.20 (Debian …)"
        let text = String::from_utf8_lossy(&output.stdout);
        let number = text.split_once("(PostgreSQL) ")?.1;
        let version: String = number.chars().take_while(char::is_ascii_digit).collect();
        (!version.is_empty()).then_some(Self { bin_dir, version })
    }

    /// The directory of the programs.
    #[must_use]
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// The major version, as in a data directory's `PG_VERSION`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The path of one program.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }

    /// Whether TimescaleDB can be preloaded into this server.
    #[must_use]
    pub fn offers_timescaledb(&self) -> bool {
        self.library_dirs()
            .iter()
            .any(|dir| dir.join("timescaledb.so").is_file())
    }

    /// Where loadable modules are: what the version's own `pg_config` says, else where packages put them.
    fn library_dirs(&self) -> Vec<PathBuf> {
        let asked = ask_pg_config(&self.program("pg_config"), "--pkglibdir");
        if let Some(dir) = asked {
            return vec![dir];
        }
        let prefix = self.bin_dir.parent().unwrap_or(Path::new("/"));
        vec![prefix.join("lib"), prefix.join("lib/postgresql")]
    }
}

/// Newest first.
fn packaged() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(PACKAGED) else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name().and_then(OsStr::to_str)?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, dir)| dir).collect()
}

fn configured() -> Option<PathBuf> {
    ask_pg_config(Path::new("pg_config"), "--bindir")
}

fn ask_pg_config(program: &Path, flag: &str) -> Option<PathBuf> {
    let output = Command::new(program).arg(flag).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| PathBuf::from(text.trim()))
}

/// The version that made `pgdata`; none when there is no cluster in it.
pub(crate) fn version_of(pgdata: &Path) -> Result<Option<String>> {
    let path = pgdata.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(source).during(|| format!("read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_without_the_programs_is_refused_with_the_command_that_installs_them() {
        let dir = tempfile::tempdir().unwrap();
        let error = Binaries::choose(Some(dir.path()), None)
            .unwrap_err()
            .to_string();
        assert!(error.contains("apt-get install postgresql-"), "{error}");
        assert!(error.contains("PG_BIN_DIR"), "{error}");
        assert!(error.contains(dir.path().to_str().unwrap()), "{error}");
    }

    #[test]
    fn data_of_another_version_asks_for_that_version() {
        let error = Binaries::choose(None, Some("9")).unwrap_err().to_string();
        assert!(
            error.contains("of version 9") && error.contains("postgresql-9"),
            "{error}"
        );
    }

    #[test]
    fn the_newest_packaged_version_comes_first() {
        let versions: Vec<u32> = packaged()
            .iter()
            .map(|dir| {
                dir.parent()
                    .unwrap()
                    .file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .parse()
                    .unwrap()
            })
            .collect();
        assert!(versions.is_sorted_by(|a, b| a > b), "{versions:?}");
        if let (Some(newest), Ok(found)) = (versions.first(), Binaries::choose(None, None)) {
            assert_eq!(found.version(), newest.to_string());
        }
    }
}
