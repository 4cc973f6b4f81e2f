//! Finding the app that a command is about.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use toml_edit::DocumentMut;
use toml_edit::TableLike;

/// The root folder of a Topsail app: the nearest folder upwards whose `Cargo.toml` depends on `topsail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppFolder {
    root: PathBuf,
}

/// Why no app was found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAnApp {
    #[error(
        "{} is not inside a Topsail app: neither it nor a folder above it has a Cargo.toml that depends on `topsail`. \
         Go into your app's folder, or make an app with `topsail new NAME`.",
        .0.display()
    )]
    NoneAbove(PathBuf),
    #[error("{} cannot be read: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("{} is not valid TOML, so it cannot be told whether this is a Topsail app.\n{cause}", path.display())]
    BadManifest { path: PathBuf, cause: toml_edit::TomlError },
}

impl AppFolder {
    /// Searches `from` and the folders above it.
    pub(crate) fn find(from: &Path) -> Result<Self, NotAnApp> {
        for folder in from.ancestors() {
            let manifest = folder.join("Cargo.toml");
            let text = match fs::read_to_string(&manifest) {
                Ok(text) => text,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(cause) => return Err(NotAnApp::Unreadable { path: manifest, cause }),
            };
            let manifest_data: DocumentMut =
                text.parse().map_err(|cause| NotAnApp::BadManifest { path: manifest, cause })?;
            if depends_on_topsail(&manifest_data) {
                return Ok(Self { root: folder.to_owned() });
            }
        }
        Err(NotAnApp::NoneAbove(from.to_owned()))
    }

    /// The folder that holds the app's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
}

/// Both kinds are asked for: a library that merely uses `topsail` has no discovery, so it is no app.
fn depends_on_topsail(manifest: &DocumentMut) -> bool {
    let has = |section: &str, name: &str| {
        manifest
            .get(section)
            .and_then(|item| item.as_table_like())
            .is_some_and(|table| names_crate(table, name))
    };
    has("dependencies", "topsail") && has("build-dependencies", "topsail-build")
}

fn names_crate(table: &dyn TableLike, name: &str) -> bool {
    table.iter().any(|(key, value)| {
        let renamed = value.as_table_like().and_then(|t| t.get("package")).and_then(|p| p.as_str());
        renamed.unwrap_or(key) == name
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const APP: &str = "[package]\nname = \"x\"\n[dependencies]\ntopsail = \"0.1\"\n[build-dependencies]\ntopsail-build = \"0.1\"\n";

    #[test]
    fn an_app_is_found_from_a_folder_inside_it() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("api/models");
        fs::create_dir_all(&inside).unwrap();
        fs::write(dir.path().join("Cargo.toml"), APP).unwrap();
        assert_eq!(AppFolder::find(&inside).unwrap().root(), dir.path());
    }

    #[test]
    fn a_crate_without_topsail_is_passed_over_for_the_app_around_it() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("tools/inner");
        fs::create_dir_all(&inner).unwrap();
        fs::write(dir.path().join("Cargo.toml"), APP).unwrap();
        fs::write(inner.join("Cargo.toml"), "[package]\nname = \"inner\"\n").unwrap();
        assert_eq!(AppFolder::find(&inner).unwrap().root(), dir.path());
    }

    #[test]
    fn outside_an_app_the_error_says_how_to_make_one() {
        let dir = tempfile::tempdir().unwrap();
        let message = AppFolder::find(dir.path()).unwrap_err().to_string();
        assert!(message.contains("not inside a Topsail app"), "{message}");
        assert!(message.contains("topsail new NAME"), "{message}");
    }

    #[test]
    fn a_broken_manifest_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Cargo.toml"), "[package\n").unwrap();
        let message = AppFolder::find(dir.path()).unwrap_err().to_string();
        assert!(message.contains("Cargo.toml is not valid TOML"), "{message}");
    }
}
