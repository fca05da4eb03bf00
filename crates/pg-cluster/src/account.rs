use std::{
    fs, io,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::error::{During, Error, Result};

/// Accounts that root runs the server as, by preference.
const SYSTEM_ACCOUNTS: [&str; 2] = ["postgres", "spreadscope"];

/// Who the server runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    name: String,
    uid: u32,
    gid: u32,
    /// Whether it differs from the account of this process, which then is root.
    switch: bool,
}

impl Account {
    /// The server account for a cluster in `pgdata`: this process's own, or when that is root, `wanted`, else the
    /// owner of an existing `pgdata`, else `postgres` or `spreadscope`.
    pub(crate) fn choose(wanted: Option<&str>, pgdata: &Path) -> Result<Self> {
        let myself = fs::metadata("/proc/self").during(|| "read /proc/self".to_owned())?;
        let owner = match fs::metadata(pgdata) {
            Ok(metadata) => Some((metadata.uid(), metadata.gid())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => {
                return Err(Error::Io {
                    action: format!("look at {}", pgdata.display()),
                    source,
                });
            }
        };
        if myself.uid() != 0 {
            return match owner {
                Some((uid, _)) if uid != myself.uid() => Err(Error::WrongOwner {
                    path: pgdata.to_owned(),
                    owner: uid,
                    running_as: myself.uid(),
                }),
                _ => Ok(Self {
                    name: format!("id {}", myself.uid()),
                    uid: myself.uid(),
                    gid: myself.gid(),
                    switch: false,
                }),
            };
        }
        if let Some(wanted) = wanted {
            return Self::lookup(wanted)?.ok_or_else(|| Error::NoAccount {
                wanted: wanted.to_owned(),
            });
        }
        // A copy made by root belongs to root; the server account gets it back when it is chowned.
        if let Some((uid, gid)) = owner.filter(|(uid, _)| *uid != 0) {
            return Ok(Self {
                name: format!("id {uid}"),
                uid,
                gid,
                switch: true,
            });
        }
        for name in SYSTEM_ACCOUNTS {
            if let Some(account) = Self::lookup(name)? {
                return Ok(account);
            }
        }
        Err(Error::NoAccount {
            wanted: SYSTEM_ACCOUNTS[1].to_owned(),
        })
    }

    /// User id of the server's processes.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// Group id of the server's processes.
    #[must_use]
    pub fn gid(&self) -> u32 {
        self.gid
    }

    /// Whether it differs from the account of this process, which then is root.
    pub(crate) fn differs(&self) -> bool {
        self.switch
    }

    /// Makes `command` run as this account.
    pub fn apply(&self, command: &mut Command) {
        if self.switch {
            // With a user id, the standard library drops root's supplementary groups too.
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Gives `path` to this account.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        if !self.switch {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid))
            .during(|| format!("give {} to user {}", path.display(), self.name))
    }

    /// Checks that this account can reach `dir`.
    pub(crate) fn check_may_enter(&self, dir: &Path) -> Result<()> {
        let mut test = Command::new("test");
        test.arg("-x")
            .arg(dir)
            .current_dir("/")
            .stdin(Stdio::null());
        self.apply(&mut test);
        if test.status().during(|| "run `test`".to_owned())?.success() {
            return Ok(());
        }
        let mut ancestors: Vec<PathBuf> = dir.ancestors().map(Path::to_owned).collect();
        ancestors.reverse();
        let closed = ancestors.into_iter().find(|dir| !self.mode_lets_in(dir));
        Err(Error::Closed {
            user: self.name.clone(),
            dir: closed.unwrap_or_else(|| dir.to_owned()),
        })
    }

    fn mode_lets_in(&self, dir: &Path) -> bool {
        fs::metadata(dir).is_ok_and(|metadata| {
            let execute = if metadata.uid() == self.uid {
                0o100
            } else if metadata.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            metadata.mode() & execute != 0
        })
    }

    /// Asks `id`, which knows every user database that the machine is configured for.
    fn lookup(name: &str) -> Result<Option<Self>> {
        let ask = |flag: &str| -> Result<Option<u32>> {
            let output = Command::new("id")
                .args([flag, "--", name])
                .stdin(Stdio::null())
                .output()
                .during(|| "run `id`".to_owned())?;
            let text = String::from_utf8_lossy(&output.stdout);
            Ok(if output.status.success() {
                text.trim().parse().ok()
            } else {
                None
            })
        };
        Ok(match (ask("-u")?, ask("-g")?) {
            (Some(uid), Some(gid)) if uid != 0 => Some(Self {
                name: name.to_owned(),
                uid,
                gid,
                switch: true,
            }),
            _ => None,
        })
    }

    #[cfg(test)]
    pub(crate) fn myself_for_tests() -> Self {
        let myself = fs::metadata("/proc/self").unwrap();
        Self {
            name: "me".to_owned(),
            uid: myself.uid(),
            gid: myself.gid(),
            switch: false,
        }
    }
}
