//! The templates on disk.

use super::ViewError;
use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Templates that are read at most.
const MAX_FILES: usize = 10_000;
/// Bytes of one template.
const MAX_BYTES: u64 = 4 << 20;
/// Folders within folders.
const MAX_DEPTH: usize = 16;

/// One template as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// `pages/homepage.html`, with slashes on every system.
    pub(super) template: String,
    /// `pages/homepage`.
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Changes whenever the file does.
    stamp: (Option<SystemTime>, u64),
}

/// Finds all templates below a folder, in the order of their names; none where the folder does not exist.
///
/// Names that begin with a dot, and other extensions, are left alone.
pub(super) fn find(root: &Path, extension: &str) -> Result<Vec<Found>, ViewError> {
    let mut found = Vec::new();
    walk(root, "", extension, 0, &mut found)?;
    found.sort_by(|a, b| a.template.cmp(&b.template));
    Ok(found)
}

/// Is there a file of this name with another extension? The build takes every file below `views/` for a view.
pub(super) fn is_something_else(root: &Path, name: &str) -> bool {
    let path = root.join(name);
    let (Some(folder), Some(stem)) = (path.parent(), path.file_name().and_then(|stem| stem.to_str())) else {
        return false;
    };
    let Ok(mut entries) = fs::read_dir(folder) else { return false };
    entries.any(|entry| {
        entry.is_ok_and(|entry| {
            entry.file_name().to_str().and_then(|file| file.split('.').next()) == Some(stem)
        })
    })
}

fn walk(
    folder: &Path,
    prefix: &str,
    extension: &str,
    depth: usize,
    found: &mut Vec<Found>,
) -> Result<(), ViewError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| ViewError::Read { path, source }
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if depth == 0 && error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(folder)(error)),
    };
    for entry in entries {
        let path = entry.map_err(unreadable(folder))?.path();
        let Some(file) =
            path.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.'))
        else {
            continue;
        };
        // A file that vanishes between the two calls, as editors do it, is simply not there.
        let Ok(about) = fs::metadata(&path) else { continue };
        if about.is_dir() {
            if depth == MAX_DEPTH {
                return Err(ViewError::Limit {
                    path,
                    why: format!("folders are nested deeper than {MAX_DEPTH}"),
                });
            }
            walk(&path, &format!("{prefix}{file}/"), extension, depth + 1, found)?;
            continue;
        }
        let Some(stem) = file.strip_suffix(extension).and_then(|rest| rest.strip_suffix('.')) else {
            continue;
        };
        if found.len() == MAX_FILES {
            return Err(ViewError::Limit { path, why: format!("there are more than {MAX_FILES} templates") });
        }
        if about.len() > MAX_BYTES {
            return Err(ViewError::Limit { path, why: format!("a template has at most {MAX_BYTES} bytes") });
        }
        found.push(Found {
            template: format!("{prefix}{file}"),
            name: format!("{prefix}{stem}"),
            stamp: (about.modified().ok(), about.len()),
            path,
        });
    }
    Ok(())
}
