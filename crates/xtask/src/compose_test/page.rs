//! What the dashboard's web server gives to a browser.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};

use super::{
    stack::{Stack, curl},
    until,
};
use crate::command;

/// Bars that a chart has at the first start.
const FULL: usize = 1_000;

/// Klines fill the charts as soon as there is an exchange.
pub fn history_is_there(stack: &Stack) -> anyhow::Result<String> {
    let mut bars = 0;
    until("charts are full", || {
        let answer = stack.get_json("/api/v1/bars?symbol=BTCUSDT&interval=1m&limit=1500")?;
        bars = answer["bars"]["time"].as_array().map_or(0, Vec::len);
        ensure!(bars >= FULL, "{bars} bars");
        Ok(())
    })?;
    Ok(format!("{bars} bars of a minute"))
}

/// Every file of the page has its type, is sent as it was compressed when it was built, and is kept as long as its
/// name promises.
pub fn files(stack: &Stack) -> anyhow::Result<String> {
    let page = stack.get("/")?;
    let mut paths: BTreeSet<String> = page
        .split(['"', '\''])
        .filter(|word| word.starts_with("assets/"))
        .map(|word| format!("/{word}"))
        .collect();
    ensure!(paths.len() >= 5, "the page names {paths:?}");
    paths.insert("/".to_owned());
    paths.insert("/pair".to_owned());
    let mut sent = 0;
    for path in &paths {
        let answer = head(stack, path, "br")?;
        let is = |name: &str, value: &str| {
            let found = answer
                .headers
                .get(name)
                .map(String::as_str)
                .unwrap_or_default();
            ensure!(
                found.starts_with(value),
                "{path}: {name} is `{found}`, not `{value}`"
            );
            Ok(())
        };
        ensure!(answer.status == 200, "{path}: {}", answer.status);
        let extension = path
            .rsplit_once('.')
            .map_or("html", |(_, extension)| extension);
        is(
            "content-type",
            media_type(extension).with_context(|| format!("the type of {path}"))?,
        )?;
        is("x-content-type-options", "nosniff")?;
        is("content-security-policy", "default-src 'self'")?;
        is(
            "cache-control",
            if path.starts_with("/assets/") {
                "public, max-age=31536000, immutable"
            } else {
                "no-cache"
            },
        )?;
        // Fonts are compressed by nature.
        if extension != "woff2" {
            is("content-encoding", "br")?;
            ensure!(
                head(stack, path, "gzip")?
                    .headers
                    .get("content-encoding")
                    .is_some_and(|name| name == "gzip"),
                "{path} is not there for browsers that know gzip alone"
            );
        }
        sent += answer.bytes;
    }
    let missing = head(stack, "/assets/nothing-0123456789ab.js", "br")?;
    ensure!(missing.status == 404, "a missing asset: {}", missing.status);
    ensure!(
        !missing
            .headers
            .get("cache-control")
            .is_some_and(|value| value.contains("immutable")),
        "that an asset is missing is remembered for a year"
    );
    // The api says of its own pages what the web server says of the dashboard.
    let (page, docs) = (head(stack, "/", "br")?, head(stack, "/docs/", "br")?);
    for name in [
        "content-security-policy",
        "x-frame-options",
        "referrer-policy",
        "permissions-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
    ] {
        ensure!(
            page.headers.get(name) == docs.headers.get(name),
            "{name} of the dashboard is {:?}, and of the api {:?}",
            page.headers.get(name),
            docs.headers.get(name)
        );
    }
    Ok(format!(
        "{} files, {} kB as sent",
        paths.len(),
        sent / 1_000
    ))
}

fn media_type(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "html" => "text/html",
        "js" => "text/javascript",
        "css" => "text/css",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    bytes: u64,
}

/// Head of an answer to GET, and how many bytes came as its body.
fn head(stack: &Stack, path: &str, encoding: &str) -> anyhow::Result<Answer> {
    let mut curl = command::program("curl");
    curl.args(["-sS", "--max-time", "30", "-o", "/dev/null", "-D", "-"])
        .args(["-w", "size %{size_download}\n"])
        .args(["-H", &format!("accept-encoding: {encoding}")])
        .arg(format!("{}{path}", stack.url()));
    let shown = command::output(&mut curl)?;
    let mut answer = Answer {
        status: 0,
        headers: BTreeMap::new(),
        bytes: 0,
    };
    for line in shown.lines() {
        if let Some((name, value)) = line.split_once(": ") {
            answer
                .headers
                .insert(name.to_lowercase(), value.trim().to_owned());
        } else if let Some(bytes) = line.strip_prefix("size ") {
            answer.bytes = bytes.parse()?;
        } else if line.starts_with("HTTP/") {
            answer.status = line.split(' ').nth(1).context("a status")?.parse()?;
        }
    }
    Ok(answer)
}

/// Events come as they happen: some within seconds, on a stream that never ends.
pub fn stream(stack: &Stack) -> anyhow::Result<String> {
    const SECONDS: &str = "4";
    let mut curl = curl();
    curl.args(["-N", "--max-time", SECONDS]).arg(format!(
        "{}/api/v1/stream?topics=ticks:BTCUSDT,bars:BTCUSDT:1m",
        stack.url()
    ));
    // Cut off by the time limit, as it has to be.
    let output = curl.output().context("cannot start curl")?;
    ensure!(
        output.status.code() == Some(28),
        "the stream ended by itself: {}",
        output.status
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let events = text
        .lines()
        .filter(|line| line.starts_with("data:"))
        .count();
    ensure!(events >= 3, "{events} events in {SECONDS} s");
    Ok(format!("{events} events in {SECONDS} s"))
}
