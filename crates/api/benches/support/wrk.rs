//! Load, from wrk.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

/// What wrk says about a turn.
pub struct Load {
    pub requests_per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// Asks `url` over 16 connections for so long; with `varied` each time another question.
pub async fn load(url: &str, varied: bool, duration: Duration) -> Result<Load> {
    let mut wrk = Command::new("wrk");
    wrk.args([
        "--threads",
        "2",
        "--connections",
        "16",
        "--latency",
        "--timeout",
        "30s",
    ]);
    wrk.arg("--duration")
        .arg(format!("{}s", duration.as_secs()));
    if varied {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/vary.lua");
        wrk.arg("--script").arg(script);
    }
    let output = wrk
        .arg(url)
        .output()
        .await
        .context("wrk is not installed: apt-get install wrk")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "wrk: {text}");
    ensure!(
        !text.contains("Non-2xx") && !text.contains("Socket errors"),
        "{text}"
    );
    let figure = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
        line.map(str::trim)
            .with_context(|| format!("no {name} in {text}"))
    };
    Ok(Load {
        requests_per_second: figure("Requests/sec:")?.parse()?,
        p50_ms: milliseconds(figure("50%")?)?,
        p99_ms: milliseconds(figure("99%")?)?,
    })
}

fn milliseconds(text: &str) -> Result<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 60e3)];
    let (digits, scale) = units
        .iter()
        .find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, scale)))
        .with_context(|| format!("{text} is no time"))?;
    Ok(digits.parse::<f64>()? * scale)
}
