//! What a generator wants written, and the writing.

use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// Files to write, paths relative to the app's root with `/` in them, and what the writer of the app does next.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    files: Vec<(String, String)>,
    needs: Vec<(String, String)>,
    next: Vec<String>,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("Something else already exists at {0}; nothing was written. `--force` overwrites it.")]
    Exists(String),
    #[error("{path} cannot be written: {cause}")]
    Io { path: PathBuf, cause: io::Error },
}

impl Plan {
    /// Adds a file.
    pub(crate) fn file(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push((path.into(), text.into()));
        self
    }

    /// Adds a line to what comes next.
    pub(crate) fn then(mut self, line: impl Into<String>) -> Self {
        self.next.push(line.into());
        self
    }

    /// Names a file without which the app will not build, and the line of advice for the case that it is absent.
    pub(crate) fn needs(mut self, path: impl Into<String>, advice: impl Into<String>) -> Self {
        self.needs.push((path.into(), advice.into()));
        self
    }

    /// Both plans in one.
    pub(crate) fn and(mut self, other: Plan) -> Self {
        self.files.extend(other.files);
        self.needs.extend(other.needs);
        self.next.extend(other.next);
        self
    }

    /// The lines about what comes next.
    pub(crate) fn next(&self) -> &[String] {
        &self.next
    }

    /// The advice for every needed file that is absent below `root`.
    pub(crate) fn missing(&self, root: &Path) -> Vec<String> {
        let absent = self.needs.iter().filter(|(path, _)| !root.join(path).exists());
        absent.map(|(_, advice)| advice.clone()).collect()
    }

    /// Writes all files below `root`, or none if one is there already and `force` is off. Gives the paths back.
    pub(crate) fn write(&self, root: &Path, force: bool) -> Result<Vec<&str>, WriteError> {
        if !force
            && let Some((path, _)) =
                self.files.iter().find(|(path, _)| root.join(path).symlink_metadata().is_ok())
        {
            return Err(WriteError::Exists(path.clone()));
        }
        for (path, text) in &self.files {
            let target = root.join(path);
            write_file(&target, text, force).map_err(|cause| match cause.kind() {
                io::ErrorKind::AlreadyExists if !force => WriteError::Exists(path.clone()),
                _ => WriteError::Io { path: target.clone(), cause },
            })?;
        }
        Ok(self.files.iter().map(|(path, _)| path.as_str()).collect())
    }

    #[cfg(test)]
    pub(crate) fn files(&self) -> &[(String, String)] {
        &self.files
    }
}

fn write_file(target: &Path, text: &str, force: bool) -> io::Result<()> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(target)?.write_all(text.as_bytes())
}
