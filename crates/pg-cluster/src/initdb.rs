//! A new cluster: password, `initdb`, and a directory that is either whole or absent.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::Write,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use rand::RngExt;

use crate::{
    account::Account,
    binaries::{Binaries, version_of},
    cluster::SUPERUSER,
    command::{postgres_command, run_as},
    error::{During, Error, Result},
};

/// Makes sure of a cluster in `<data_dir>/pgdata` and returns its superuser's password.
pub(crate) fn ensure(
    data_dir: &Path,
    binaries: &Binaries,
    account: &Account,
    durable: bool,
) -> Result<String> {
    let pgdata = data_dir.join("pgdata");
    let password_path = data_dir.join("password");
    if version_of(&pgdata)?.is_some() {
        close(&pgdata, account)?;
        return read_password(&password_path);
    }
    match fs::read_dir(&pgdata) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(Error::NotACluster { pgdata });
            }
            fs::remove_dir(&pgdata).during(|| format!("replace {}", pgdata.display()))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => {
            return Err(Error::Io {
                action: format!("look into {}", pgdata.display()),
                source,
            });
        }
    }

    let started = std::time::Instant::now();
    tracing::info!(dir = %pgdata.display(), version = binaries.version(), "creating a database cluster");
    let password = format!(
        "{:032x}{:032x}",
        rand::rng().random::<u128>(),
        rand::rng().random::<u128>()
    );
    write_private(&password_path, &password)?;

    // Made under another name, so that a kill half-way leaves nothing that looks like a cluster.
    let fresh = data_dir.join("pgdata.new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).during(|| format!("remove {}", fresh.display()))?;
    }
    DirBuilder::new()
        .mode(0o700)
        .create(&fresh)
        .during(|| format!("create {}", fresh.display()))?;
    account.own(&fresh)?;
    account.check_may_enter(&fresh)?;
    run_initdb(data_dir, &fresh, binaries, account, &password, durable)?;
    fs::rename(&fresh, &pgdata).during(|| format!("rename {}", fresh.display()))?;
    tracing::info!(
        seconds = started.elapsed().as_secs_f32(),
        "created the database cluster"
    );
    Ok(password)
}

fn run_initdb(
    data_dir: &Path,
    fresh: &Path,
    binaries: &Binaries,
    account: &Account,
    password: &str,
    durable: bool,
) -> Result<()> {
    // initdb runs as the server account, to which our own password file is closed.
    let pwfile = data_dir.join("password.initdb");
    write_private(&pwfile, password)?;
    let result = account.own(&pwfile).and_then(|()| {
        let mut initdb = postgres_command(&binaries.program("initdb"));
        initdb
            .arg("--pgdata")
            .arg(fresh)
            .args(["--username", SUPERUSER])
            .arg("--pwfile")
            .arg(&pwfile)
            .args([
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ])
            .args(["--no-instructions"]);
        if !durable {
            initdb.arg("--no-sync");
        }
        run_as(account, "initdb", initdb)
    });
    fs::remove_file(&pwfile).during(|| format!("remove {}", pwfile.display()))?;
    result
}

/// PostgreSQL refuses a data directory that others may read, and one that is not its account's.
fn close(pgdata: &Path, account: &Account) -> Result<()> {
    let metadata = fs::metadata(pgdata).during(|| format!("look at {}", pgdata.display()))?;
    if metadata.uid() != account.uid() {
        return Err(Error::WrongOwner {
            path: pgdata.to_owned(),
            owner: metadata.uid(),
            running_as: account.uid(),
        });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o027 != 0 {
        tracing::warn!(dir = %pgdata.display(), mode = format!("{mode:o}"), "closing the data directory to other users");
        fs::set_permissions(pgdata, Permissions::from_mode(0o700))
            .during(|| format!("close {} to other users", pgdata.display()))?;
    }
    account.check_may_enter(pgdata)
}

fn read_password(path: &Path) -> Result<String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::PasswordMissing {
                path: path.to_owned(),
            });
        }
        Err(source) => {
            return Err(Error::Io {
                action: format!("read {}", path.display()),
                source,
            });
        }
    };
    let mode = fs::metadata(path)
        .during(|| format!("look at {}", path.display()))?
        .mode();
    if mode & 0o077 != 0 {
        tracing::warn!(file = %path.display(), "closing the password file to other users");
        fs::set_permissions(path, Permissions::from_mode(0o600))
            .during(|| format!("close {} to other users", path.display()))?;
    }
    Ok(text.trim().to_owned())
}

/// Written anew with mode 0600 from its first byte on.
fn write_private(path: &Path, text: &str) -> Result<()> {
    let write = || -> std::io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        writeln!(file, "{text}")?;
        file.sync_all()
    };
    write().during(|| format!("write {}", path.display()))
}
