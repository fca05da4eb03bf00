//! A directory for the Unix socket: short, and nobody else's.

use std::{
    fs::{self, DirBuilder, Permissions},
    hash::{DefaultHasher, Hash, Hasher},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use crate::{
    account::Account,
    error::{Error, Result},
};

/// `sun_path` has 108 bytes, the last of which is zero.
const LONGEST_PATH_BYTES: usize = 107;

/// The directory that was asked for, else `socket` in the data directory, else one with a short name in the runtime
/// directory or in /tmp. The same data directory gets the same one every time.
pub(crate) fn choose(
    asked: Option<&Path>,
    data_dir: &Path,
    port: u16,
    account: &Account,
) -> Result<PathBuf> {
    let candidates = match asked {
        Some(dir) => vec![dir.to_owned()],
        None => candidates(data_dir, runtime_dir(account)),
    };
    let mut refused = Vec::new();
    for dir in candidates {
        match prepare(&dir, port, account) {
            Ok(()) => return Ok(dir),
            Err(reason) => refused.push(format!("{}: {reason}", dir.display())),
        }
    }
    Err(Error::NoSocketDir {
        reason: refused.join("; "),
    })
}

fn candidates(data_dir: &Path, runtime_dir: Option<PathBuf>) -> Vec<PathBuf> {
    let mut hasher = DefaultHasher::new();
    data_dir.hash(&mut hasher);
    let short = format!("spreadscope-{:016x}", hasher.finish());
    let mut all = vec![data_dir.join("socket")];
    all.extend(runtime_dir.map(|dir| dir.join(&short)));
    all.push(Path::new("/tmp").join(&short));
    all
}

/// Root's is /run, which only root can write to; a user's is where the session manager says.
fn runtime_dir(account: &Account) -> Option<PathBuf> {
    if account.differs() {
        return Some(PathBuf::from("/run"));
    }
    std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute())
}

/// Makes `dir` ours and private. In /tmp somebody may have made it before us, for a trap.
fn prepare(dir: &Path, port: u16, account: &Account) -> Result<(), String> {
    let length = dir.as_os_str().as_bytes().len() + format!("/.s.PGSQL.{port}").len();
    if length > LONGEST_PATH_BYTES {
        return Err(format!(
            "{length} bytes with the socket's name, at most {LONGEST_PATH_BYTES} fit"
        ));
    }
    let created = match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error.to_string()),
    };
    if created {
        account.own(dir).map_err(|error| error.to_string())?;
    }
    let metadata = fs::symlink_metadata(dir).map_err(|error| error.to_string())?;
    if !metadata.is_dir() {
        return Err("is not a directory".to_owned());
    }
    if metadata.uid() != account.uid() {
        return Err(format!("belongs to user id {}", metadata.uid()));
    }
    if metadata.mode() & 0o077 != 0 {
        fs::set_permissions(dir, Permissions::from_mode(0o700))
            .map_err(|error| error.to_string())?;
    }
    account
        .check_may_enter(dir)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_data_directory_gets_a_short_socket_directory_and_always_the_same() {
        let root = tempfile::tempdir().unwrap();
        let long = root.path().join("d".repeat(100));
        fs::create_dir(&long).unwrap();
        let account = Account::myself_for_tests();
        let chosen = choose(None, &long, 5432, &account).unwrap();
        assert!(
            chosen.as_os_str().len() + 14 <= LONGEST_PATH_BYTES,
            "{}",
            chosen.display()
        );
        assert_eq!(choose(None, &long, 5432, &account).unwrap(), chosen);
        fs::remove_dir(chosen).unwrap();
    }

    #[test]
    fn somebody_elses_directory_and_a_symbolic_link_are_not_used() {
        let root = tempfile::tempdir().unwrap();
        let account = Account::myself_for_tests();
        let target = root.path().join("target");
        fs::create_dir(&target).unwrap();
        let link = root.path().join("link");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let error = choose(Some(&link), root.path(), 5432, &account)
            .unwrap_err()
            .to_string();
        assert!(error.contains("not a directory"), "{error}");
    }

    #[test]
    fn an_open_directory_is_closed() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("open");
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, Permissions::from_mode(0o777)).unwrap();
        choose(Some(&dir), root.path(), 5432, &Account::myself_for_tests()).unwrap();
        assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
    }
}
