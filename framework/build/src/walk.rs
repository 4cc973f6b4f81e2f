//! Which files there are.

use crate::{
    identity,
    report::{Place, Report},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Folders below one another that are followed, against links that lead in circles.
const DEPTH: usize = 16;

/// A Rust file that becomes a module.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// From the package's folder, with slashes.
    pub(crate) path: String,
    pub(crate) absolute: PathBuf,
    /// The module's segments below the kind: `["orders", "update_status"]`.
    pub(crate) module: Vec<String>,
}

/// A file or folder of modules.
#[derive(Debug)]
pub(crate) enum Entry {
    File(Source),
    Folder(String, Vec<Entry>),
}

/// The Rust files below a folder such as `api/controllers`, as the modules they become.
pub(crate) fn modules(root: &Path, folder: &str, report: &mut Report) -> Vec<Entry> {
    walk(root, folder, &[], report)
}

/// All files of a tree of modules.
pub(crate) fn sources(entries: &[Entry]) -> Vec<&Source> {
    let mut found = Vec::new();
    for entry in entries {
        match entry {
            Entry::File(source) => found.push(source),
            Entry::Folder(_, entries) => found.extend(sources(entries)),
        }
    }
    found
}

fn walk(root: &Path, folder: &str, module: &[String], report: &mut Report) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    if module.len() >= DEPTH {
        return entries;
    }
    for name in names(&root.join(folder)) {
        let path = format!("{folder}/{name}");
        let absolute = root.join(&path);
        let is_folder = absolute.is_dir();
        let stem = match name.strip_suffix(".rs") {
            _ if is_folder => &name,
            Some(stem) => stem,
            None => continue,
        };
        let segment = match identity::module(stem) {
            Ok(segment) => segment,
            Err(why) => {
                report.error(Place::start(&path), why);
                continue;
            }
        };
        let below: Vec<String> = module.iter().chain([&segment]).cloned().collect();
        let entry = if is_folder {
            let inner = walk(root, &path, &below, report);
            if inner.is_empty() {
                continue;
            }
            Entry::Folder(segment.clone(), inner)
        } else {
            Entry::File(Source { path: path.clone(), absolute, module: below })
        };
        if let Some(first) = taken.insert(segment.clone(), path.clone()) {
            report.error(
                Place::start(&path),
                format!("`{path}` and `{first}` would both be the module `{segment}`; rename one of them"),
            );
            continue;
        }
        entries.push(entry);
    }
    entries
}

/// The names in a folder, sorted, without hidden ones; nothing if there is no such folder.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

/// A TOML file of `config/`.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    /// `config/routes.toml`, `config/env/production.toml`
    pub(crate) path: String,
    pub(crate) absolute: PathBuf,
    pub(crate) text: String,
}

impl ConfigFile {
    /// The section that the whole file is; nothing for files whose tables are the sections.
    pub(crate) fn section(&self) -> Option<&str> {
        let name = self.path.strip_prefix("config/")?;
        let stem = name.strip_suffix(".toml").filter(|stem| !stem.contains('/'))?;
        (!matches!(stem, "app" | "local")).then_some(stem)
    }

    /// Settings of one machine are read at lift, and never compiled in.
    pub(crate) fn is_local(&self) -> bool {
        self.path == "config/local.toml"
    }
}

/// `config/*.toml` and `config/env/*.toml`.
pub(crate) fn config(root: &Path, report: &mut Report) -> Vec<ConfigFile> {
    let mut files = Vec::new();
    for folder in ["config", "config/env"] {
        for name in names(&root.join(folder)).into_iter().filter(|name| name.ends_with(".toml")) {
            let path = format!("{folder}/{name}");
            let absolute = root.join(&path);
            match fs::read_to_string(&absolute) {
                Ok(text) => files.push(ConfigFile { path, absolute, text }),
                Err(error) => report.error(Place::start(&path), format!("the file cannot be read: {error}")),
            }
        }
    }
    files
}

/// The names of all views, without their extension: `pages/homepage`.
pub(crate) fn views(root: &Path) -> Vec<String> {
    let mut views = Vec::new();
    collect_views(&root.join("views"), "", 0, &mut views);
    views.sort();
    views.dedup();
    views
}

fn collect_views(folder: &Path, prefix: &str, depth: usize, views: &mut Vec<String>) {
    if depth >= DEPTH {
        return;
    }
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            collect_views(&path, &format!("{prefix}{name}/"), depth + 1, views);
        } else if let Some((stem, _)) = name.split_once('.') {
            views.push(format!("{prefix}{stem}"));
        }
    }
}
