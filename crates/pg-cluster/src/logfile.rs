//! The server's log file: opened for it, kept small, quoted in errors.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::error::{During, Result};

/// A log that has grown past this is put aside at the next start, in place of the one before it.
const ROTATE_ABOVE_BYTES: u64 = 16 << 20;
const TAIL_LINES: usize = 15;
const TAIL_BYTES: u64 = 8 << 10;

/// Opens `path` for appending and returns where this run's lines begin.
pub(crate) fn open(path: &Path) -> Result<(File, u64)> {
    let action = || format!("open the server's log file {}", path.display());
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > ROTATE_ABOVE_BYTES) {
        fs::rename(path, old(path)).during(action)?;
    }
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .during(action)?;
    let length = file.metadata().during(action)?.len();
    Ok((file, length))
}

fn old(path: &Path) -> PathBuf {
    path.with_extension("log.old")
}

/// The last lines that were written after byte `from`.
pub(crate) fn tail(path: &Path, from: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(TAIL_BYTES))))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
        }
        Err(error) => format!("(cannot be read: {error})"),
    }
}

/// The last line that was written after byte `from`.
pub(crate) fn last_line(path: &Path, from: u64) -> String {
    tail(path, from)
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_this_runs_last_lines_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("postgres.log");
        fs::write(&path, "yesterday\n").unwrap();
        let (_file, from) = open(&path).unwrap();
        let today: String = (0..40).map(|n| format!("line {n}\n")).collect();
        fs::write(&path, format!("yesterday\n{today}")).unwrap();
        let tail = tail(&path, from);
        assert_eq!(tail.lines().count(), TAIL_LINES);
        assert!(tail.ends_with("line 39") && !tail.contains("yesterday"));
        assert_eq!(last_line(&path, from), "line 39");
    }

    #[test]
    fn a_large_log_is_put_aside_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("postgres.log");
        File::create(&path)
            .unwrap()
            .set_len(ROTATE_ABOVE_BYTES + 1)
            .unwrap();
        let (_file, from) = open(&path).unwrap();
        assert_eq!(from, 0);
        assert!(old(&path).exists());
    }
}
