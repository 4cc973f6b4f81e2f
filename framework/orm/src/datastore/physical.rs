//! The physical types of columns.

use sea_query::{Alias, ColumnDef};

use super::Dialect;
use crate::model::{AttrDef, Auto, Kind};

/// What else a column is; some databases choose another type then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The primary key.
    Key,
    /// Part of an index.
    Indexed,
    /// Nothing else.
    Plain,
}

/// Where a text is part of an index of MySQL; a longer one cannot be in it as a whole.
pub(crate) const SHORT_TEXT: &str = "varchar(255)";

/// The characters of [`SHORT_TEXT`].
pub(crate) const SHORT_TEXT_LENGTH: usize = 255;

impl Dialect {
    /// The column of an attribute in `CREATE TABLE` and `ADD COLUMN`.
    pub(crate) fn column(self, attr: &AttrDef, place: Place) -> ColumnDef {
        self.column_named(&attr.column, attr, place)
    }

    /// The column of an attribute under another name.
    pub(crate) fn column_named(self, name: &str, attr: &AttrDef, place: Place) -> ColumnDef {
        let mut column = ColumnDef::new(Alias::new(name));
        if place == Place::Key && attr.auto == Some(Auto::Increment) && self == Self::Postgres {
            // sea-query writes the words that make a key automatic for its own type only.
            column.big_integer();
        } else {
            column.custom(Alias::new(self.declared(attr, place)));
        }
        if place == Place::Key {
            column.not_null().primary_key();
            if attr.auto == Some(Auto::Increment) {
                column.auto_increment();
            }
        }
        column
    }

    /// The physical type of an attribute's column, with how its texts are compared.
    pub(crate) fn declared(self, attr: &AttrDef, place: Place) -> String {
        self.with_collation(self.physical_type(attr, place), self.collation(attr))
    }

    /// The type with how its texts are compared, as a column is declared.
    pub(crate) fn with_collation(self, physical: &str, collation: Option<&str>) -> String {
        match (self, collation) {
            (_, None) => physical.into(),
            (Self::Mysql | Self::Mariadb, Some(name)) => {
                format!("{physical} CHARACTER SET utf8mb4 COLLATE {name}")
            }
            (_, Some(name)) => format!("{physical} COLLATE \"{name}\""),
        }
    }

    /// The physical type of an attribute's column.
    pub(crate) fn physical_type(self, attr: &AttrDef, place: Place) -> &str {
        if let Some(physical) = &attr.column_type {
            return physical;
        }
        match (attr.value_kind(), self) {
            // Only this word makes a key automatic.
            (Kind::Int, Self::Sqlite) if place == Place::Key => "integer",
            (Kind::Int, _) => "bigint",
            (Kind::Float, Self::Postgres) => "double precision",
            (Kind::Float, _) => "double",
            (Kind::Bool, _) => "boolean",
            (Kind::Json, Self::Postgres) => "jsonb",
            (Kind::Json, Self::Mysql) => "json",
            (Kind::Json, Self::Mariadb) => "longtext",
            (_, Self::Mysql | Self::Mariadb) if place != Place::Plain || attr.kind == Kind::One => SHORT_TEXT,
            (_, Self::Mysql | Self::Mariadb) => "longtext",
            (_, Self::Sqlite | Self::Postgres) => "text",
        }
    }

    /// The collation that compares texts byte by byte, to their last space. None where that is the only way, and for a
    /// type that the model names verbatim.
    pub(crate) fn collation(self, attr: &AttrDef) -> Option<&'static str> {
        if attr.column_type.is_some() {
            return None;
        }
        match (self, attr.value_kind()) {
            (Self::Postgres, Kind::Text) => Some("C"),
            (Self::Mysql, Kind::Text) => Some("utf8mb4_0900_bin"),
            (Self::Mariadb, Kind::Text | Kind::Json) => Some("utf8mb4_nopad_bin"),
            _ => None,
        }
    }

    /// Whether a column with this collation compares as an attribute's column should.
    pub(crate) fn same_collation(self, found: &str, attr: &AttrDef) -> bool {
        match self.collation(attr) {
            None => true,
            Some("C") => matches!(found, "C" | "POSIX" | "ucs_basic"),
            Some(wanted) => found == wanted,
        }
    }

    /// Whether a column that the database describes as `found` stores what `wanted` stores.
    pub(crate) fn same_type(self, found: &str, wanted: &str) -> bool {
        let (found, wanted) = (found.trim().to_ascii_lowercase(), wanted.trim().to_ascii_lowercase());
        if found == wanted {
            return true;
        }
        match self {
            Self::Sqlite => affinity(&found) == affinity(&wanted),
            Self::Postgres => postgres_name(&found) == postgres_name(&wanted),
            Self::Mysql | Self::Mariadb => mysql_name(&found) == mysql_name(&wanted),
        }
    }
}

