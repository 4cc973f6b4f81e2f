//! The generated file: one module tree, and the list of what was found.

use crate::{
    app::{Files, KINDS},
    models::Model,
    walk::{Entry, sources},
};
use std::{fmt::Write, path::Path};

/// The text of `topsail_app.rs`.
pub(crate) fn emit(root: &Path, files: &Files, models: &[Model]) -> String {
    let mut out = String::from("// Written by topsail_build::discover(); changes are lost.\n\n");
    for kind in KINDS {
        let entries = files.of(kind);
        if entries.is_empty() && kind != "models" {
            continue;
        }
        let _ = writeln!(out, "/// What `api/{kind}` holds.\npub mod {kind} {{");
        modules(&mut out, entries, 1);
        if kind == "models" {
            reexports(&mut out, models);
        }
        out.push_str("}\n\n");
    }
    if !files.config_modules.is_empty() {
        out.push_str("/// What of `config` is code.\npub mod config {\n");
        modules(&mut out, &files.config_modules, 1);
        out.push_str("}\n\n");
    }
    discovered(&mut out, root, files);
    out
}

fn modules(out: &mut String, entries: &[Entry], depth: usize) {
    let indent = "    ".repeat(depth);
    for entry in entries {
        match entry {
            Entry::File(source) => {
                let name = source.module.last().map_or("", String::as_str);
                let _ = writeln!(
                    out,
                    "{indent}#[path = {:?}]\n{indent}pub mod {name};",
                    source.absolute.display().to_string()
                );
            }
            Entry::Folder(name, entries) => {
                let _ = writeln!(out, "{indent}/// A folder of modules.\n{indent}pub mod {name} {{");
                modules(out, entries, depth + 1);
                let _ = writeln!(out, "{indent}}}");
            }
        }
    }
}

/// `crate::models::User`, whatever file it stands in.
fn reexports(out: &mut String, models: &[Model]) {
    let mut done: Vec<&str> = Vec::new();
    for model in models.iter().filter(|m| m.is_public) {
        if !done.contains(&model.name.as_str()) {
            let _ = writeln!(out, "    pub use self::{}::{};", model.module.join("::"), model.name);
            done.push(&model.name);
        }
    }
}

fn discovered(out: &mut String, root: &Path, files: &Files) {
    out.push_str("#[doc(hidden)]\npub static DISCOVERED: ::topsail::Discovered = ::topsail::Discovered {\n");
    let _ = writeln!(out, "    root: {:?},", root.display().to_string());
    out.push_str("    crate_name: env!(\"CARGO_CRATE_NAME\"),\n");
    for kind in ["controllers", "models", "policies", "responses", "hooks", "helpers"] {
        let found: Vec<String> = sources(files.of(kind))
            .iter()
            .map(|source| format!("{kind}::{}", source.module.join("::")))
            .collect();
        let _ = writeln!(out, "    {kind}: &{found:?},");
    }
    out.push_str("    config: &[\n");
    for file in files.config.iter().filter(|file| !file.is_local()) {
        let absolute = file.absolute.display().to_string();
        let _ = writeln!(out, "        ({:?}, include_str!({absolute:?})),", file.path);
    }
    out.push_str("    ],\n");
    let _ = writeln!(out, "    views: &{:?},\n}};", files.views);
}
