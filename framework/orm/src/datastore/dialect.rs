//! What differs between databases when SQL is written.

use sea_query::{Alias, ColumnDef, Expr, ExprTrait, Func, SchemaStatementBuilder};
use sea_query_sqlx::SqlxBinder;

use super::door::Statement;
use crate::{
    criteria::like::Pattern,
    model::{AttrDef, Auto, Kind},
};

/// A database's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
}

impl Dialect {
    /// The statement written out, its values beside it.
    pub(crate) fn build(self, statement: &impl SqlxBinder) -> Statement {
        match self {
            Self::Sqlite => Statement::new(statement.build_sqlx(sea_query::SqliteQueryBuilder)),
        }
    }

    /// A statement about tables.
    pub(crate) fn build_schema(self, statement: &impl SchemaStatementBuilder) -> Statement {
        match self {
            Self::Sqlite => Statement::plain(statement.build(sea_query::SqliteQueryBuilder)),
        }
    }

    /// Values that one statement can carry, with room for those of the criteria.
    pub(crate) fn chunk(self) -> usize {
        match self {
            Self::Sqlite => 10_000,
        }
    }

    pub(crate) fn contains(self, column: Expr, text: &str) -> Expr {
        match self {
            // LIKE ignores the case of ASCII letters here; instr compares bytes.
            Self::Sqlite => Expr::expr(Func::cust("instr").arg(column).arg(text)).gt(0),
        }
    }

    pub(crate) fn starts_with(self, column: Expr, text: &str) -> Expr {
        match self {
            Self::Sqlite => {
                let head = Func::cust("substr").arg(column).arg(1).arg(characters(text));
                Expr::expr(head).eq(text)
            }
        }
    }

    pub(crate) fn ends_with(self, column: Expr, text: &str) -> Expr {
        if text.is_empty() {
            return self.starts_with(column, text);
        }
        match self {
            Self::Sqlite => Expr::expr(Func::cust("substr").arg(column).arg(-characters(text))).eq(text),
        }
    }

    pub(crate) fn like(self, column: Expr, pattern: &Pattern) -> Expr {
        match self {
            Self::Sqlite => {
                use sea_query::extension::sqlite::SqliteBinOper;
                column.binary(SqliteBinOper::Glob, Expr::val(pattern.to_glob()))
            }
        }
    }

    /// The column of an attribute in `CREATE TABLE`.
    pub(crate) fn column(self, attr: &AttrDef, is_pk: bool) -> ColumnDef {
        let mut column = ColumnDef::new(Alias::new(&attr.column));
        column.custom(Alias::new(self.physical_type(attr, is_pk)));
        if is_pk {
            column.not_null().primary_key();
        }
        if attr.auto == Some(Auto::Increment) {
            column.auto_increment();
        }
        column
    }

    /// The physical type of an attribute's column.
    pub(crate) fn physical_type(self, attr: &AttrDef, is_pk: bool) -> &str {
        match (&attr.column_type, attr.value_kind(), self) {
            (Some(physical), _, _) => physical,
            // Only this word makes a key automatic.
            (None, Kind::Int, Self::Sqlite) if is_pk => "integer",
            (None, Kind::Int, Self::Sqlite) => "bigint",
            (None, Kind::Float, Self::Sqlite) => "double",
            (None, Kind::Bool, Self::Sqlite) => "boolean",
            (None, _, Self::Sqlite) => "text",
        }
    }

    /// Whether a column that was declared as `found` stores what `wanted` stores.
    pub(crate) fn same_type(self, found: &str, wanted: &str) -> bool {
        match self {
            Self::Sqlite => found.eq_ignore_ascii_case(wanted) || affinity(found) == affinity(wanted),
        }
    }
}

/// How SQLite stores values of a declared type; the order of the tests is SQLite's.
fn affinity(declared: &str) -> &'static str {
    let declared = declared.to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|p| declared.contains(p));
    if has(&["INT"]) {
        "integer"
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        "text"
    } else if declared.is_empty() || has(&["BLOB"]) {
        "blob"
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        "real"
    } else {
        "numeric"
    }
}

#[allow(clippy::cast_possible_wrap, reason = "a text in memory has fewer characters than i64 can count")]
fn characters(text: &str) -> i64 {
    text.chars().count() as i64
}
