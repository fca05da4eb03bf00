//! Removes the cluster when this process ends: values in statics are never dropped, and a killed
//! process runs no code of its own.

use std::{
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Waits for the end of its input, which is the end of the process that holds the other end.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
cat >/dev/null
pid=$(head -n 1 "$1/pgdata/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -F -- "$1"; then
    kill -QUIT "$pid"
    tries=0
    while [ -d "/proc/$pid" ] && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
rm -rf "$1"
"#;

/// A shell whose input stays open as long as this process lives.
#[derive(Debug)]
pub(crate) struct Watchdog {
    _child: Child,
}

impl Watchdog {
    /// Sees to it that the cluster in `dir` ends with this process.
    pub(crate) fn start(dir: &Path) -> io::Result<Self> {
        let child = Command::new("sh")
            .arg("-c")
            .arg(SCRIPT)
            .arg("watchdog")
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Out of reach of the signals that end the test run.
            .process_group(0)
            .spawn()?;
        Ok(Self { _child: child })
    }
}
