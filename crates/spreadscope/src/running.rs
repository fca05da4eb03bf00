//! Where a stack that runs keeps its database, for commands that are asked nothing but what they are to do.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::place::{Kind, default_dir};

const FILE: &str = "database-url";

/// The URL stands in the data directory for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Announced(PathBuf);

impl Drop for Announced {
    fn drop(&mut self) {
        // A stale one leads to a database that does not answer, which is said then.
        let _ = fs::remove_file(&self.0);
    }
}

/// Says where the database of the stack on `dir` is, to its owner alone, as the URL holds a password.
pub(crate) fn announce(dir: &Path, url: &str) -> anyhow::Result<Announced> {
    let path = dir.join(FILE);
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)?;
        writeln!(file, "{url}")
    };
    write().with_context(|| format!("cannot write {} (--data-dir)", path.display()))?;
    Ok(Announced(path))
}

/// The database of the stack that runs on `dir`, or on one of the default directories, live data first.
pub(crate) fn find(dir: Option<&Path>) -> Option<String> {
    let known = match dir {
        Some(dir) => vec![dir.to_owned()],
        None => [Kind::Live, Kind::Demo]
            .into_iter()
            .filter_map(|kind| default_dir(kind).ok())
            .collect(),
    };
    let read = |dir: PathBuf| fs::read_to_string(dir.join(FILE)).ok();
    known
        .into_iter()
        .find_map(read)
        .map(|url| url.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_database_is_found_while_its_stack_runs_and_by_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(find(Some(dir.path())), None);
        let announced = announce(dir.path(), "postgres://a:secret@b/c").unwrap();
        assert_eq!(
            find(Some(dir.path())).as_deref(),
            Some("postgres://a:secret@b/c")
        );
        let mode = fs::metadata(dir.path().join(FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(announced);
        assert_eq!(find(Some(dir.path())), None);
    }
}
