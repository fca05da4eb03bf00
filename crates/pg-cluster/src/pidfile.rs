//! What `postmaster.pid` and `/proc` say about a server in a data directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The lines of `postmaster.pid` that we use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: u32,
    pub(crate) socket_dir: PathBuf,
    pub(crate) status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Recovering or not that far yet.
    Starting,
    /// Takes connections.
    Ready,
    Stopping,
}

impl PidFile {
    pub(crate) fn path(pgdata: &Path) -> PathBuf {
        pgdata.join("postmaster.pid")
    }

    /// None when there is no such file; a file that is being written counts as starting.
    pub(crate) fn read(pgdata: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(Self::path(pgdata)).ok()?)
    }

    /// Lines: pid, data directory, start time, port, socket directory, listen address, shared memory key, status.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        let socket_dir = PathBuf::from(lines.nth(3).unwrap_or_default().trim());
        let status = match lines.nth(2).unwrap_or_default().trim() {
            "ready" | "standby" => Status::Ready,
            "stopping" => Status::Stopping,
            _ => Status::Starting,
        };
        Some(Self {
            pid,
            socket_dir,
            status,
        })
    }
}

/// Whether a process with this id exists and has not ended (an orphan may wait for ever to be reaped where process 1
/// does not do it).
pub(crate) fn is_alive(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    // "pid (name) state …", where the name may contain anything.
    let state = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.trim_start().chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// Whether process `pid` is the server of `pgdata`, not a stranger that got its number.
pub(crate) fn is_server_of(pid: u32, pgdata: &Path) -> bool {
    if !is_alive(pid) {
        return false;
    }
    // The command line is readable by everybody; the working directory is not in a container without ptrace rights.
    let command_line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut arguments = command_line.split(|byte| *byte == 0);
    let program = arguments.next().unwrap_or_default();
    let is_postgres = program.ends_with(b"postgres") || program.ends_with(b"postmaster");
    is_postgres
        && (arguments.any(|argument| argument == pgdata.as_os_str().as_encoded_bytes())
            || working_directory(pid).is_some_and(|dir| dir == pgdata))
}

/// Processes that work in `pgdata`, as far as we may see: backends live on for a moment when their server is killed.
pub(crate) fn processes_in(pgdata: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| working_directory(*pid).is_some_and(|dir| dir == pgdata) && is_alive(*pid))
        .collect()
}

fn working_directory(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_file_tells_the_status_and_the_socket() {
        let text = "812\n/d/pgdata\n1700000000\n5432\n/d/socket\n\n  5432001  7\nready   \n";
        let parsed = PidFile::parse(text).unwrap();
        assert_eq!(
            parsed,
            PidFile {
                pid: 812,
                socket_dir: "/d/socket".into(),
                status: Status::Ready
            }
        );
        assert_eq!(
            PidFile::parse(&text.replace("ready", "stopping"))
                .unwrap()
                .status,
            Status::Stopping
        );
    }

    #[test]
    fn a_half_written_file_counts_as_starting_and_an_empty_one_as_none() {
        assert_eq!(
            PidFile::parse("812\n/d/pgdata\n17").unwrap().status,
            Status::Starting
        );
        assert_eq!(PidFile::parse(""), None);
    }

    #[test]
    fn this_process_is_alive_and_no_server() {
        assert!(is_alive(std::process::id()));
        assert!(!is_server_of(std::process::id(), Path::new("/")));
    }
}
