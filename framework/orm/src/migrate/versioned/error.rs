//! What can be wrong with written migrations.

use crate::error::DatabaseError;

/// Why a migration cannot be written, or not be run. The message says the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// The name cannot be part of a file's name.
    #[error(
        "`{0}` cannot be the name of a migration: letters a to z, digits and `_`, at most 100, the first one a letter"
    )]
    Name(String),
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Where.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {message}")]
    Malformed {
        /// Where.
        path: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The models changed in a way that takes data away.
    #[error(
        "these steps lose data, so nothing was written:\n{}\nWith `--allow-destructive` they are written.{}",
        list(.steps),
        hints(.renames)
    )]
    Destructive {
        /// What would be lost.
        steps: Vec<String>,
        /// Flags for what may have been renamed.
        renames: Vec<String>,
    },
    /// Files to run have statements that take data away.
    #[error(
        "these steps lose data, so nothing was run:\n{}\nIf that is meant, run it again with `--allow-destructive`.",
        list(.steps)
    )]
    Refused {
        /// What would be lost, with the file.
        steps: Vec<String>,
    },
    /// A rename names what is not there.
    #[error("{0}")]
    Rename(String),
    /// The models changed in a way that has no general way there.
    #[error(
        "table `{table}`: {message}. Write it by hand: `topsail migrate diff NAME --empty` makes the files, with the \
         tables as the models want them now"
    )]
    ByHand {
        /// The table.
        table: String,
        /// What has changed.
        message: String,
    },
    /// The migrations are for another database.
    #[error(
        "datastore `{datastore}`: the migrations in {folder} are written for {written}, but {found}. Choose another \
         folder with `datastores.{datastore}.migrations`, or write them anew for this database"
    )]
    Dialect {
        /// The datastore.
        datastore: String,
        /// Where they are.
        folder: String,
        /// The database they are for.
        written: &'static str,
        /// What is there instead.
        found: String,
    },
    /// Files of migrations that were applied are not the same any more.
    #[error("{}", .problems.join("\n"))]
    History {
        /// What is wrong with each and what to do.
        problems: Vec<String>,
    },
    /// No migration has this version.
    #[error("there is no migration {version}{}", among(.known))]
    UnknownVersion {
        /// What was asked for.
        version: i64,
        /// The versions that there are.
        known: Vec<i64>,
    },
    /// A migration cannot be undone.
    #[error("{0}")]
    NoWayBack(String),
    /// The database refused a statement.
    #[error("migration {migration}: {source}{}", place(.statement.as_deref(), *.undone))]
    Statement {
        /// The file's name.
        migration: String,
        /// The statement, where it is known.
        statement: Option<String>,
        /// Whether all of the migration was undone.
        undone: bool,
        /// What the database said.
        source: DatabaseError,
    },
    /// Rows point at rows that are not there.
    #[error("migration {migration}: afterwards {problem}; it was undone")]
    ForeignKeys {
        /// The file's name.
        migration: String,
        /// The tables.
        problem: String,
    },
    /// What a migration makes is there already.
    #[error(
        "migration {migration}: all that it makes is in the database already, by `migrate = \"alter\"` or by hand, so it \
         was not run. `topsail migrate baseline --to {version}` records it as applied"
    )]
    AlreadyThere {
        /// The file's name.
        migration: String,
        /// Its version.
        version: i64,
    },
    /// The tables are not those of the newest snapshot.
    #[error(
        "these are not in the database, so nothing was recorded:\n{}\nIf the database is empty, run `topsail migrate up`.",
        list(.missing)
    )]
    NotThere {
        /// What is missing.
        missing: Vec<String>,
    },
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n")
}

fn hints(renames: &[String]) -> String {
    if renames.is_empty() {
        return String::new();
    }
    format!(" What was only renamed is told with\n{}", list(renames))
}

fn among(known: &[i64]) -> String {
    if known.is_empty() {
        return "; there are none".into();
    }
    format!("; there are {}", known.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

fn place(statement: Option<&str>, undone: bool) -> String {
    let at = statement.map(|s| format!("\n  in the statement:\n{s}")).unwrap_or_default();
    if undone {
        return format!("{at}\nAll of this migration was undone.");
    }
    format!(
        "{at}\nWhat came before it stays, since this database cannot undo it; `topsail migrate status` says how to go on."
    )
}
