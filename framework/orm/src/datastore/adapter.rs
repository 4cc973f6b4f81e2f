//! The databases by name.

use super::Dialect;

/// A database that a datastore can live in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adapter {
    Sqlite,
    Postgres,
    /// MySQL and MariaDB; which of the two is asked of the server.
    Mysql,
}

impl Adapter {
    /// The adapter of a name in the configuration; the names of Sails' adapters are understood too.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sqlite" => Self::Sqlite,
            "postgresql" | "postgres" | "sails-postgresql" => Self::Postgres,
            "mysql" | "mariadb" | "sails-mysql" => Self::Mysql,
            _ => return None,
        })
    }

    /// The language of the database of this name, as far as a name tells: MySQL and MariaDB are two here.
    pub(crate) fn dialect_named(name: &str) -> Option<Dialect> {
        Some(match Self::named(name)? {
            Self::Sqlite => Dialect::Sqlite,
            Self::Postgres => Dialect::Postgres,
            Self::Mysql if name == "mariadb" => Dialect::Mariadb,
            Self::Mysql => Dialect::Mysql,
        })
    }

    /// The Cargo feature that compiles it in.
    pub(crate) fn feature(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// Characters that a name of a table, a column or an index may have.
    pub(crate) fn longest_name(self) -> usize {
        match self {
            Self::Sqlite => 128,
            // Bytes beyond are cut off without a word.
            Self::Postgres => 63,
            Self::Mysql => 64,
        }
    }

    /// Texts that one index holds; for some a text in an index has a length of its own, and the index another.
    pub(crate) fn texts_in_index(self) -> usize {
        match self {
            Self::Sqlite | Self::Postgres => usize::MAX,
            // 3072 bytes, of which each text of 255 characters takes 1020.
            Self::Mysql => 3,
        }
    }

    /// The adapters of this build, as one writes them.
    pub(crate) fn built_in() -> String {
        let names = [
            (cfg!(feature = "sqlite"), "`sqlite`"),
            (cfg!(feature = "postgres"), "`postgresql`"),
            (cfg!(feature = "mysql"), "`mysql`"),
        ];
        names.iter().filter(|(built, _)| *built).map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
    }
}
