//! Debian and Ubuntu packages: installed where that is possible, named where it is not.

use std::{process::Command, sync::Once};

use anyhow::{Context, bail};

use crate::command;

/// Installs packages, as root or through `sudo` when it asks for no password.
///
/// # Errors
/// One message with the command that would install them.
pub fn install(packages: &[&str], why: &str) -> anyhow::Result<()> {
    let by_hand = format!(
        "{why}. Install it with:  sudo apt-get install {}",
        packages.join(" ")
    );
    let Some(privilege) = privilege() else {
        bail!("{by_hand}")
    };
    command::announce(&format!("installing {} ({why})", packages.join(" ")));
    static UPDATE: Once = Once::new();
    UPDATE.call_once(|| {
        // A stale list may still serve; where it does not, the install below says so.
        let _ = command::run(privilege.command("apt-get").args(["-qq", "update"]));
    });
    let mut install = privilege.command("apt-get");
    install
        .args(["-qq", "--yes", "--no-install-recommends", "install"])
        .args(packages);
    command::run(&mut install).with_context(|| by_hand)
}

/// Keeps the `postgresql` package from creating a system-wide cluster as it is installed.
pub fn without_system_cluster(install: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    const SETTING: &str = "/etc/postgresql-common/createcluster.d/spreadscope.conf";
    let Some(privilege) = privilege() else {
        return install();
    };
    let script =
        format!("mkdir -p $(dirname {SETTING}); echo create_main_cluster = false > {SETTING}");
    command::run(privilege.command("sh").args(["-c", &script]))?;
    let result = install();
    // Later installs by the user are none of our business.
    command::run(privilege.command("rm").args(["-f", SETTING]))?;
    result
}

/// How this process may install things, if at all.
fn privilege() -> Option<Privilege> {
    if !command::exists("apt-get") {
        return None;
    }
    let succeeds = |command: &mut Command| command.output().is_ok_and(|out| out.status.success());
    let user = command::output(Command::new("id").arg("-u")).unwrap_or_default();
    if user.trim() == "0" {
        Some(Privilege::Root)
    } else if succeeds(Command::new("sudo").args(["-n", "true"])) {
        Some(Privilege::Sudo)
    } else {
        None
    }
}

#[derive(Clone, Copy)]
enum Privilege {
    Root,
    Sudo,
}

impl Privilege {
    fn command(self, program: &str) -> Command {
        let mut command = match self {
            Self::Root => command::program(program),
            Self::Sudo => {
                let mut sudo = command::program("sudo");
                sudo.args(["-n", "DEBIAN_FRONTEND=noninteractive", program]);
                sudo
            }
        };
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    }
}
