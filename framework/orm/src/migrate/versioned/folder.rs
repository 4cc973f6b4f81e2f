//! The folder of a datastore's migrations: `<version>_<name>.up.sql`, `.down.sql` and `.json`.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{MigrationError, snapshot::Snapshot};
use crate::values::clock;

/// The folder; it need not exist.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

/// A migration as its files are.
#[derive(Clone, Debug)]
pub(super) struct Migration {
    pub version: i64,
    pub name: String,
    pub up: String,
    pub down: Option<String>,
    /// The tables after it. Written by hand, a migration may have none, and is taken to change no table of a model.
    pub snapshot: Option<Snapshot>,
}

impl Migration {
    /// `20260101120000_init`
    pub(super) fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
}

/// The files of a migration that is not written yet.
pub(super) struct Draft {
    pub name: String,
    pub up: String,
    pub down: String,
    pub snapshot: Snapshot,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn exists(&self) -> bool {
        self.0.is_dir()
    }

    /// Every migration, the oldest first.
    ///
    /// # Errors
    /// Files that cannot be read, whose names are none of ours though they are SQL, and two with one version.
    pub(super) fn read(&self) -> Result<Vec<Migration>, MigrationError> {
        let mut found: BTreeMap<i64, Files> = BTreeMap::new();
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(e) => return Err(failed(&self.0, e)),
        };
        for entry in entries {
            let path = entry.map_err(|e| failed(&self.0, e))?.path();
            let Some(file) = path.file_name().and_then(|n| n.to_str()) else { continue };
            if path.is_dir() || !(has_ending(file, "sql") || has_ending(file, "json")) {
                continue;
            }
            let Some((version, name, part)) = parts(file) else {
                return Err(malformed(
                    &path,
                    "a migration is called `<version>_<name>.up.sql`, `.down.sql` or `.json`; rename it or move it away",
                ));
            };
            let files = found.entry(version).or_default();
            if files.name.get_or_insert_with(|| name.into()) != name {
                return Err(malformed(&path, "another migration has this version too; give it another one"));
            }
            let text = fs::read_to_string(&path).map_err(|e| failed(&path, e))?;
            match part {
                Part::Up => files.up = Some(text),
                Part::Down => files.down = Some(text),
                Part::Snapshot => {
                    files.snapshot = Some(Snapshot::from_json(&text).map_err(|why| malformed(&path, &why))?);
                }
            }
        }
        let whole = found.into_iter().map(|(version, files)| self.whole(version, files));
        whole.collect()
    }

    fn whole(&self, version: i64, files: Files) -> Result<Migration, MigrationError> {
        let name = files.name.unwrap_or_default();
        let Some(up) = files.up else {
            let path = self.0.join(format!("{version}_{name}.up.sql"));
            return Err(malformed(&path, "it is missing, though other files of this migration are there"));
        };
        Ok(Migration { version, name, up, down: files.down, snapshot: files.snapshot })
    }

    /// Writes the files of a new migration, with a version after all that are there, and gives the paths.
    pub(super) fn write(&self, draft: &Draft, newest: Option<i64>) -> Result<Vec<PathBuf>, MigrationError> {
        let version = newest.map_or(now(), |newest| now().max(newest + 1));
        fs::create_dir_all(&self.0).map_err(|e| failed(&self.0, e))?;
        let path = |ending: &str| self.0.join(format!("{version}_{}.{ending}", draft.name));
        let files = [
            (path("up.sql"), draft.up.clone()),
            (path("down.sql"), draft.down.clone()),
            (path("json"), draft.snapshot.to_json()),
        ];
        for (path, text) in &files {
            fs::write(path, text).map_err(|e| failed(path, e))?;
        }
        Ok(files.into_iter().map(|(path, _)| path).collect())
    }
}

#[derive(Default)]
struct Files {
    name: Option<String>,
    up: Option<String>,
    down: Option<String>,
    snapshot: Option<Snapshot>,
}

enum Part {
    Up,
    Down,
    Snapshot,
}

fn parts(file: &str) -> Option<(i64, &str, Part)> {
    let (version, rest) = file.split_once('_')?;
    let version = version.parse().ok().filter(|v| *v > 0)?;
    let endings = [(".up.sql", Part::Up), (".down.sql", Part::Down), (".json", Part::Snapshot)];
    let (name, part) = endings.into_iter().find_map(|(end, part)| Some((rest.strip_suffix(end)?, part)))?;
    (!name.is_empty()).then_some((version, name, part))
}

fn has_ending(file: &str, ending: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, found)| found == ending)
}

/// Checks the name of a new migration.
pub(super) fn check_name(name: &str) -> Result<(), MigrationError> {
    let fits = name.len() <= 100
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits { Ok(()) } else { Err(MigrationError::Name(name.chars().take(120).collect())) }
}

/// Now as a version: `20260131235959`, in UTC.
fn now() -> i64 {
    let digits = clock::iso(clock::now()).chars().filter(char::is_ascii_digit).take(14).collect::<String>();
    digits.parse().unwrap_or_default()
}

fn failed(path: &Path, source: io::Error) -> MigrationError {
    MigrationError::File { path: path.display().to_string(), source }
}

fn malformed(path: &Path, message: &str) -> MigrationError {
    MigrationError::Malformed { path: path.display().to_string(), message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_part_of_a_files_name_and_nothing_else() {
        for good in ["init", "add_email", "V2"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "../x", "a/b", "a b", "ä", "1st", "_a", "a-b", "a.up", "a\0", &"x".repeat(101)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        assert!(now() > 20_000_101_000_000);
    }
}
