//! The folder that is served: assets named by their content, the page that refers to them, all of it compressed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use super::{bindings::Bindings, inputs};
use crate::command;

const PLOTLY: &str = "node_modules/plotly.js-finance-dist-min/plotly-finance.min.js";
const FONT: &str = "node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2";
/// Enough to tell versions apart, short enough to read.
const HASH_DIGITS: usize = 12;

/// How hard to compress.
#[derive(Clone, Copy)]
pub(super) enum Effort {
    Least,
    Most,
}

/// Writes `dist`. The page comes last, so that a server may go on serving the old one meanwhile.
pub(super) fn assemble(
    frontend: &Path,
    bindings: &Bindings,
    dist: &Path,
    effort: Effort,
) -> anyhow::Result<()> {
    let mut assets = Assets::new(dist)?;
    let read =
        |path: PathBuf| fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
    assets.add(
        "frontend.wasm",
        &read(bindings.folder.join("frontend_bg.wasm"))?,
    )?;
    assets.add("frontend.js", &read(bindings.folder.join("frontend.js"))?)?;
    assets.add("plotly.js", &read(frontend.join(PLOTLY))?)?;
    assets.add("inter.woff2", &read(frontend.join(FONT))?)?;
    let css = assets.resolve(&stylesheet(&frontend.join("styles"))?, "./")?;
    assets.add("style.css", css.as_bytes())?;
    assets.snippets(&bindings.folder.join("snippets"))?;
    for entry in sorted(&frontend.join("static"))? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        let content = read(entry.clone())?;
        // Text may name assets that were added before it.
        let content = match String::from_utf8(content) {
            Ok(text) => assets.resolve(&text, "./")?.into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        assets.add(&name, &content)?;
    }
    let page = String::from_utf8(read(frontend.join("index.html"))?)?;
    let page = assets.resolve(&page, "assets/")?;
    let page_path = dist.join("index.html.new");
    fs::write(&page_path, page)?;
    let files: Vec<_> = assets.written.iter().chain([&page_path]).collect();
    compress(&files, effort)?;
    for suffix in [".br", ".gz", ""] {
        fs::rename(
            dist.join(format!("index.html.new{suffix}")),
            dist.join(format!("index.html{suffix}")),
        )?;
    }
    assets.remove_others()
}

/// All style sheets as one, in the order of their names.
fn stylesheet(folder: &Path) -> anyhow::Result<String> {
    let mut css = String::new();
    for path in sorted(folder)? {
        css += &fs::read_to_string(&path)?;
    }
    Ok(css)
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder);
    let mut paths = Vec::new();
    for entry in entries.with_context(|| format!("cannot list {}", folder.display()))? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The files of `dist/assets`, which never change once written: the name says the content.
struct Assets {
    folder: PathBuf,
    names: BTreeMap<String, String>,
    kept: BTreeSet<PathBuf>,
    written: Vec<PathBuf>,
}

impl Assets {
    fn new(dist: &Path) -> anyhow::Result<Self> {
        let folder = dist.join("assets");
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self {
            folder,
            names: BTreeMap::new(),
            kept: BTreeSet::new(),
            written: Vec::new(),
        })
    }

    fn add(&mut self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        let (stem, extension) = name
            .rsplit_once('.')
            .with_context(|| format!("the asset {name} has no extension"))?;
        let digest = &inputs::digest(content)[..HASH_DIGITS];
        let hashed = format!("{stem}-{digest}.{extension}");
        let path = self.folder.join(&hashed);
        self.write(path, content)?;
        self.names.insert(name.to_owned(), hashed);
        Ok(())
    }

    /// Scripts that dependencies bring along; wasm-bindgen's code names them by path.
    fn snippets(&mut self, folder: &Path) -> anyhow::Result<()> {
        let mut pending = vec![folder.to_owned()];
        while let Some(path) = pending.pop() {
            if path.is_dir() {
                pending.extend(sorted(&path)?);
            } else if path.is_file() {
                let below = path
                    .strip_prefix(folder)
                    .expect("it was listed below the folder");
                let target = self.folder.join("snippets").join(below);
                self.write(target, &fs::read(&path)?)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, path: PathBuf, content: &[u8]) -> anyhow::Result<()> {
        for suffix in ["", ".br", ".gz"] {
            let mut kept = path.clone().into_os_string();
            kept.push(suffix);
            self.kept.insert(kept.into());
        }
        let compressed = path.with_extension(format!(
            "{}.gz",
            path.extension().unwrap_or_default().to_string_lossy()
        ));
        if fs::read(&path).is_ok_and(|old| old == content) && compressed.is_file() {
            return Ok(());
        }
        fs::create_dir_all(path.parent().expect("an asset lies in a folder"))?;
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        self.written.push(path);
        Ok(())
    }

    /// Replaces `{{name}}` by the hashed name below `prefix`.
    fn resolve(&self, text: &str, prefix: &str) -> anyhow::Result<String> {
        let mut resolved = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").context("a {{ without its }}")?;
            let Some(hashed) = self.names.get(name) else {
                bail!("no asset is named {name}")
            };
            resolved += before;
            resolved += prefix;
            resolved += hashed;
            rest = after;
        }
        resolved += rest;
        Ok(resolved)
    }

    fn remove_others(&self) -> anyhow::Result<()> {
        let mut pending = vec![self.folder.clone()];
        while let Some(path) = pending.pop() {
            if path.is_dir() {
                pending.extend(sorted(&path)?);
            } else if !self.kept.contains(&path) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

/// Node's zlib does both formats natively; compiling a compressor in Rust would take longer than the work.
fn compress(files: &[&PathBuf], effort: Effort) -> anyhow::Result<()> {
    command::announce("dashboard: compressing");
    command::run(
        command::program("node")
            .arg("crates/xtask/src/frontend/compress.mjs")
            .arg(match effort {
                Effort::Least => "1",
                Effort::Most => "11",
            })
            .args(files),
    )
}