/// How SQLite stores values of a declared type; the order of the tests is SQLite's.
fn affinity(declared: &str) -> &'static str {
    let has = |parts: &[&str]| parts.iter().any(|p| declared.contains(p));
    if has(&["int"]) {
        "integer"
    } else if has(&["char", "clob", "text"]) {
        "text"
    } else if declared.is_empty() || has(&["blob"]) {
        "blob"
    } else if has(&["real", "floa", "doub"]) {
        "real"
    } else {
        "numeric"
    }
}

/// The name that `format_type` gives, from any of the ways to write it.
fn postgres_name(declared: &str) -> String {
    let (name, length) = declared.split_once('(').map_or((declared, None), |(n, l)| (n.trim(), Some(l)));
    let name = match name {
        "int8" | "bigserial" => "bigint",
        "int" | "int4" | "serial" => "integer",
        "int2" | "smallserial" => "smallint",
        "float8" | "float" => "double precision",
        "float4" => "real",
        "bool" => "boolean",
        "decimal" => "numeric",
        "varchar" | "character varying" if length.is_none() => "text",
        "varchar" => "character varying",
        "char" => "character",
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        // Both hold the same values; the newer one is chosen for new columns.
        "json" => "jsonb",
        other => other,
    };
    match length {
        Some(length) => format!("{name}({}", length.replace(' ', "")),
        None => name.into(),
    }
}

/// The type without what says nothing about its values, such as the width of a whole number.
fn mysql_name(declared: &str) -> String {
    let (name, length) = declared.split_once('(').map_or((declared, ""), |(n, l)| (n.trim(), l));
    match name {
        "tinyint" if length.starts_with("1)") => "boolean".into(),
        "bool" => "boolean".into(),
        "bigint" | "int" | "smallint" | "mediumint" | "tinyint" => {
            format!("{name}{}", if length.contains("unsigned") { " unsigned" } else { "" })
        }
        "integer" => "int".into(),
        "double precision" | "real" => "double".into(),
        "numeric" => format!("decimal({length}"),
        _ => declared.replace(", ", ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_to_write_a_type_are_one() {
        let same = [
            (Dialect::Sqlite, "VARCHAR(255)", "text"),
            (Dialect::Postgres, "character varying", "text"),
            (Dialect::Postgres, "character varying(80)", "varchar(80)"),
            (Dialect::Postgres, "bigint", "int8"),
            (Dialect::Postgres, "json", "jsonb"),
            (Dialect::Postgres, "numeric(20,4)", "decimal(20, 4)"),
            (Dialect::Mariadb, "bigint(20)", "bigint"),
            (Dialect::Mariadb, "tinyint(1)", "boolean"),
            (Dialect::Mysql, "decimal(20,4)", "decimal(20, 4)"),
        ];
        for (dialect, found, wanted) in same {
            assert!(dialect.same_type(found, wanted), "{dialect:?} {found} {wanted}");
        }
        let different = [
            (Dialect::Postgres, "integer", "bigint"),
            (Dialect::Postgres, "real", "double precision"),
            (Dialect::Postgres, "character varying(80)", "text"),
            (Dialect::Mariadb, "int(11)", "bigint"),
            (Dialect::Mariadb, "varchar(255)", "longtext"),
            (Dialect::Mysql, "tinyint(4)", "boolean"),
        ];
        for (dialect, found, wanted) in different {
            assert!(!dialect.same_type(found, wanted), "{dialect:?} {found} {wanted}");
        }
    }
}
