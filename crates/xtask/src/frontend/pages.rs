//! The folder that is served: assets named by their content, and the page that refers to them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::{assets::Assets, bindings::Bindings, compress};

const FONT: &str = "node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2";

/// Writes `dist`. The page comes last, so that a server may go on serving the old one meanwhile.
pub(super) fn assemble(
    frontend: &Path,
    bindings: &Bindings,
    plotly: &Path,
    dist: &Path,
    compressed: bool,
) -> anyhow::Result<()> {
    let mut assets = Assets::new(dist)?;
    let read =
        |path: PathBuf| fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
    let module = read(bindings.folder.join("frontend_bg.wasm"))?;
    assets.add("frontend.wasm", &module)?;
    assets.add("frontend.js", &read(bindings.folder.join("frontend.js"))?)?;
    assets.add("plotly.js", &read(plotly.to_owned())?)?;
    assets.add("inter.woff2", &read(frontend.join(FONT))?)?;
    let css = assets.resolve(&stylesheet(&frontend.join("styles"))?, "./")?;
    assets.add("style.css", css.as_bytes())?;
    assets.snippets(&bindings.folder.join("snippets"))?;
    for path in sorted(&frontend.join("static"))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Text may name assets that were added before it.
        let text = assets.resolve(&fs::read_to_string(&path)?, "./")?;
        assets.add(&name, text.as_bytes())?;
    }
    let page = String::from_utf8(read(frontend.join("index.html"))?)?;
    let page = assets.resolve(&page, "assets/")?;
    if compressed {
        compress::files(assets.paths())?;
    }
    publish(dist, &page, compressed)?;
    assets.remove_others()
}

/// Puts the page into place at once, in all its forms.
fn publish(dist: &Path, page: &str, compressed: bool) -> anyhow::Result<()> {
    let name = |suffix: &str| dist.join(format!("index.html{suffix}"));
    let fresh = dist.join("new-index.html");
    fs::write(&fresh, page).with_context(|| format!("cannot write {}", fresh.display()))?;
    for suffix in [".br", ".gz"] {
        // A compressed page of an earlier build would be served instead of the new one.
        let _ = fs::remove_file(name(suffix));
    }
    fs::rename(&fresh, name(""))?;
    if compressed {
        compress::files([&name("")])?;
    }
    Ok(())
}

/// All style sheets as one, in the order of their names.
fn stylesheet(folder: &Path) -> anyhow::Result<String> {
    let mut css = String::new();
    for path in sorted(folder)? {
        css += &fs::read_to_string(&path)?;
    }
    Ok(css)
}

/// The entries of a folder in the order of their names.
pub(super) fn sorted(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder);
    let mut paths = Vec::new();
    for entry in entries.with_context(|| format!("cannot list {}", folder.display()))? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}
