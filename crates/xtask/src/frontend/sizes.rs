//! What a visitor downloads, against its budget.

use std::{fs, path::Path};

use super::compress;

/// WASM, JavaScript and CSS together, compressed, with Plotly.
const BUDGET_KB: f64 = 900.0;
const BUDGETED: [&str; 3] = [".wasm", ".js", ".css"];

/// Prints a line for each file and the verdict.
pub(super) fn report(dist: &Path) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    let mut pending = vec![dist.to_owned()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                pending.push(entry?.path());
            }
            continue;
        }
        let name = path.strip_prefix(dist)?.to_string_lossy().into_owned();
        if compress::SUFFIXES
            .iter()
            .any(|suffix| name.ends_with(suffix))
        {
            continue;
        }
        let kilobytes = |suffix: &str| -> anyhow::Result<f64> {
            let form = compress::with(&path, suffix);
            // What does not shrink is sent as it is.
            let bytes = fs::metadata(if form.is_file() { &form } else { &path })?.len();
            Ok(f64::from(u32::try_from(bytes)?) / 1000.0)
        };
        rows.push((kilobytes("")?, kilobytes(".gz")?, kilobytes(".br")?, name));
    }
    rows.sort_by(|a, b| b.2.total_cmp(&a.2));
    eprintln!("{:>10} {:>10} {:>10}", "kB", "gzip", "brotli");
    let mut totals = (0.0, 0.0, 0.0);
    let mut code = 0.0;
    for (plain, gzip, brotli, name) in &rows {
        eprintln!("{plain:>10.1} {gzip:>10.1} {brotli:>10.1}  {name}");
        totals = (totals.0 + plain, totals.1 + gzip, totals.2 + brotli);
        if BUDGETED.iter().any(|suffix| name.ends_with(suffix)) {
            code += brotli;
        }
    }
    let verdict = if code <= BUDGET_KB { "ok" } else { "OVER" };
    eprintln!(
        "{:>10.1} {:>10.1} {:>10.1}  the page",
        totals.0, totals.1, totals.2
    );
    eprintln!("{code:>32.1}  of it WASM, JavaScript and CSS; budget {BUDGET_KB:.0} kB: {verdict}");
    Ok(())
}
