//! The tour of the README: every command that it shows, as it stands there, against a demo.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::{Launcher, open_tempdir, small_demo, wait_until};

const README: &str = include_str!("../../../../README.md");
const HOST: &str = "localhost:8501";

/// The commands of the README that use curl.
fn commands() -> Vec<&'static str> {
    let blocks = README.split("```sh\n").skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap().lines());
    lines.filter(|line| line.starts_with("curl ")).collect()
}

/// What a command is about: the part of its URL that says so.
fn subject(command: &str) -> &str {
    let rest = command.split_once("/api/v1/").unwrap().1;
    rest.split(['?', '\'']).next().unwrap().trim()
}

struct Tour<'a> {
    launcher: &'a Launcher,
    dir: &'a Path,
}

impl Tour<'_> {
    /// The command for the shell; only the address differs. Failures of HTTP become those of the command, but
    /// a server that is busy, as machines that run tests are, is asked again.
    fn shell(&self, command: &str) -> Command {
        let here = command.replace(HOST, &self.launcher.address.to_string());
        assert_ne!(here, command, "{command} is for another server");
        let here = here.replacen(
            "curl ",
            "exec curl --fail --silent --show-error --retry 60 --retry-delay 1 ",
            1,
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &here]).current_dir(self.dir);
        shell
    }

    fn run(&self, command: &str) -> String {
        let output = self.shell(command).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {errors} {text}");
        text
    }

    fn json(&self, command: &str) -> Value {
        let text = self.run(command);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command}: {error}: {text}"))
    }

    /// Each topic of a stream sends a snapshot.
    fn follow(&self, command: &str) {
        // The shell is to become curl, so that ending it ends curl.
        let mut stream = self.shell(command);
        let stream = stream.stdout(Stdio::piped()).spawn().unwrap();
        let mut stream = Ended(stream);
        let topics = command.split_once("topics=").unwrap().1;
        let mut waiting: Vec<&str> = topics.trim_end_matches('\'').split(',').collect();
        let lines = BufReader::new(stream.0.stdout.take().unwrap()).lines();
        for line in lines {
            let line = line.unwrap();
            let Some(data) = line.strip_prefix("data:") else {
                continue;
            };
            let event: Value = serde_json::from_str(data).unwrap();
            if event["kind"] == "snapshot" {
                waiting.retain(|topic| event["topic"] != **topic);
            }
            if waiting.is_empty() {
                return;
            }
        }
        panic!("the stream ended before {waiting:?} had sent anything");
    }
}

/// Ends a command that does not end by itself.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn rows(columns: &Value, name: &str) -> usize {
    columns[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name} is no column of {columns}"))
        .len()
}

#[test]
fn every_command_of_the_readme_runs_as_it_stands_there() {
    if Command::new("curl").arg("--version").output().is_err() {
        testkit::say_skipped("the tour of the README", "curl is not installed");
        return;
    }
    let dir = open_tempdir();
    let launcher = Launcher::start(small_demo(dir.path()), dir.path());
    launcher.wait_for_trades();
    // A first start fills in history; the tour is of a demo that has some.
    wait_until("there is history enough", || {
        let bars = |symbol: &str| {
            let path = format!("/api/v1/bars?symbol={symbol}&interval=1m&limit=3000");
            Some(rows(&launcher.json(&path)?["bars"], "close"))
        };
        (bars("ETHUSDT")? == 3_000 && bars("BTCUSDT")? == 3_000).then_some(())
    });
    let files = tempfile::tempdir().unwrap();
    let tour = Tour {
        launcher: &launcher,
        dir: files.path(),
    };
    let mut seen = Vec::new();
    for command in commands() {
        let subject = subject(command);
        seen.push(subject);
        let csv = command.contains("format=csv");
        match subject {
            "symbols" => assert_eq!(rows(&tour.json(command), "symbols"), 2),
            "bars" if !csv => assert_eq!(rows(&tour.json(command)["bars"], "close"), 5),
            "trades" => assert_eq!(rows(&tour.json(command)["trades"], "price"), 5),
            "status" => assert!(tour.json(command)["feeds"].is_array()),
            "pairs/analytics" if !csv => {
                let answer = tour.json(command);
                assert!(rows(&answer["series"], "z") >= 300, "{command}");
                assert!(answer["fit"]["beta"].is_f64(), "{command}");
                assert!(answer["tests"]["cointegrated"].is_boolean(), "{command}");
                assert_eq!(
                    answer["lines"].is_array(),
                    command.contains("include=lines")
                );
            }
            "pairs/backtest" => {
                let answer = tour.json(command);
                assert!(answer["formation"]["bars"].is_u64(), "{command}");
                assert!(rows(&answer["series"], "equity") > 500, "{command}");
            }
            "pairs/ticket" => assert!(tour.json(command)["edgeBps"].is_f64(), "{command}"),
            "scans" => assert_eq!(tour.json(command)["scan"]["id"], 1),
            "sweeps" => assert_eq!(tour.json(command)["sweep"]["id"], 2),
            "scans/1" | "sweeps/2" => {
                let job = subject.split_once("s/").unwrap().0;
                let done = || (tour.json(command)[job]["state"] == "done").then_some(());
                wait_until("the job is done", done);
            }
            "stream" => tour.follow(command),
            "alerts/rules" => assert_eq!(tour.json(command)["rule"]["kind"], "zThreshold"),
            "alerts/events" => assert!(tour.json(command)["events"].is_array()),
            "bars" | "pairs/analytics" => {
                tour.run(command);
                let name = if subject == "bars" {
                    "BTCUSDT_1m.csv"
                } else {
                    "ETHUSDT_BTCUSDT_1m_ols.csv"
                };
                let text = fs::read_to_string(files.path().join(name)).unwrap();
                let header = text.lines().next().unwrap();
                assert!(
                    header.split(',').any(|column| column == "time"),
                    "{name}: {header}"
                );
                assert!(text.lines().count() > 1_000, "{name}");
            }
            "datasets" => {
                let answer = tour.json(command);
                assert_eq!(answer["dataset"]["source"], "dataset:1", "{answer}");
                assert_eq!(answer["dataset"]["rows"], 2_000);
            }
            "datasets/1" => assert_eq!(tour.json(command)["rows"], 2_000),
            other => panic!("nothing is known of {other}, which {command} asks for"),
        }
    }
    for subject in [
        "symbols",
        "bars",
        "pairs/analytics",
        "pairs/backtest",
        "pairs/ticket",
        "scans/1",
        "sweeps/2",
        "stream",
        "datasets",
        "alerts/rules",
    ] {
        assert!(seen.contains(&subject), "{subject} is not part of the tour");
    }
    launcher.stop("-TERM");
}
