//! Reading of golden figures and the comparison that they are judged by.
#![expect(
    dead_code,
    reason = "every test binary that includes this module uses a part of it"
)]

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Golden figures of one pair and the series that they belong to.
pub struct Golden {
    pub name: String,
    pub y: Vec<f64>,
    pub x: Vec<f64>,
    pub figures: Value,
}

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

impl Golden {
    /// `DIRECTORY/NAME.csv` (columns y,x) and `DIRECTORY/NAME.json`.
    pub fn load(directory: &Path, name: &str) -> Self {
        let (y, x) = read_pair(&directory.join(format!("{name}.csv")));
        Self {
            name: name.to_owned(),
            y,
            x,
            figures: read_json(&directory.join(format!("{name}.json"))),
        }
    }

    /// A figure by its path, keys separated by `/` (keys may contain spaces and commas).
    pub fn at(&self, path: &str) -> &Value {
        lookup(&self.figures, path).unwrap_or_else(|| panic!("{} has no {path}", self.name))
    }

    /// A number by its path.
    pub fn number(&self, path: &str) -> f64 {
        number(self.at(path)).unwrap_or_else(|| panic!("{}: {path} is no number", self.name))
    }
}

/// Every pair of the directory that `GOLDEN_DIR` names; without one the test says by name that it did
/// not run, so that nobody takes the silence for a pass.
pub fn private_goldens(test: &str) -> Vec<Golden> {
    let Some(directory) = std::env::var_os("GOLDEN_DIR").map(PathBuf::from) else {
        test_skips::say_skipped(test, "GOLDEN_DIR names no directory of golden figures");
        return Vec::new();
    };
    let mut names: Vec<String> = std::fs::read_dir(&directory)
        .expect("GOLDEN_DIR is a directory")
        .filter_map(|entry| {
            let path = entry.expect("a readable directory").path();
            let is_csv = path.extension().is_some_and(|extension| extension == "csv");
            is_csv.then(|| {
                let stem = path.file_stem().and_then(|stem| stem.to_str());
                stem.expect("a name in UTF-8").to_owned()
            })
        })
        .collect();
    names.sort();
    assert!(!names.is_empty(), "GOLDEN_DIR holds no pairs");
    names
        .iter()
        .map(|name| Golden::load(&directory, name))
        .collect()
}

pub fn read_json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub fn read_pair(path: &Path) -> (Vec<f64>, Vec<f64>) {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .skip(1)
        .map(|line| {
            let (y, x) = line.split_once(',').expect("two columns");
            let parse = |cell: &str| cell.trim().parse::<f64>().expect("a number");
            (parse(y), parse(x))
        })
        .unzip()
}

pub fn lookup<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(value, |value, key| value.get(key))
}

/// A JSON number, or one of the strings that stand for infinities.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text == "inf" => Some(f64::INFINITY),
        Value::String(text) if text == "-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A JSON list of numbers and nulls.
pub fn series(value: &Value) -> Vec<Option<f64>> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(number)
        .collect()
}

/// A JSON list of numbers.
pub fn numbers(value: &Value) -> Vec<f64> {
    series(value)
        .into_iter()
        .map(|v| v.expect("a number"))
        .collect()
}

/// |ours − theirs| ≤ tolerance · max(|theirs|, scale).
#[track_caller]
pub fn assert_close(what: &str, ours: f64, theirs: f64, tolerance: f64, scale: f64) {
    let allowed = tolerance * theirs.abs().max(scale);
    assert!(
        (ours - theirs).abs() <= allowed,
        "{what}: ours {ours:e}, theirs {theirs:e}, apart by {:e}, allowed {allowed:e}",
        (ours - theirs).abs()
    );
}
