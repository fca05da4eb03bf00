//! One database for each simulated world.
//!
//! Seed and rate decide which trade has which id, a replay brings ids of its own, and a warped clock runs ahead of
//! the wall's. In one database such trades would contradict each other, so each world has its own, in the same cluster.

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use crate::{cli::DemoArgs, database::MAIN_DATABASE};

/// The name of the database of this world; the plain one for the world of the defaults.
pub(crate) fn database_name(arguments: &DemoArgs) -> anyhow::Result<String> {
    let (prefix, world) = if let Some(path) = &arguments.replay {
        let metadata = fs::metadata(path)
            .with_context(|| format!("cannot read the recording {} (--replay)", path.display()))?;
        if !metadata.is_file() {
            bail!("{} (--replay) is not a file", path.display());
        }
        let path = fs::canonicalize(path)
            .with_context(|| format!("cannot find {} (--replay)", path.display()))?;
        let shift = arguments.shift as u8;
        (
            "replay",
            format!("{} {} {shift}", path.display(), metadata.len()),
        )
    } else if (arguments.seed, arguments.rate, arguments.warp) == (1, 5.0, 1.0) {
        return Ok(MAIN_DATABASE.to_owned());
    } else {
        let DemoArgs {
            seed, rate, warp, ..
        } = arguments;
        ("demo", format!("{seed} {rate} {warp}"))
    };
    // Names must outlive this build: the standard library's hash may change with it.
    let digest = Sha256::digest(world);
    let name = u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"));
    Ok(format!("{prefix}_{name:016x}"))
}

/// Exchange time at this start of a world whose clock runs `warp` times faster: as if it had run on since its first start,
/// which the file `<database>.epoch` in `dir` remembers. None where it runs like the wall's.
pub(crate) fn start_ms(dir: &Path, database: &str, warp: f64) -> anyhow::Result<Option<i64>> {
    if warp == 1.0 || !(0.0..=1e6).contains(&warp) {
        return Ok(None);
    }
    let now_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let now_ms = i64::try_from(now_ms).context("the clock is far in the future")?;
    let path = dir.join(format!("{database}.epoch"));
    let epoch_ms = match fs::read_to_string(&path) {
        Ok(text) => text
            .trim()
            .parse()
            .with_context(|| format!("{} holds no time", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::write(&path, format!("{now_ms}\n"))
                .with_context(|| format!("cannot write {}", path.display()))?;
            now_ms
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "milliseconds of some years fit"
    )]
    let elapsed_ms = ((now_ms - epoch_ms) as f64 * warp) as i64;
    Ok(Some(epoch_ms.saturating_add(elapsed_ms)))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{Arguments, cli::Command};

    fn name(flags: &[&str]) -> anyhow::Result<String> {
        let all = ["spreadscope", "demo"].iter().chain(flags);
        let Command::Demo(arguments) = Arguments::try_parse_from(all)?.command else {
            unreachable!()
        };
        database_name(&arguments)
    }

    #[test]
    fn the_same_world_has_the_same_database_and_another_world_another() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(name(&[]).unwrap(), MAIN_DATABASE);
        assert_eq!(
            name(&["--seed", "7"]).unwrap(),
            name(&["--seed", "7"]).unwrap()
        );
        let mut all: Vec<String> = [
            &[][..],
            &["--seed", "7"],
            &["--rate", "7"],
            &["--warp", "7"],
            &["--replay", path],
            &["--replay", path, "--shift", "none"],
        ]
        .map(|flags| name(flags).unwrap())
        .to_vec();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 6, "{all:?}");
    }

    #[test]
    fn a_recording_that_is_not_there_is_named() {
        let error = name(&["--replay", "/nowhere.csv"]).unwrap_err().to_string();
        assert!(
            error.contains("/nowhere.csv") && error.contains("--replay"),
            "{error}"
        );
    }

    #[test]
    fn a_warped_clock_never_runs_backwards_over_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let first = start_ms(dir.path(), "w", 60.0).unwrap().unwrap();
        fs::write(dir.path().join("w.epoch"), (first - 1_000).to_string()).unwrap();
        let second = start_ms(dir.path(), "w", 60.0).unwrap().unwrap();
        assert!(second >= first + 59_000, "{first} {second}");
        assert_eq!(start_ms(dir.path(), "w", 1.0).unwrap(), None);
    }
}
