//! The files of `dist/assets`, which never change once written: the name says the content.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use super::{compress, inputs, pages::sorted};

/// Enough to tell versions apart, short enough to read.
const HASH_DIGITS: usize = 12;

pub(super) struct Assets {
    folder: PathBuf,
    /// From the name that sources use to the one with the hash.
    names: BTreeMap<String, String>,
    paths: BTreeSet<PathBuf>,
}

impl Assets {
    pub(super) fn new(dist: &Path) -> anyhow::Result<Self> {
        let folder = dist.join("assets");
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self {
            folder,
            names: BTreeMap::new(),
            paths: BTreeSet::new(),
        })
    }

    /// Writes a file unless it is there; `name` is `stem.extension`.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        let (stem, extension) = name
            .rsplit_once('.')
            .with_context(|| format!("the asset {name} has no extension"))?;
        let digest = &inputs::digest(content)[..HASH_DIGITS];
        let hashed = format!("{stem}-{digest}.{extension}");
        self.write(self.folder.join(&hashed), content)?;
        self.names.insert(name.to_owned(), hashed);
        Ok(())
    }

    /// Scripts that dependencies bring along; wasm-bindgen's code names them by path.
    pub(super) fn snippets(&mut self, folder: &Path) -> anyhow::Result<()> {
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

    /// Replaces `{{name}}` by the hashed name below `prefix`.
    pub(super) fn resolve(&self, text: &str, prefix: &str) -> anyhow::Result<String> {
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

    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.paths.iter()
    }

    /// Removes what earlier builds have left.
    pub(super) fn remove_others(&self) -> anyhow::Result<()> {
        let mut pending = vec![self.folder.clone()];
        while let Some(path) = pending.pop() {
            if path.is_dir() {
                pending.extend(sorted(&path)?);
            } else if !self.paths.contains(&compress::original(&path)) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, path: PathBuf, content: &[u8]) -> anyhow::Result<()> {
        if !fs::read(&path).is_ok_and(|old| old == content) {
            fs::create_dir_all(path.parent().expect("an asset lies in a folder"))?;
            fs::write(&path, content)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        self.paths.insert(path);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_a_folder(test: impl FnOnce(&Path)) {
        let folder = std::env::temp_dir().join(format!(
            "spreadscope-assets-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        fs::create_dir_all(&folder).unwrap();
        test(&folder);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_file_is_named_by_its_content_and_found_by_its_plain_name() {
        in_a_folder(|dist| {
            let mut assets = Assets::new(dist).unwrap();
            assets.add("a.js", b"one").unwrap();
            let one = assets.resolve("import {{a.js}};", "./").unwrap();
            assets.add("a.js", b"two").unwrap();
            let two = assets.resolve("import {{a.js}};", "./").unwrap();
            assert_ne!(one, two);
            // sha256sum of "one"
            assert_eq!(one, "import ./a-7692c3ad3540.js;");
            assert!(dist.join("assets/a-7692c3ad3540.js").is_file());
            assert!(assets.resolve("{{b.js}}", "").is_err());
        });
    }

    #[test]
    fn what_an_earlier_build_has_left_goes_with_its_compressed_forms() {
        in_a_folder(|dist| {
            let mut assets = Assets::new(dist).unwrap();
            assets.add("a.js", b"one").unwrap();
            for name in ["a-7692c3ad3540.js.br", "old-123.js", "old-123.js.gz"] {
                fs::write(dist.join("assets").join(name), b"").unwrap();
            }
            assets.remove_others().unwrap();
            let left = sorted(&dist.join("assets")).unwrap();
            let names: Vec<_> = left.iter().filter_map(|path| path.file_name()).collect();
            assert_eq!(names, ["a-7692c3ad3540.js", "a-7692c3ad3540.js.br"]);
        });
    }
}
