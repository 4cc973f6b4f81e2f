//! Discovery at build time: finds an app's controllers, models, policies, helpers, hooks, responses, services, config
//! and views, writes the module tree that `topsail::app!()` includes, and checks names across files.
//!
//! An app's `build.rs` is `fn main() { topsail_build::discover() }`.
//!
//! What is wrong fails the build with the user's own file, line and column:
//!
//! ```text
//! config/routes.toml:2:36: there is no action `order/update-status`; did you mean `orders/update-status` (api/controllers/orders/update_status.rs:12:14)?
//! ```
//!
//! The modules, in the order in which an app passes through them: `walk` finds files, `source` reads what they
//! mark with attributes, `app` knows all names, `routes`, `policies`, `models` and `config_keys` check, `emit` writes.

mod app;
mod config_keys;
mod emit;
mod identity;
mod keys;
mod known;
mod models;
mod policies;
mod report;
mod routes;
mod source;
mod toml;
mod walk;

pub use keys::{Key, KeyType, known_keys};
pub use report::{Place, Problem, Report};

use app::{Files, Names};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Finds what the app consists of, checks it, and writes `$OUT_DIR/topsail_app.rs`; called from `build.rs`.
///
/// Errors are printed all together and fail the build. A new, moved or deleted file below `api/` and `config/` leads
/// to one rebuild; `views/` is read but not watched, since an edited template must not recompile the app.
pub fn discover() {
    let (Some(root), Some(out)) = (env::var_os("CARGO_MANIFEST_DIR"), env::var_os("OUT_DIR")) else {
        println!(
            "cargo::error=topsail_build::discover() belongs into build.rs: cargo tells it where the app is"
        );
        return;
    };
    let (root, out) = (PathBuf::from(root), PathBuf::from(out));
    watch(&root, &out);
    let (report, files, names) = read(&root);
    for warning in &report.warnings {
        println!("cargo::warning={warning}");
    }
    for error in &report.errors {
        println!("cargo::error={error}");
    }
    let text = emit::emit(&root, &files, &names.models);
    let file = out.join("topsail_app.rs");
    if fs::read_to_string(&file).is_ok_and(|written| written == text) {
        return;
    }
    if let Err(error) = fs::write(&file, text) {
        println!("cargo::error={} cannot be written: {error}", file.display());
    }
}

/// Checks the app in this folder, without writing anything.
pub fn check(root: &Path) -> Report {
    read(root).0
}

fn read(root: &Path) -> (Report, Files, Names) {
    let mut report = Report::default();
    let files = Files::find(root, &mut report);
    let names = Names::read(&files, &mut report);
    for file in &files.config {
        let Some(document) = toml::parse(file, &mut report) else { continue };
        match file.section() {
            Some(section) => {
                config_keys::check_name(section, &document.place, &mut report);
                check_section(section, &document, &names, &mut report);
            }
            None => {
                for entry in document.table() {
                    config_keys::check_name(&entry.key, &entry.place, &mut report);
                    check_section(&entry.key, &entry.node, &names, &mut report);
                }
            }
        }
    }
    report.sort();
    (report, files, names)
}

fn check_section(section: &str, node: &toml::Node, names: &Names, report: &mut Report) {
    match section {
        "routes" => routes::check(node.table(), names, report),
        "policies" => policies::check(node.table(), names, report),
        _ => config_keys::check_section(section, node, report),
    }
}

/// Tells cargo when to look again.
fn watch(root: &Path, out: &Path) {
    for folder in ["api", "config"] {
        let folder = root.join(folder);
        // A folder that comes later must be noticed. The package's own folder would do, but where cargo builds into
        // it, it is never older than the build; a path that is missing makes cargo look again each time.
        let watched = if folder.exists() || out.starts_with(root) { &folder } else { root };
        println!("cargo::rerun-if-changed={}", watched.display());
    }
}
