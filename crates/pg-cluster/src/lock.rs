use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::error::{During, Error, Result};

/// Keeps a directory for one process at a time.
///
/// The kernel releases the lock when the process ends in whatever way, so a `kill -9` never leaves a stale one. The
/// file contains the holder's process id for the message that the next one gets.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl DirLock {
    /// Takes the lock file `name` in `dir`, which must exist.
    ///
    /// # Errors
    /// [`Error::InUse`] with the holder's process id when another process has it, [`Error::Io`] when the file
    /// cannot be made.
    pub fn acquire(dir: &Path, name: &str) -> Result<Self> {
        let path = dir.join(name);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .open(&path)
            .during(|| format!("open the lock file {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let pid = file
                    .read_to_string(&mut pid)
                    .ok()
                    .map(|_| pid.trim().to_owned());
                let pid = pid.filter(|pid| !pid.is_empty());
                return Err(Error::InUse {
                    dir: dir.to_owned(),
                    pid,
                });
            }
            Err(TryLockError::Error(source)) => {
                return Err(Error::Io {
                    action: format!("lock {}", path.display()),
                    source,
                });
            }
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).during(|| format!("write {}", path.display()))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_holder_is_refused_with_the_first_ones_pid_until_the_first_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirLock::acquire(dir.path(), "lock").unwrap();
        let refused = DirLock::acquire(dir.path(), "lock").unwrap_err();
        let Error::InUse { pid, .. } = refused else {
            panic!("{refused}")
        };
        assert_eq!(
            pid.as_deref(),
            Some(std::process::id().to_string().as_str())
        );
        drop(first);
        DirLock::acquire(dir.path(), "lock").unwrap();
    }
}
